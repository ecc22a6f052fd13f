"""Where a connection stands in the wizard: its state is the place, so it can be left and taken up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.modules import MODULES
from integrations.activation.sections import Screens, screens_of
from integrations.contract import Partner
from integrations.engine import needs
from integrations.models import Connection

State = Connection.State


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step as the stepper shows it; `place` is done · current · ahead, `summary` what was decided."""

    slug: str
    title: str
    place: str
    summary: str = ""


@dataclass(frozen=True, kw_only=True)
class Card:
    """A partner as the catalogue shows it (G1); `tone` colours its state.

    `missing` are names of modules that are not contracted, `off` of those that are merely off (G3).
    """

    partner: Partner
    connection: Connection | None
    state: str
    tone: str
    missing: Sequence[str]
    off: Sequence[str]
    reason: str = ""


_AT: Mapping[str, str] = {  # the state of a connection → the step that is next
    State.DRAFT: "credentials",
    State.VALIDATED: "enable",
    State.ENABLED: "settings",
}
_TONES: Mapping[str, str] = {
    State.ACTIVE: "ok",
    State.PAUSED: "warn",
    State.BROKEN: "danger",
    State.VALIDATED: "info",
    State.ENABLED: "info",
}
ALIVE = (State.ACTIVE, State.PAUSED, State.BROKEN)
OPEN_SETTINGS = (State.ENABLED, *ALIVE)


def living(*, account: Account, slug: str) -> Connection | None:
    """The account's connection to this partner that is not deactivated, or None; there is at most one."""
    found: Connection | None = (
        Connection.objects.of(account).filter(partner=slug).exclude(state=State.INACTIVE).first()
    )
    return found


def steps_of(*, partner: Partner, connection: Connection | None) -> list[Step]:
    """The steps of this partner's wizard with what is done, current and ahead (M1–M5)."""
    screens = screens_of(partner.slug)
    titles = {
        **({"flow": _("Flow")} if screens.flows else {}),
        "credentials": _("Credentials"),
        "enable": _("Enable"),
        "settings": _("Settings"),
        "activate": _("Activate"),
    }
    current = _AT.get(str(connection.state), "") if connection else next(iter(titles))
    place = list(titles).index(current) if current else len(titles)
    summaries = {
        "flow": _flow(screens, connection),
        "credentials": connection.remote_name if connection else "",
    }
    return [
        Step(
            slug=slug,
            title=title,
            place="done" if number < place else "current" if number == place else "ahead",
            summary=summaries.get(slug, "") if number < place else "",
        )
        for number, (slug, title) in enumerate(titles.items())
    ]


def card_of(*, account: Account, partner: Partner, connection: Connection | None) -> Card:
    """The partner's card: its state in words, and the modules it lacks (G1, G3)."""
    flow = connection.flow if connection else ""
    missing, off = needs.missing_by_why(account=account, partner=partner.slug, flow=flow)
    if connection is None or connection.state == State.DRAFT:
        state, tone = _("Not connected"), ""
    elif connection.state in (State.VALIDATED, State.ENABLED):
        state, tone = _("Being set up"), "info"
    else:
        state, tone = connection.get_state_display(), _TONES.get(str(connection.state), "")
    return Card(
        partner=partner,
        connection=connection,
        state=state,
        tone=tone,
        missing=module_names(missing),
        off=module_names(off),
        reason=_(connection.state_reason) if connection and connection.state_reason else "",
    )


def module_names(slugs: Sequence[str]) -> list[str]:
    """Modules as people know them: "Workflow", "API access"."""
    return [str(MODULES[slug].label) if slug in MODULES else slug for slug in slugs]


def _flow(screens: Screens, connection: Connection | None) -> str:
    chosen = connection.flow if connection else ""
    return next((str(flow.label) for flow in screens.flows if flow.slug == chosen), "")
