"""Why a card was, or was not, sent: the rules themselves, with the values they saw (X1)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funnels.models import Deal
from integrations import contract
from integrations.engine import clock, listen, situation
from integrations.models import AutomationRun, Connection, Enrollment, OutboxAction

State = OutboxAction.State
SAID = ("message", "error_description", "detail", "error", "errors", "title")  # where answers keep sentences
# What the first action of a run that has not arrived yet is doing → its sentence.
UNDER_WAY: Mapping[str, Any] = {
    State.WAITING: gettext_lazy("This card waits to be sent to %(partner)s."),
    State.SPEAKING: gettext_lazy("This card is being sent to %(partner)s."),
    State.UNSURE: gettext_lazy("This card may have reached %(partner)s: it is being checked."),
    State.REFUSED: gettext_lazy("Not sent to %(partner)s: %(reason)s"),
    State.PERSON: gettext_lazy("Nobody knows whether this card reached %(partner)s: a person has to look."),
    State.DEAD: gettext_lazy("Not sent to %(partner)s: %(reason)s"),
}
Spot = tuple[int, int]
"""(deal id, connection id)"""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One rule that was tried; `text` is in the reader's language."""

    row: str
    passed: bool
    text: str
    saw: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """One connection's answer; `tried` is what the rules say now, `then` what the last change met."""

    connection: Connection
    headline: str
    sent: bool
    tried: Sequence[Line]
    then: Sequence[Line] = ()


def explain_deal(deal: Deal) -> list[Explanation]:
    """One explanation a living connection of the deal's account."""
    return explain_deals([deal])[deal.pk]


def explain_deals(deals: Sequence[Deal], *, now: bool = True) -> dict[int, list[Explanation]]:
    """Deal id → one explanation a living connection; the deals are of one account.

    Without `now` the rules are not asked, and the number of queries is the same for any number of deals.
    """
    if not deals:
        return {}
    connections = list(Connection.objects.of(deals[0].account_id).filter(state__in=listen.LIVING))
    ids = [deal.pk for deal in deals]
    runs, last = newest_runs(ids, connections), _last_changes(ids, connections)
    open_ = unfinished(runs.values())
    found: dict[int, list[Explanation]] = {}
    for deal in deals:
        found[deal.pk] = []
        for connection in connections:
            place = (deal.pk, connection.pk)
            run = runs.get(place)
            then = lines(last[place].tried) if place in last else []
            headline, sent = (
                _of_run(connection, run, open_.get(run.pk, ())) if run else _without_run(connection, then)
            )
            tried = _rules_now(connection, deal) if now else []
            found[deal.pk].append(
                Explanation(connection=connection, headline=headline, sent=sent, tried=tried, then=then)
            )
    return found


def newest_runs(deal_ids: Iterable[int], connections: Iterable[Connection]) -> dict[Spot, Enrollment]:
    """The newest run of each of these deals at each of these connections; one query."""
    later = Enrollment.unscoped.filter(
        deal=OuterRef("deal"), connection=OuterRef("connection"), number__gt=OuterRef("number")
    )
    rows = Enrollment.unscoped.filter(~Exists(later), deal_id__in=deal_ids, connection__in=connections)
    return {(row.deal_id, row.connection_id): row for row in rows}


def unfinished(runs: Iterable[Enrollment]) -> dict[int, list[OutboxAction]]:
    """Run id → its actions that are neither done nor cancelled, oldest first; one query."""
    return _by_run(
        OutboxAction.unscoped.filter(enrollment__in=list(runs)).exclude(
            state__in=(State.DONE, State.CANCELLED)
        )
    )


def lines(tried: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Rules as they were kept with a change or with news, in the reader's language."""
    return [_line(each["row"], each["passed"], each["words"], each["saw"]) for each in tried]


def label_of(connection: Connection) -> str:
    """What people call the partner."""
    return str(contract.partner(connection.partner).label)


def _by_run(rows: QuerySet[OutboxAction]) -> dict[int, list[OutboxAction]]:
    found: dict[int, list[OutboxAction]] = {}
    for row in rows.order_by("pk"):
        found.setdefault(row.enrollment_id or 0, []).append(row)
    return found


def _last_changes(deal_ids: Sequence[int], connections: Sequence[Connection]) -> dict[Spot, AutomationRun]:
    """What the last change that rules looked at met, by deal and connection; one query."""
    later = AutomationRun.unscoped.filter(
        deal=OuterRef("deal"), connection=OuterRef("connection"), change_id__gt=OuterRef("change_id")
    )
    rows = AutomationRun.unscoped.filter(~Exists(later), deal_id__in=deal_ids, connection__in=connections)
    return {(row.deal_id, row.connection_id): row for row in rows}


def _rules_now(connection: Connection, deal: Deal) -> list[Line]:
    """The partner's own rules on the present."""
    full = Deal.unscoped.select_related(*situation.WITH, "account").get(pk=deal.pk)
    seen = situation.gather(connection=connection, deal=full, now=clock.now())
    tried = contract.partner(connection.partner).explain(seen)
    return [_line(each.row, each.passed, each.words, each.saw) for each in tried]


def _without_run(connection: Connection, then: Sequence[Line]) -> tuple[str, bool]:
    label = label_of(connection)
    stopped = next((line for line in then if not line.passed), None)
    if stopped is not None:
        bare = stopped.text.removeprefix(_("Not sent: "))
        if bare != stopped.text:  # the rule itself already says that nothing was sent
            return _("Not sent to %(partner)s: %(reason)s") % {"partner": label, "reason": bare}, False
        return _("This card was not sent to %(partner)s.") % {"partner": label} + f" {stopped.text}", False
    return _("This card was never sent to %(partner)s.") % {"partner": label}, False


def _of_run(connection: Connection, run: Enrollment, actions: Sequence[OutboxAction]) -> tuple[str, bool]:
    """What became of a run: first what needs a person, then what is under way, then how it stands."""
    label = label_of(connection)
    stuck = next((each for each in actions if each.state in OutboxAction.NEEDS_PERSON), None)
    first = stuck or next(iter(actions), None)
    if first is not None and run.state == Enrollment.State.SENDING:
        words = str(UNDER_WAY[first.state]) % {"partner": label, "reason": reason(first.reason)}
        halted = halt(connection) if first.state == State.WAITING else ""
        return f"{words} {halted}".rstrip(), False
    if stuck is not None:
        words = _("This card was sent to %(partner)s, but a later change was not: %(reason)s")
        return words % {"partner": label, "reason": reason(stuck.reason)}, False
    words = (
        _("This card was sent to %(partner)s; its prospection has ended.")
        if run.state == Enrollment.State.ENDED
        else _("This card was sent to %(partner)s and is in prospection.")
    )
    return words % {"partner": label}, True


def _line(row: str, passed: bool, words: str, saw: Mapping[str, Any]) -> Line:
    return Line(row=row, passed=passed, text=in_words(words, saw), saw=saw)


def in_words(words: str, saw: Mapping[str, Any]) -> str:
    """A message id in the reader's language, filled with the values that were seen."""
    if not words:
        return ""
    sentence = _(words)
    try:
        return sentence % dict(saw)
    except (KeyError, TypeError, ValueError):
        # A sentence of an older release with another placeholder: better as it stands than not at all.
        return sentence


def halt(connection: Connection) -> str:
    """Why nothing of this connection moves until somebody acts on it; "" while it speaks."""
    if connection.state == Connection.State.BROKEN:
        return _("The credentials were refused: it goes on when an administrator validates a new token.")
    if connection.state == Connection.State.PAUSED:
        if connection.state_reason:
            return _(connection.state_reason)
        return _("The integration is paused: it goes on when an administrator resumes it.")
    return ""


def reason(words: str) -> str:
    """Our sentence in the reader's language, or the partner's answer without its JSON or HTML."""
    raw = words.strip()
    if raw.startswith("<"):
        return _("The partner answered with a page instead of data.")
    if not raw.startswith(("{", "[")):
        return in_words(words, {})
    try:
        said = _sentence(json.loads(raw))
    except ValueError:
        return words  # cut or not JSON after all: better as it stands than not at all
    return _("The partner answered: “%(words)s”") % {"words": said} if said else words


def _sentence(answer: Any) -> str:
    """The first sentence in an answer of any shape, "" when it holds none."""
    if isinstance(answer, str):
        return answer
    if isinstance(answer, list):
        return "; ".join(filter(None, map(_sentence, answer)))
    if isinstance(answer, Mapping):
        return next((said for name in SAID if name in answer and (said := _sentence(answer[name]))), "")
    return ""
