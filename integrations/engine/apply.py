"""Carries out what rules decided: one function an effect, all inside the caller's transaction."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_noop as _

from accounts import nouns
from funnels import services
from funnels.fields import search_key
from funnels.models import Deal, LossReason, Person, Stage, Task
from integrations import contract
from integrations.contract import Effect
from integrations.engine import adopting, asking, passing, runs, taking
from integrations.engine.enroll import enroll
from integrations.engine.place import COMPLETE, FINISH, Place, source_of, tell, title_of


def apply(effects: Sequence[Effect], place: Place) -> None:
    """All effects in order; neighbouring fields of the deal are one change."""
    for kind, group in itertools.groupby(effects, key=type):
        if kind is contract.SetField:
            _set_fields([each for each in group if isinstance(each, contract.SetField)], place)
        else:
            for effect in group:
                APPLIERS[kind](effect, place)


def tried_as_json(tried: Sequence[contract.Tried]) -> list[dict[str, Any]]:
    """Rules tried, as they are kept and shown (X1)."""
    return [dataclasses.asdict(each) for each in tried]


def _log(effect: contract.LogInteraction, place: Place) -> None:
    person = (
        Person.objects.of(place.connection.account_id).filter(pk=effect.person_id).first()
        if effect.person_id
        else None
    )
    services.log_interaction(
        account=place.connection.account,
        type=effect.type,
        text=effect.text,
        occurred_at=effect.when,
        origin=place.origin,
        person=person,
        deal=place.deal,
        author=effect.by,
        source=source_of(place.connection, effect.source),
    )


def _win(effect: contract.WinDeal, place: Place) -> None:
    _unless_blocked(lambda: services.win_deal(deal=place.deal, origin=place.origin), effect.source, place)


def _move(effect: contract.MoveDeal, place: Place) -> None:
    """M36: what keeps the card in place is told on the card, to its owner, and there."""
    stage = Stage.objects.of(place.connection.account_id).filter(pk=effect.stage_id).first()
    if stage is None or stage.funnel_id != place.deal.funnel_id:
        why = translate("This stage is not of the card's funnel.")
        tell(place, BLOCKED, {"why": why}, severity="warning")
    else:
        why = _unless_blocked(
            lambda: services.move_deal(deal=place.deal, stage=stage, origin=place.origin),
            effect.source,
            place,
        )
    if effect.answer and effect.lead_id is not None:
        asked = {"message": why} if why else {}
        asking.ask(contract.Ask(action=effect.answer, lead_id=effect.lead_id, asked=asked), place)


def _unless_blocked(do: Callable[[], object], source: str, place: Place) -> str:
    """M36: a pending checklist leaves the card in place, with a task for its owner; returns why, or "".

    Each blocked `source` has a task of its own, but none while one that says the same is open.
    """
    try:
        do()
    except services.NotAllowed as blocked:
        tell(place, BLOCKED, {"why": blocked.words}, severity="warning")
        if not _asked_already(blocked.words, place):
            run = place.run.pk if place.run else place.deal.pk
            _task(COMPLETE, blocked.words, f"blocked:{run}:{source}", place)
        return blocked.words
    return ""


def _asked_already(text: str, place: Place) -> bool:
    ours = Task.objects.of(place.connection.account).filter(deal=place.deal, done_at=None, text=text)
    return bool(ours.filter(source__startswith=f"{place.connection.pk}:blocked:").exists())


def _task(words: str, text: str, name: str, place: Place) -> None:
    services.create_task(
        account=place.connection.account,
        title=title_of(words, place.deal),
        text=text,
        origin=place.origin,
        deal=place.deal,
        assignee=place.deal.owner,
        source=f"{place.connection.pk}:{name}",
    )


def _make_task(effect: contract.MakeTask, place: Place) -> None:
    """In the language of the account's screens by default: a task is data that people read."""
    with translation.override("pt-br"), nouns.of(place.connection.account_id):
        text = translate(effect.words) % dict(effect.saw)
    _task(FINISH, text, effect.source, place)


def _sent(effect: contract.Sent, place: Place) -> None:
    """A lead that was known there may hold what is blank here: a blank side takes the other (M32, M37)."""
    runs.sent(effect, place)
    if effect.made in passing.PASSED:
        taking.take_known(effect, place)


def _put_back(effect: contract.PutBack, place: Place) -> None:
    """M38: the property returns to what it was, with a record of why; where it cannot, the card says so."""
    person = Person.objects.of(place.connection.account_id).filter(pk=effect.person_id).first()
    if person is None:
        return
    tried = getattr(person, effect.name)
    if runs.waits(
        effect.lead_id, effect.name, place
    ):  # a ghost's lead became hers (M31): there is no former value
        tell(place, NOT_TAKEN, {"value": tried, "person": person.name}, severity="warning")
        runs.agreed(contract.Agreed(lead_id=effect.lead_id, ours={effect.name: tried}), place)
        return
    try:
        given: dict[str, Any] = {effect.name: effect.value}
        services.update_person(person=person, origin=place.origin, **given)
    except services.NotAllowed as refused:
        tell(place, NOT_PUT_BACK, {"value": effect.value, "why": refused.words}, severity="warning")
        # Agreed on as apart: asking again would be declined again.
        runs.agreed(contract.Agreed(lead_id=effect.lead_id, ours={effect.name: tried}), place)
        return
    tell(place, PUT_BACK, {"value": effect.value, "tried": tried}, severity="warning")
    record = contract.LogInteraction(
        source=effect.source, type="simple", text=effect.text, person_id=person.pk, when=place.now
    )
    _log(record, place)


def _lose(effect: contract.LoseDeal, place: Place) -> None:
    """M41: by its id, else by its name; one unknown here is not created: its text stays in the note."""
    wanted = search_key(effect.reason)
    reasons = LossReason.objects.of(place.connection.account_id).filter(
        funnel_id=place.deal.funnel_id, deleted_at=None
    )
    chosen = [each for each in reasons if str(each.pk) == effect.reason_id]
    chosen += [each for each in reasons if wanted and search_key(each.name) == wanted]
    reason = chosen[0] if chosen else None
    services.lose_deal(
        deal=place.deal,
        reason=reason,
        note_text="" if reason else effect.reason,
        origin=place.origin,
    )


def _set_fields(effects: Sequence[contract.SetField], place: Place) -> None:
    services.set_system_fields(
        deal=place.deal,
        values={each.key: each.value for each in effects},
        once={each.key for each in effects if each.once},
        origin=place.origin,
    )


def _note_edited(effect: contract.NoteEdited, place: Place) -> None:
    """What was chosen while the action was spoken is put back like any later edit (M16)."""
    deal = Deal.unscoped.select_for_update().get(pk=place.deal.pk)
    tried = str(deal.custom.get(effect.key) or "")
    if tried not in (effect.seen, effect.value):
        tell(place, effect.words, {"tried": tried, "owner": effect.value}, severity="warning")
        source = f"{effect.key}:{place.run.pk if place.run else ''}"
        person = effect.person_id
        _log(
            contract.LogInteraction(
                source=source, type="simple", text=effect.text, person_id=person, when=place.now
            ),
            place,
        )


def _tell(effect: contract.Tell, place: Place) -> None:
    tell(place, effect.words, effect.saw, severity=effect.severity)


BLOCKED = _("The card stayed where it was: %(why)s")
PUT_BACK = _("“%(tried)s” was put back to “%(value)s”: another lead there has it.")
NOT_PUT_BACK = _("The value could not be put back to “%(value)s”: %(why)s")
NOT_TAKEN = _("“%(value)s” of %(person)s was not sent: another lead there has it.")
APPLIERS: Mapping[type[Effect], Callable[[Any, Place], None]] = {
    contract.LogInteraction: _log,
    contract.SetLead: runs.set_lead,
    contract.Sent: _sent,
    contract.Agreed: runs.agreed,
    contract.TakeIn: taking.take,
    contract.AdoptLead: adopting.adopt,
    contract.PutBack: _put_back,
    contract.NoteEdited: _note_edited,
    contract.Ask: asking.ask,
    contract.MakeTask: _make_task,
    contract.WinDeal: _win,
    contract.MoveDeal: _move,
    contract.LoseDeal: _lose,
    contract.EndEnrollment: runs.end,
    contract.Enroll: enroll,
    contract.Tell: _tell,
}
