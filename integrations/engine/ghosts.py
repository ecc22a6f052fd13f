"""A ghost given an e-mail, there or here: a person with it takes the lead, else it is the ghost's (M31)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as _

from funnels import services
from funnels.models import Deal, Person
from integrations.engine import runs
from integrations.engine.claim import Lease, hold
from integrations.engine.place import Place, tell
from integrations.models import Enrollment, Lane, Lead
from mapping.models import Link

TAKEN = _("The lead of “%(ghost)s” turned out to be %(person)s, who is the card's contact from now on.")


def named(lead: Lead, ghost: Person, *, email: str, place: Place) -> Lead:
    """The lead as it is then; raises NotAllowed where the person who has the e-mail is in the run already."""
    person = services.person_by_email(account=place.connection.account, email=email)
    if person is None or Lead.unscoped.filter(enrollment_id=lead.enrollment_id, person=person).exists():
        services.update_person(person=ghost, origin=place.origin, email=email)
        return lead
    lead.person = person
    runs.save(lead, "person")
    deal = Deal.unscoped.get(pk=place.deal.pk)
    if deal.person_id is None or deal.person_id == ghost.pk:
        services.update_deal(deal=deal, origin=place.origin, person=person)
    services.delete_person(person=ghost, origin=place.origin)
    tell(place, TAKEN, {"ghost": ghost.name, "person": person.name})
    return lead


def recognise(deal_id: int, lane: Lane, lease: Lease, *, now: datetime) -> None:
    """A ghost of the card's run that was given a known person's e-mail here gives her its lead."""
    ghosts = Lead.unscoped.filter(
        enrollment__connection=lane.connection, enrollment__deal=deal_id, person__is_ghost=True
    ).exclude(enrollment__state=Enrollment.State.ENDED)
    for lead in ghosts.exclude(person__email="").select_related("person", "enrollment__deal"):
        person = services.person_by_email(account=lane.connection.account, email=lead.person.email)
        if person is None or Lead.unscoped.filter(enrollment=lead.enrollment, person=person).exists():
            continue
        run = lead.enrollment
        place = Place(connection=lane.connection, deal=run.deal, lane=lane, run=run, now=now)
        with transaction.atomic():
            hold(lease)
            named(lead, lead.person, email=lead.person.email, place=place)
            # Her e-mail waits to be said; it was never agreed on, so it is not put back either (M38).
            link = (
                Link.unscoped.select_for_update().filter(kind="lead", entity="lead", our_id=lead.pk).first()
            )
            if link is not None:
                link.ours = {**link.ours, "email": None}
                link.save(update_fields=["ours"])
