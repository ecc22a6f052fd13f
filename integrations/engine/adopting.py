"""Leads that were added over there to a card become its related contacts, nobody twice (M34, M15)."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from accounts.models import Account
from accounts.origin import Origin
from funnels import services
from funnels.models import Company, Deal, Person
from integrations.contract import AdoptLead, TakeIn, Values
from integrations.engine import runs, taking
from integrations.engine.following import followings, listed_fields
from integrations.engine.names import AccountNames
from integrations.engine.place import Place, tell
from integrations.models import Connection, Lead
from mapping.convert import Unconvertible, heard

ADOPTED = _("%(lead)s was added to this card over there and is a related contact now.")
THERE_TWICE = _("%(lead)s was added to this card over there once more; the person has a lead in it already.")


def adopt(effect: AdoptLead, place: Place) -> None:
    """The person by e-mail or new, the related contact, and a lead of the run that is linked from now on."""
    assert place.run is not None
    deal = Deal.unscoped.select_related("person", "company", "account").get(pk=place.deal.pk)
    company = _company(effect.values, deal, place)
    person = person_of(effect.values, account=deal.account, origin=place.origin, company=company)
    if Lead.unscoped.filter(enrollment=place.run, person=person).exists():
        tell(place, THERE_TWICE, {"lead": person.name or person.email}, severity="warning")
        return
    related = [contact.person for contact in deal.related_contacts.select_related("person").order_by("id")]
    if deal.person_id != person.pk:
        services.set_related_contacts(deal=deal, persons=[*related, person], origin=place.origin)
    lead = Lead.unscoped.create(
        account_id=place.connection.account_id,
        enrollment=place.run,
        person=person,
        is_main=False,
        sent_at=effect.since or effect.when,
        outcome="added",
        company=company if company is not None and company.pk != deal.company_id else None,
        their_run=effect.run,
        public_url=effect.url[:500],
    )
    if effect.state in runs.LEAD_MOVES:
        runs.LEAD_MOVES[effect.state](lead)
        runs.save(lead, "state")
    firm = {pair.key for pair in followings(place.connection) if pair.map.entity == "company"}
    # What stood there before this card knew of it was agreed on as blank: what the card says of itself goes
    # there, and what the lead says comes here (M46). Of the company nothing is: its filled fields stay.
    blank = {key: "" for key in listed_fields(place.connection) if key not in firm}
    runs.link(lead, their_id=effect.their_id, ours=blank, theirs=blank, place=place)
    taking.take(TakeIn(lead_id=lead.pk, values=effect.values, when=effect.when), place, unagreed=firm)
    tell(place, ADOPTED, {"lead": person.name or person.email}, severity="success")


def person_of(values: Values, *, account: Account, origin: Origin, company: Company | None) -> Person:
    """The account's person with this e-mail, else a new one; two arrivals at once make one row (M15)."""
    return services.ensure_person(
        account=account,
        name=str(values.get("name") or values.get("email") or ""),
        email=str(values.get("email") or ""),
        phones=[str(phone) for phone in values.get("phones") or ()],
        company=company,
        origin=origin,
    )


def document_of(values: Values, connection: Connection) -> str:
    """The CNPJ that a mapped field of the company tells, "" when none does or it cannot be read (M15)."""
    names = AccountNames(connection.account_id)
    for pair in followings(connection):
        text = str(values.get(pair.key) or "")
        if pair.map.entity == "company" and pair.map.our_type == "cnpj" and text:
            try:
                return heard(text, pair.ours, pair.theirs, names)
            except Unconvertible:
                return ""  # its own field tells why when the values are taken in
    return ""


def _company(values: Values, deal: Deal, place: Place) -> Company | None:
    """The card's company unless the lead tells another, found by CNPJ or name, or made (M15)."""
    name, document = str(values.get("company") or "").strip(), document_of(values, place.connection)
    if not name and not document:
        return deal.company
    return services.ensure_company(
        account=deal.account,
        name=name or (deal.company.name if deal.company else document),
        document=document,
        origin=place.origin,
        first=deal.company,
    )
