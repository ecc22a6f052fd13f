"""Why a lead was, or was not, sent and what became of it: run, actions, news and fields (X1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funnels.models import Deal
from integrations import contract
from integrations.engine import clock, listen, situation
from integrations.engine.explain import Line, halt, in_words, label_of, lines, reason
from integrations.engine.fieldstate import FieldState, field_states
from integrations.models import (
    Arrival,
    AutomationRun,
    CatalogItem,
    Connection,
    Enrollment,
    Lead,
    OutboxAction,
)
from mapping.models import Link

State = OutboxAction.State
NEWS = 20
CATALOG = "catalog:"
# What the action that sends a lead is doing while the lead is not there → its sentence.
UNDER_WAY: Mapping[str, Any] = {
    State.WAITING: gettext_lazy("It waits to be sent to %(partner)s."),
    State.SPEAKING: gettext_lazy("It is being sent to %(partner)s."),
    State.UNSURE: gettext_lazy("It may have reached %(partner)s: it is being checked."),
    State.REFUSED: gettext_lazy("Not sent to %(partner)s: %(reason)s"),
    State.PERSON: gettext_lazy("Nobody knows whether it reached %(partner)s: a person has to look."),
    State.DEAD: gettext_lazy("Not sent to %(partner)s: %(reason)s"),
    State.CANCELLED: gettext_lazy("Not sent to %(partner)s: %(reason)s"),
}
# What the partner made of it (M32, M34) → its sentence.
OUTCOMES: Mapping[str, Any] = {
    "created": gettext_lazy("It became a new lead at %(partner)s."),
    "reopened": gettext_lazy("It was a closed lead at %(partner)s and was reopened."),
    "updated": gettext_lazy("It was an open lead at %(partner)s and passed to this card."),
    "left": gettext_lazy("It is an open lead at %(partner)s already and was left as it was."),
    "added": gettext_lazy("It was added to this card at %(partner)s."),
}


@dataclass(frozen=True, kw_only=True)
class Became:
    """What became of a lead in one sentence, and whether it is over there because of this card."""

    headline: str
    sent: bool


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter of a run, in words."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An action about the lead; `text` says how it stands, `evidence` what the partner's answer proved."""

    action: OutboxAction
    label: str
    text: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class News:
    """Something that arrived about the lead, with the rules that it met."""

    arrival: Arrival
    text: str
    tried: Sequence[Line]


@dataclass(frozen=True, kw_only=True)
class LeadExplanation:
    """Everything about one lead; `then` is what the change that started its run met.

    `automation` is the run's, "" when there is none any more.
    """

    lead: Lead
    connection: Connection
    headline: str
    sent: bool
    automation: str
    parameters: Sequence[Parameter]
    ended_why: str
    then: Sequence[Line]
    actions: Sequence[Asked]
    news: Sequence[News]
    older_news: bool
    fields: Sequence[FieldState]


def explain_lead(lead: Lead) -> LeadExplanation:
    """The lead with its run; the number of queries is the same however much happened to it."""
    related = ("person", "enrollment__connection", "enrollment__automation", "enrollment__deal")
    row = Lead.unscoped.select_related(*related).get(pk=lead.pk)
    run, connection = row.enrollment, row.enrollment.connection
    became = became_of([row])[row.pk]
    news = list(news_of(row).order_by("-pk")[: NEWS + 1])
    return LeadExplanation(
        lead=row,
        connection=connection,
        headline=became.headline,
        sent=became.sent,
        automation=run.automation.description if run.automation else "",
        parameters=parameters_of(run),
        ended_why=in_words(run.end_words, {}),
        then=_then(run),
        actions=_actions(row, connection),
        news=[told_news(each) for each in news[:NEWS]],
        older_news=len(news) > NEWS,
        fields=fields_of(row),
    )


def fields_of(lead: Lead) -> list[FieldState]:
    """How each of the lead's fields stands; `lead` comes with its run and connection."""
    run = lead.enrollment
    deal = Deal.unscoped.select_related(*situation.WITH, "account").get(pk=run.deal_id)
    seen = situation.gather(connection=run.connection, deal=deal, now=clock.now(), enrollment=run)
    return field_states(run.connection, lead, seen)


def became_of(leads: Sequence[Lead]) -> dict[int, Became]:
    """Lead id → what became of it; one query. The leads come with their runs and connections."""
    actions: dict[int, list[OutboxAction]] = {}
    rows = OutboxAction.unscoped.filter(lead__in=list(leads)).exclude(state=State.DONE)
    for row in rows.order_by("pk"):
        actions.setdefault(row.lead_id or 0, []).append(row)
    return {lead.pk: _became(lead, actions.get(lead.pk, [])) for lead in leads}


def _became(lead: Lead, actions: Sequence[OutboxAction]) -> Became:
    """First whether it is there at all, then what a person has to look at."""
    connection = lead.enrollment.connection
    label = label_of(connection)
    stuck = next((each for each in actions if each.state in OutboxAction.NEEDS_PERSON), None)
    if lead.sent_at is None:
        under_way = (each for each in actions if each.state in OutboxAction.OPEN)
        first = stuck or next(under_way, None) or next(reversed(actions), None)
        if first is None:
            return Became(headline=_("It was never sent to %(partner)s.") % {"partner": label}, sent=False)
        words = str(UNDER_WAY[first.state]) % {"partner": label, "reason": reason(first.reason)}
        halted = halt(connection) if first.state == State.WAITING else ""
        return Became(headline=f"{words} {halted}".rstrip(), sent=False)
    known = OUTCOMES.get(lead.outcome, gettext_lazy("It is a lead at %(partner)s."))
    words = str(known) % {"partner": label}
    if lead.state == Lead.State.LEFT and lead.outcome != "left":
        words += " " + _("It passed to another card since.")
    if stuck is not None:
        words += " " + _("A later change was not sent: %(reason)s") % {"reason": reason(stuck.reason)}
    return Became(headline=words, sent=lead.outcome != "left")


def news_of(lead: Lead) -> QuerySet[Arrival]:
    """What arrived about this lead, and not about another run of it over there."""
    run = lead.enrollment
    theirs = (
        Link.unscoped.filter(
            counterpart_id=run.connection.counterpart_id, kind="lead", entity="lead", our_id=lead.pk
        )
        .values_list("their_id", flat=True)
        .first()
    )
    if not theirs:
        return Arrival.unscoped.none()
    keys = (f"deal:{run.deal_id}", listen.lead_lane(theirs))
    rows = Arrival.unscoped.filter(
        Q(record__about__lead=theirs) | Q(their_id=theirs, kind="lead"),
        lane__connection=run.connection_id,
        lane__key__in=keys,
    )
    others = Lead.unscoped.filter(enrollment__deal=run.deal_id, person=lead.person_id).exclude(pk=lead.pk)
    runs = list(others.exclude(their_run="").values_list("their_run", flat=True))
    return rows.exclude(record__about__run__in=runs) if runs else rows


def told_news(arrival: Arrival) -> News:
    """An arrival in words: what it meant, else why it counted for nothing."""
    tried = lines(arrival.tried)
    said = tried[-1].text if tried else reason(arrival.reason)
    return News(arrival=arrival, text=said or str(arrival.get_state_display()), tried=tried)


def parameters_of(run: Enrollment) -> list[Parameter]:
    """The parameters that the run was started with, in words: a cadence by its name."""
    actions = contract.partner(run.connection.partner).automation_actions
    known = {name: each for action in actions for name, each in action.parameters.items()}
    shelves = {
        (source.removeprefix(CATALOG), str(run.parameters[name]))
        for name, (_label, source) in known.items()
        if isinstance(source, str) and name in run.parameters
    }
    names = _names(run.connection, shelves)
    found = []
    for name in [*(each for each in known if each in run.parameters), *(run.parameters.keys() - known)]:
        value, (label, source) = run.parameters[name], known.get(name, (name, ()))
        if isinstance(source, str):
            shown = names.get((source.removeprefix(CATALOG), str(value)), str(value))
        else:
            shown = str(dict(source).get(value, value))
        found.append(Parameter(label=str(label), value=shown))
    return found


def _names(connection: Connection, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    pairs = list(wanted)
    rows = CatalogItem.unscoped.filter(
        connection=connection,
        kind__in={kind for kind, _id in pairs},
        their_id__in={id for _kind, id in pairs},
    )
    return {(row.kind, row.their_id): str(row) for row in rows} if pairs else {}


def _then(run: Enrollment) -> list[Line]:
    """What the change that started the run met: the last one that sent the card, up to that moment."""
    rows = AutomationRun.unscoped.filter(
        connection=run.connection_id, deal=run.deal_id, sent=True, at__lte=run.started_at
    )
    met = rows.order_by("-at", "-pk").first()
    return lines(met.tried) if met is not None else []


def _actions(lead: Lead, connection: Connection) -> list[Asked]:
    """The newest actions about the lead, newest first."""
    specs = contract.partner(connection.partner).actions
    rows = OutboxAction.unscoped.filter(lead=lead).order_by("-pk")[:NEWS]
    return [
        Asked(
            action=row,
            label=str(specs[row.kind].label) if row.kind in specs else row.kind,
            text=_stands(row, connection),
            evidence=dict(row.receipt.get("facts") or {}) if row.receipt else {},
        )
        for row in rows
    ]


def _stands(action: OutboxAction, connection: Connection) -> str:
    halted = halt(connection) if action.state == State.WAITING else ""
    return halted or reason(action.reason)
