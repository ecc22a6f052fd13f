"""A card's new run at a partner: its leads, its ghost, and what is to be sent (M28–M31)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnels import services
from funnels.models import Person
from integrations import contract
from integrations.models import Automation, Enrollment, Lead, OutboxAction

if TYPE_CHECKING:
    from integrations.engine.place import Place


def enroll(effect: contract.Enroll, place: Place) -> None:
    """The run, its leads (the main contact first) and one action each (M28–M31)."""
    last = place.deal.enrollments.filter(connection=place.connection).order_by("-number").first()
    run = Enrollment.unscoped.create(
        account_id=place.connection.account_id,
        connection=place.connection,
        deal=place.deal,
        number=(last.number if last else 0) + 1,
        automation=Automation.unscoped.filter(pk=effect.automation_id).first(),
        parameters=dict(effect.parameters),
        started_at=place.now,
    )
    people = {
        person.pk: person
        for person in Person.objects.of(place.connection.account_id).filter(
            pk__in=effect.person_ids, deleted_at=None
        )
    }
    chosen = [people[each] for each in effect.person_ids if each in people]
    if effect.ghost_name or not chosen:
        chosen.insert(0, _ghost(effect, place))
    for index, person in enumerate(chosen):
        lead = Lead.unscoped.create(
            account_id=place.connection.account_id, enrollment=run, person=person, is_main=index == 0
        )
        OutboxAction.unscoped.create(
            account_id=place.connection.account_id,
            connection=place.connection,
            lane=place.lane,
            enrollment=run,
            lead=lead,
            kind=effect.action,
            reference=f"{place.deal.pk}.{lead.pk}",
            created_at=place.now,
        )


def _ghost(effect: contract.Enroll, place: Place) -> Person:
    """M31: one per deal, reused when the card is sent again."""
    known = Person.unscoped.filter(ghost_of=place.deal).first()
    return known or services.create_person(
        account=place.connection.account,
        name=effect.ghost_name,
        origin=place.origin,
        company=place.deal.company,
        ghost_of=place.deal,
    )
