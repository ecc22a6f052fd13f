"""Why a card was, or was not, sent: the rules themselves, with the values they saw (X1)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funnels.models import Deal
from integrations import contract
from integrations.engine import clock, listen, situation
from integrations.models import AutomationRun, Connection, OutboxAction

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
    full = Deal.unscoped.select_related(*situation.WITH, "account").get(pk=deal.pk)
    found = []
    for connection in Connection.objects.of(deal.account_id).filter(state__in=listen.LIVING):
        partner = contract.partner(connection.partner)
        seen = situation.gather(connection=connection, deal=full, now=clock.now())
        tried = [_line(each.row, each.passed, each.words, each.saw) for each in partner.explain(seen)]
        last = AutomationRun.unscoped.filter(connection=connection, deal=deal).order_by("-change_id").first()
        then = (
            [_line(each["row"], each["passed"], each["words"], each["saw"]) for each in last.tried]
            if last
            else []
        )
        headline, sent = _headline(connection, seen, then)
        found.append(Explanation(connection=connection, headline=headline, sent=sent, tried=tried, then=then))
    return found


def _headline(connection: Connection, seen: contract.Situation, then: Sequence[Line]) -> tuple[str, bool]:
    label = str(contract.partner(connection.partner).label)
    if seen.enrollment is not None:
        return _of_run(connection, seen.enrollment, label)
    stopped = next((line for line in then if not line.passed), None)
    if stopped is not None:
        bare = stopped.text.removeprefix(_("Not sent: "))
        if bare != stopped.text:  # the rule itself already says that nothing was sent
            return _("Not sent to %(partner)s: %(reason)s") % {"partner": label, "reason": bare}, False
        return _("This card was not sent to %(partner)s.") % {"partner": label} + f" {stopped.text}", False
    return _("This card was never sent to %(partner)s.") % {"partner": label}, False


def _of_run(connection: Connection, run: contract.EnrollmentView, label: str) -> tuple[str, bool]:
    """What became of a run: first what needs a person, then what is under way, then how it stands."""
    actions = list(
        OutboxAction.unscoped.filter(enrollment_id=run.id)
        .exclude(state__in=(State.DONE, State.CANCELLED))
        .order_by("pk")
    )
    stuck = next((each for each in actions if each.state in OutboxAction.NEEDS_PERSON), None)
    first = stuck or next(iter(actions), None)
    if first is not None and run.state == "sending":
        words = str(UNDER_WAY[first.state]) % {"partner": label, "reason": reason(first.reason)}
        halted = halt(connection) if first.state == State.WAITING else ""
        return f"{words} {halted}".rstrip(), False
    if stuck is not None:
        words = _("This card was sent to %(partner)s, but a later change was not: %(reason)s")
        return words % {"partner": label, "reason": reason(stuck.reason)}, False
    words = (
        _("This card was sent to %(partner)s; its prospection has ended.")
        if run.state == "ended"
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
