"""One card is made to enter a stage: rules decide and a private world takes its leads (X2)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from funnels.models import Deal, Person, Stage
from integrations.contract import (
    AutomationView,
    ChangeView,
    Effect,
    Enroll,
    EnrollmentView,
    LeadView,
    Outcome,
    Partner,
    PersonView,
    SetField,
    Situation,
    Tried,
)
from integrations.engine import explain, situation
from integrations.engine.following import Problem, say
from integrations.engine.names import AccountNames
from integrations.models import Automation, Connection
from integrations.rehearsal.difference import Fields
from integrations.rehearsal.lead import OneLead
from integrations.rehearsal.result import Became, CardShown, LeadShown, Written
from integrations.rehearsal.world import PrivateCall

# What happens to a card that sets a trigger off.
CHANGES: Mapping[str, str] = {
    Automation.Trigger.ENTERED: "moved",
    Automation.Trigger.REOPENED: "reopened",
    Automation.Trigger.WON: "won",
    Automation.Trigger.LOST: "lost",
}
RUN = -1  # rows that do not exist have negative ids
LEFT = gettext_noop("Another card of this rehearsal has the same e-mail: the lead stays with that one.")


@dataclass(frozen=True, kw_only=True)
class Entering:
    """A stage to enter, and how; `trial` replaces the funnel's automations, `chosen` counts as on.

    `shared` is what all cards of the stage's funnel see alike, `sellers` the users whom activation would link
    (M22): our user → theirs.
    """

    connection: Connection
    partner: Partner
    stage: Stage
    trigger: str
    trial: AutomationView | None
    chosen: int | None
    call: PrivateCall
    fields: Fields
    shared: situation.Around
    users: Mapping[int, str]
    sellers: Mapping[int, str]
    now: datetime

    def card(self, deal: Deal) -> CardShown:
        """What would become of the card; `deal` is a row in hand that is never saved."""
        change = self._change(deal)
        deal.stage = self.stage
        seen = situation.gather(connection=self.connection, deal=deal, now=self.now, shared=self.shared)
        seen = dataclasses.replace(
            seen,
            connection_state=Connection.State.ACTIVE,
            automations=self._automations(seen),
            users={**self.sellers, **seen.users},
        )
        decided = self.partner.on_change(change, seen)
        enroll = next((each for each in decided.effects if isinstance(each, Enroll)), None)
        if enroll is None:
            return self._stopped(deal, decided)
        return self._sent(deal, seen, decided, enroll)

    def _automations(self, seen: Situation) -> Sequence[AutomationView]:
        if self.trial is not None:
            return (self.trial,)
        return [
            dataclasses.replace(each, enabled=True) if each.id == self.chosen else each
            for each in seen.automations
        ]

    def _change(self, deal: Deal) -> ChangeView:
        return ChangeView(
            id=0,
            entity="deal",
            kind=CHANGES[self.trigger],
            fields={"stage": [deal.stage_id, self.stage.pk]},
            origin="system",
            at=self.now,
        )

    def _stopped(self, deal: Deal, decided: Outcome) -> CardShown:
        stop = next((each for each in reversed(decided.tried) if not each.passed), None)
        return self._shown(
            deal,
            decided,
            became=Became.STOPPED,
            row=stop.row if stop else "",
            reason=_would(explain.in_words(stop.words, stop.saw)) if stop else _("No rule asks for it."),
        )

    def _sent(self, deal: Deal, seen: Situation, decided: Outcome, enroll: Enroll) -> CardShown:
        people, rows = self._people(deal, seen, enroll)
        seen = self._with_run(seen, enroll, people, rows, deal)
        assert seen.enrollment is not None
        shown: list[LeadShown] = []
        effects: list[Effect] = []
        row = ""
        for lead, person in zip(seen.enrollment.leads, people, strict=True):
            one = OneLead(
                partner=self.partner,
                call=self.call,
                fields=self.fields,
                kind=enroll.action,
                deal=deal,
                seen=seen,
                lead=lead,
                person=person,
                row=rows[person.id],
            )
            told, outcome = one.send()
            shown.append(told)
            if outcome is not None:
                effects += outcome.effects
                row = next((each.row for each in outcome.tried), row)
        became = _became(shown)
        reasons = {
            Became.LEFT: (row, _(LEFT)),
            Became.REFUSED: ("", next((each.words for each in shown), "")),
        }
        row, reason = reasons.get(became, ("", ""))
        return self._shown(
            deal,
            decided,
            became=became,
            row=row,
            reason=reason,
            automation=next((each for each in seen.automations if each.id == enroll.automation_id), None),
            requests=len(shown) * self.partner.actions[enroll.action].cost,
            leads=shown,
            written=self._written(deal, effects),
        )

    def _people(
        self, deal: Deal, seen: Situation, enroll: Enroll
    ) -> tuple[list[PersonView], dict[int, Person]]:
        """Who becomes a lead, as engine.enroll chooses them, with their rows by id; a ghost has none yet."""
        found = Person.objects.of(deal.account_id).filter(pk__in=enroll.person_ids, deleted_at=None)
        rows = {person.pk: person for person in found}
        people = [seen.people[each] for each in enroll.person_ids if each in rows]
        if enroll.ghost_name or not people:
            ghost = PersonView(id=RUN, name=enroll.ghost_name, email="", is_ghost=True)
            people.insert(0, ghost)
            rows[RUN] = Person(
                account_id=deal.account_id, name=enroll.ghost_name, company=deal.company, is_ghost=True
            )
        return people, rows

    def _with_run(
        self,
        seen: Situation,
        enroll: Enroll,
        people: Sequence[PersonView],
        rows: Mapping[int, Person],
        deal: Deal,
    ) -> Situation:
        """The situation as the engine finds it when it speaks: the run with its leads, not yet over there."""
        told, untold = dict(seen.told), dict(seen.untold)
        for person in people:
            if person.id not in told:
                told[person.id], untold[person.id] = self._said(deal, rows[person.id])
        run = EnrollmentView(
            id=RUN,
            number=seen.enrollment.number + 1 if seen.enrollment else 1,
            state="sending",
            ended_at=None,
            parameters=dict(enroll.parameters),
            leads=[
                LeadView(id=-1 - number, person_id=person.id, their_id="", state="new", is_main=number == 0)
                for number, person in enumerate(people)
            ],
        )
        everyone = {**seen.people, **{person.id: person for person in people}}
        return dataclasses.replace(seen, enrollment=run, people=everyone, told=told, untold=untold)

    def _said(self, deal: Deal, person: Person) -> tuple[dict[str, str], dict[str, Problem]]:
        """What the mapped fields say for somebody who was not on the card."""
        rows = {"deal": deal, "company": deal.company, "person": person}
        return say(self.fields.pairs, rows=rows, names=AccountNames(deal.account_id))

    def _written(self, deal: Deal, effects: Iterable[Effect]) -> list[Written]:
        specs = {spec.key: spec for spec in self.partner.fields}
        written = []
        for effect in effects:
            if not isinstance(effect, SetField):
                continue
            spec = specs.get(effect.key)
            before = str(deal.custom.get(effect.key) or "")
            names = self.users if spec is not None and spec.type == "user" else {}
            written.append(
                Written(
                    key=effect.key,
                    label=str(spec.label) if spec else effect.key,
                    before=_named(before, names),
                    after=_named(before if effect.once and before else effect.value, names),
                    keeps=effect.once and bool(before),
                )
            )
        return written

    def _shown(
        self,
        deal: Deal,
        decided: Outcome,
        *,
        became: Became,
        row: str,
        reason: str,
        automation: AutomationView | None = None,
        requests: int = 0,
        leads: Sequence[LeadShown] = (),
        written: Sequence[Written] = (),
    ) -> CardShown:
        return CardShown(
            deal_id=deal.pk,
            title=deal.title,
            stage_id=self.stage.pk,
            automation_id=automation.id if automation is not None and automation.id > 0 else None,
            automation=automation.description if automation is not None else "",
            became=became,
            row=row,
            reason=reason,
            tried=[_line(each) for each in decided.tried],
            requests=requests,
            leads=leads,
            written=written,
        )


def _became(leads: Sequence[LeadShown]) -> Became:
    made = {lead.made for lead in leads}
    if made - {"", "left"}:
        return Became.SENT
    return Became.LEFT if "left" in made else Became.REFUSED


def _named(value: str, names: Mapping[int, str]) -> str:
    return names.get(int(value), value) if names and value.isdecimal() else value


def _line(tried: Tried) -> explain.Line:
    text = _would(explain.in_words(tried.words, tried.saw))
    return explain.Line(row=tried.row, passed=tried.passed, text=text, saw=tried.saw)


def _would(text: str) -> str:
    """A rule's sentence in the conditional: nothing was sent, and nothing is."""
    bare = text.removeprefix(_("Not sent: "))
    return _("Would not be sent: ") + bare if bare != text else text
