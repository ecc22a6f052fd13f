"""What a card and a board show of their integration, and the number that tells open pages of news."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Max
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import live
from accounts.models import Account
from accounts.modules import modules_on
from funnels import panels
from funnels.models import Deal, Person
from funnels.panels import Badge, CardPanel, PersonPanel, TimelineEntry
from integrations.contract import partners
from integrations.engine.explain import halt, in_words, reason
from integrations.engine.explain_lead import became_of
from integrations.engine.life import DEACTIVATED
from integrations.models import (
    Arrival,
    Connection,
    Enrollment,
    Exchange,
    Lead,
    OutboxAction,
    SyncEvent,
)

TONES: Mapping[str, str] = {
    Lead.State.NEW: "info",
    Lead.State.WAITING: "info",
    Lead.State.EXECUTING: "accent",
    Lead.State.PAUSED: "warn",
    Lead.State.WON: "ok",
    Lead.State.LOST: "danger",
    Lead.State.REOPENED: "accent",
    Lead.State.LEFT: "warn",
}
SEVERITIES: Mapping[str, tuple[str, str]] = {  # severity → icon and tone of its line in the timeline
    SyncEvent.Severity.INFO: ("sync", ""),
    SyncEvent.Severity.SUCCESS: ("cloud_done", "ok"),
    SyncEvent.Severity.WARNING: ("sync_problem", "warn"),
    SyncEvent.Severity.ERROR: ("error", "danger"),
}
SHOWN_RUNS = 5


def explain_context(_request: HttpRequest, deal: Deal) -> Mapping[str, Any]:
    """The explain panel, asked for by htmx when it comes into view; hidden without any connection (X1)."""
    return {"deal": deal} if _is_connected(deal.account_id) else {}


def person_context(request: HttpRequest, person: Person) -> Mapping[str, Any]:
    """The same for a person, over all her cards; nothing while there are no cards (S4)."""
    shown = "deals" in modules_on(request) and _is_connected(person.account_id)
    return {"person": person} if shown else {}


def _is_connected(account_id: int) -> bool:
    found = Connection.objects.of(account_id).exclude(state=Connection.State.INACTIVE)
    return found.exclude(state__in=[Connection.State.DRAFT, Connection.State.VALIDATED]).exists()


def status_context(_request: HttpRequest, deal: Deal) -> Mapping[str, Any]:
    """The runs of this card, newest first, with their leads and what waits or failed."""
    runs = list(
        Enrollment.objects.of(deal.account_id)
        .filter(deal=deal)
        .select_related("connection", "automation")
        .prefetch_related("leads__person")
        .order_by("-id")[:SHOWN_RUNS]
    )
    if not runs:
        return {}
    leads = {run.pk: list(run.leads.all()) for run in runs}
    asleep = _asleep(runs)
    became = became_of([lead for run in runs for lead in _with_run(leads[run.pk], run)])
    actions = list(
        OutboxAction.objects.of(deal.account_id)
        .filter(enrollment__in=runs, state__in=[*OutboxAction.OPEN, *OutboxAction.NEEDS_PERSON])
        .select_related("lead__person", "connection")
        .order_by("id")[:20]
    )
    return {
        "deal": deal,
        "runs": [
            {
                "run": run,
                "partner": _label(run.connection.partner),
                "why": in_words(run.end_words, {}),
                "asleep": asleep.get(run.pk),
                "leads": [
                    {"lead": lead, "tone": TONES.get(lead.state, ""), "became": became[lead.pk]}
                    for lead in leads[run.pk]
                ],
            }
            for run in runs
        ],
        "actions": [
            {
                "action": action,
                "label": action_label(action),
                "reason": _why(action),
                "person": action.lead.person if action.lead else None,
                "stuck": action.state in OutboxAction.NEEDS_PERSON,
            }
            for action in actions
        ],
    }


def _asleep(runs: Sequence[Enrollment]) -> dict[int, dict[str, Any]]:
    """Running runs whose integration does not live → {"at": when it was deactivated, or None} (G6).

    One query, and only where there is such a run.
    """
    found = [
        run
        for run in runs
        if run.state != Enrollment.State.ENDED
        and run.connection.state
        in (
            Connection.State.DRAFT,
            Connection.State.VALIDATED,
            Connection.State.ENABLED,
            Connection.State.INACTIVE,
        )
    ]
    if not found:
        return {}
    told = SyncEvent.objects.of(found[0].account_id).filter(
        connection_id__in={run.connection_id for run in found}, words=DEACTIVATED
    )
    at = dict(told.order_by("connection_id").values_list("connection_id").annotate(at=Max("at")))
    return {run.pk: {"at": at.get(run.connection_id)} for run in found}


def timeline(deal: Deal, limit: int) -> Sequence[TimelineEntry]:
    """The card's lines about the integration, newest first."""
    events = SyncEvent.objects.of(deal.account_id).filter(deal=deal).select_related("connection")
    return [
        TimelineEntry(
            at=event.at,
            icon=SEVERITIES[event.severity][0],
            title=in_words(event.words, event.saw),
            author=_label(event.connection.partner),
            tone=SEVERITIES[event.severity][1],
            url=_card_url(event.saw),
        )
        for event in events.order_by("-id")[:limit]
    ]


def _card_url(saw: Mapping[str, Any]) -> str:
    """The other card that a line speaks of: who holds the lead, or where it went (M32)."""
    return reverse("portal:deal", args=[saw["card_id"]]) if saw.get("card_id") else ""


def lead_badges(account: Account, deal_ids: list[int]) -> Mapping[int, Sequence[Badge]]:
    """The state of each card's main lead in its newest run, with how many leads there are; one query."""
    leads = (
        Lead.objects.of(account)
        .filter(enrollment__deal_id__in=deal_ids)
        .values_list(
            "enrollment__deal_id", "enrollment_id", "enrollment__connection__partner", "is_main", "state"
        )
        .order_by("enrollment_id", "-is_main", "id")
    )
    runs: dict[tuple[int, str], tuple[int, list[str]]] = {}
    for deal_id, run, partner, _main, state in leads:
        newest, states = runs.get((deal_id, partner), (run, []))
        runs[(deal_id, partner)] = (run, [*(states if newest == run else []), state])
    badges: dict[int, list[Badge]] = {}
    for (deal_id, partner), (_run, states) in runs.items():
        words = str(Lead.State(states[0]).label)
        more = f" +{len(states) - 1}" if len(states) > 1 else ""
        title = f"{_label(partner)}: {words}" + (
            " · " + _("%(count)s leads in this deal") % {"count": len(states)} if more else ""
        )
        badges.setdefault(deal_id, []).append(
            Badge(text=words + more, tone=TONES.get(states[0], ""), icon="bolt", title=title)
        )
    return badges


def trouble_badges(account: Account, deal_ids: list[int]) -> Mapping[int, Sequence[Badge]]:
    """A mark on cards of which something needs a person; one query."""
    stuck = OutboxAction.objects.of(account).filter(
        enrollment__deal_id__in=deal_ids, state__in=OutboxAction.NEEDS_PERSON
    )
    return {
        deal_id: [Badge(text=_("Needs attention"), tone="danger", icon="sync_problem", title=reason(said))]
        for deal_id, said in stuck.order_by("id").values_list("enrollment__deal_id", "reason")
    }


def counter(account_id: int) -> int:
    """Grows with every exchange, arrival and line of the timeline of the account; one query."""
    newest = {
        name: model.objects.of(account_id).order_by().values("account_id").annotate(n=Max("id"))
        for name, model in (("event", SyncEvent), ("exchange", Exchange), ("arrival", Arrival))
    }
    rows = (
        newest["event"]
        .values_list("n")
        .union(newest["exchange"].values_list("n"), newest["arrival"].values_list("n"), all=True)
    )
    return sum(number for (number,) in rows)


def action_label(action: OutboxAction) -> str:
    """The action as its partner names it."""
    spec = partners()[action.connection.partner].actions.get(action.kind) if _known(action) else None
    return str(spec.label) if spec else action.kind


def register() -> None:
    """Fills the places of cards and boards; called once by AppConfig.ready."""
    panels.card_panels += [
        CardPanel(
            name="integration",
            title=gettext_lazy("Integration"),  # type: ignore[arg-type]  # "may be lazy"
            template="integrations/panels/status.html",
            context=status_context,
        ),
        CardPanel(
            name="explain",
            title=gettext_lazy("Why was this card sent, or not?"),  # type: ignore[arg-type]  # "may be lazy"
            template="integrations/panels/explain.html",
            context=explain_context,
        ),
    ]
    panels.person_panels.append(
        PersonPanel(
            name="integration",
            title=gettext_lazy("Integration"),  # type: ignore[arg-type]  # "may be lazy"
            template="integrations/panels/person.html",
            context=person_context,
        )
    )
    panels.timeline_sources.append(timeline)
    panels.board_badges += [lead_badges, trouble_badges]
    live.counters.append(counter)


def _with_run(leads: Sequence[Lead], run: Enrollment) -> Sequence[Lead]:
    """The leads know their run and its connection without asking for them again."""
    for lead in leads:
        lead.enrollment = run
    return leads


def _why(action: OutboxAction) -> str:
    """What the card says of an action that is not done: first what halts all of them, then its own reason."""
    halted = halt(action.connection) if action.state == OutboxAction.State.WAITING else ""
    return halted or reason(action.reason)


def _known(action: OutboxAction) -> bool:
    return action.connection.partner in partners()


def _label(slug: str) -> str:
    found = partners().get(slug)
    return str(found.label) if found else slug
