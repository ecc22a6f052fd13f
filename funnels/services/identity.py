"""Who is who: a person by e-mail, a company by CNPJ, else by name, found or made once (M15); and ghosts."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.origin import Origin
from funnels.fields import search_key
from funnels.models import Change, Company, Person
from funnels.services.deals import update_deal
from funnels.services.journal import NotAllowed, locked, note, save, tell
from funnels.services.people import (
    EmailTaken,
    create_company,
    create_person,
    person_by_email,
    refuse_erased,
    update_company,
)


def ensure_person(
    *,
    account: Account,
    name: str,
    email: str,
    origin: Origin,
    phones: Sequence[str] = (),
    company: Company | None = None,
) -> Person:
    """The living person with this e-mail, untouched, else a new one; two arrivals at once make one row."""
    known = person_by_email(account=account, email=email)
    if known is not None:
        return known
    try:
        return create_person(
            account=account, name=name, email=email, phones=phones, company=company, origin=origin
        )
    except EmailTaken as taken:
        return taken.person


def ensure_company(
    *,
    account: Account,
    name: str,
    origin: Origin,
    document: str = "",
    first: Company | None = None,
) -> Company:
    """The company with this CNPJ, else with this name, case and accents ignored, else a new one.

    `first` is the one to prefer among those of that name. A known company without CNPJ gets it; one of that
    name with another CNPJ is another company.
    """
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)  # two arrivals at once make one row
        rows = Company.objects.of(account).filter(deleted_at=None).order_by("pk")
        digits = bare(document)
        if digits:
            known = next((row for row in rows.filter(document__in=document_forms(digits))), None)
            if known is not None:
                return known
        key = search_key(name)
        if first is not None and first.name_key == key and not (digits and bare(first.document)):
            named: Company | None = first
        else:
            same = rows.filter(name_key=key)
            named = (same.filter(document="") if digits else same).first()
        if named is None:
            return create_company(account=account, name=name, document=document, origin=origin)
        if digits and not named.document:
            return update_company(company=named, document=document, origin=origin)
        return named


def make_contact(*, person: Person, origin: Origin) -> Person:
    """A ghost becomes a contact like any other (M31); raises NotAllowed where its e-mail is another's.

    Raises ErasedBefore where it is an erased person's.
    """
    with transaction.atomic():
        row = locked(person)
        if not row.is_ghost:
            return row
        other = person_by_email(account=row.account, email=row.email)
        if other is not None:
            raise NotAllowed(
                _("%(name)s already has this e-mail. Choose that person as the card's contact instead.")
                % {"name": other}
            )
        numbers = list(row.phones.values_list("typed", flat=True))
        refuse_erased(row.account, email=row.email, phones=numbers, origin=origin)
        deal = row.ghost_of
        row.is_ghost, row.ghost_of = False, None
        save(row, ["is_ghost", "ghost_of"])
        fields = {"is_ghost": [True, False]}
        tell([note(row=row, kind=Change.Kind.UPDATED, fields=fields, origin=origin)], origin=origin)
        if deal is not None and deal.person_id is None:
            update_deal(deal=deal, person=row, origin=origin)
    return row


def bare(document: str) -> str:
    """A CNPJ without its punctuation."""
    return "".join(each for each in document if each.isalnum()).upper()


def document_forms(document: str) -> list[str]:
    """A CNPJ, written in any way, as it may be stored: bare and written out."""
    digits = bare(document)
    if len(digits) != 14:
        return [digits]
    written = f"{digits[:2]}.{digits[2:5]}.{digits[5:8]}/{digits[8:12]}-{digits[12:]}"
    return [digits, written]
