"""Persons and companies: created, changed, found by e-mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.erasure import allow, last_erased
from accounts.models import Account
from accounts.origin import Origin
from accounts.services import audit
from funnels.documents import read_cnpj
from funnels.fields import Unreadable, email_key, phone_forms, search_key
from funnels.models import Change, Company, Deal, Person, Phone
from funnels.services.journal import (
    MACHINES,
    NotAllowed,
    assign,
    locked,
    merge_custom,
    note,
    refuse_other_names,
    refuse_system_fields,
    same_account,
    save,
    tell,
)

PERSON_EDITABLE = frozenset({"name", "email", "company", "custom"})
COMPANY_EDITABLE = frozenset({"name", "document", "custom"})


class EmailTaken(NotAllowed):
    """Another person of the account has this e-mail; `person` is who."""

    def __init__(self, person: Person) -> None:
        super().__init__(_("%(name)s already has this e-mail. Open that person instead.") % {"name": person})
        self.person = person


class ErasedBefore(NotAllowed):
    """Somebody with this e-mail or phone was erased in the account at her request (X8)."""

    def __init__(self, at: datetime) -> None:
        words = _(
            "A person with this e-mail or phone was erased on %(date)s, at her request. "
            "An administrator can allow it again in the portal: Persons, New person."
        )
        super().__init__(words % {"date": date_format(timezone.localtime(at), "SHORT_DATE_FORMAT")})
        self.at = at


def person_by_email(*, account: Account, email: str) -> Person | None:
    """The account's living person with this e-mail, compared without case (M15)."""
    key = email_key(email)
    return (
        Person.objects.of(account).filter(email_key=key, is_ghost=False, deleted_at=None).first()
        if key
        else None
    )


def create_person(
    *,
    account: Account,
    name: str,
    origin: Origin,
    email: str = "",
    phones: Sequence[str] = (),
    company: Company | None = None,
    custom: dict[str, str] | None = None,
    ghost_of: Deal | None = None,
    again: bool = False,
) -> Person:
    """A new person; raises EmailTaken when the account has one with this e-mail.

    Raises ErasedBefore for one who was erased, unless she is to be known `again`.
    """
    same_account(account.pk, company, ghost_of)
    refuse_erased(account, email=email, phones=phones, origin=origin, again=again)
    person = Person(
        account=account,
        name=name.strip(),
        name_key=search_key(name),
        email=email.strip(),
        email_key=email_key(email),
        company=company,
        custom=custom or {},
        ghost_of=ghost_of,
        is_ghost=ghost_of is not None,
    )
    refuse_system_fields(account.pk, Person, custom or {}, origin)
    with transaction.atomic():
        _save_person(person, None)
        _write_phones(person, phones)
        fields = {"name": [None, person.name], "email": [None, person.email], "phones": [[], list(phones)]}
        tell([note(row=person, kind=Change.Kind.CREATED, fields=fields, origin=origin)], origin=origin)
    return person


def update_person(
    *,
    person: Person,
    origin: Origin,
    version: int | None = None,
    phones: Sequence[str] | None = None,
    **values: Any,
) -> Person:
    """Changes name, email, company, custom or phones; TypeError for other names.

    Raises EmailTaken, ErasedBefore, SomeoneElseChangedThis, NotAllowed for a field of integrations only.
    """
    refuse_other_names(values, PERSON_EDITABLE)
    with transaction.atomic():
        row = locked(person, version=version)
        same_account(row.account_id, values.get("company"))
        if "name" in values:
            values["name"] = values["name"].strip()
            row.name_key = search_key(values["name"])
        if "email" in values:
            values["email"] = values["email"].strip()
            row.email_key = email_key(values["email"])
        if "custom" in values:
            values["custom"] = merge_custom(row, values["custom"], origin)
        differences = assign(row, values)
        if "email" in differences:
            refuse_erased(row.account, email=row.email, phones=(), origin=origin)
        columns = [*differences, "name_key", "email_key"]
        differences |= _change_phones(row, phones)
        if differences:
            _save_person(row, columns)  # phones alone are a new version too
            tell(
                [note(row=row, kind=Change.Kind.UPDATED, fields=differences, origin=origin)],
                origin=origin,
            )
    return row


def delete_person(*, person: Person, origin: Origin) -> None:
    """Marks a person as deleted; history stays."""
    with transaction.atomic():
        row = locked(person)
        if row.deleted_at is None:
            gone = assign(row, {"deleted_at": timezone.now()})
            save(row, list(gone))
            tell([note(row=row, kind=Change.Kind.DELETED, fields=gone, origin=origin)], origin=origin)


def create_company(
    *,
    account: Account,
    name: str,
    origin: Origin,
    document: str = "",
    phones: Sequence[str] = (),
    custom: dict[str, str] | None = None,
) -> Company:
    """A new company; its CNPJ is kept as its 14 characters, however it is written."""
    company = Company(
        account=account,
        name=name.strip(),
        name_key=search_key(name),
        document=_document(document),
        custom=custom or {},
    )
    refuse_system_fields(account.pk, Company, custom or {}, origin)
    with transaction.atomic():
        company.save()
        _write_phones(company, phones)
        fields = {"name": [None, company.name], "phones": [[], list(phones)]}
        tell([note(row=company, kind=Change.Kind.CREATED, fields=fields, origin=origin)], origin=origin)
    return company


def update_company(
    *,
    company: Company,
    origin: Origin,
    version: int | None = None,
    phones: Sequence[str] | None = None,
    **values: Any,
) -> Company:
    """Changes name, document, custom or phones; TypeError for other names.

    Raises SomeoneElseChangedThis, NotAllowed for a field that only integrations write.
    """
    refuse_other_names(values, COMPANY_EDITABLE)
    with transaction.atomic():
        row = locked(company, version=version)
        if "name" in values:
            values["name"] = values["name"].strip()
            row.name_key = search_key(values["name"])
        if "document" in values:
            values["document"] = _document(values["document"])
        if "custom" in values:
            values["custom"] = merge_custom(row, values["custom"], origin)
        differences = assign(row, values)
        differences |= _change_phones(row, phones)
        if differences:
            save(row, [*(name for name in differences if name != "phones"), "name_key"])
            tell(
                [note(row=row, kind=Change.Kind.UPDATED, fields=differences, origin=origin)],
                origin=origin,
            )
    return row


def delete_company(*, company: Company, origin: Origin) -> None:
    """Marks a company as deleted; persons, cards and history keep it."""
    with transaction.atomic():
        row = locked(company)
        if row.deleted_at is None:
            gone = assign(row, {"deleted_at": timezone.now()})
            save(row, list(gone))
            tell([note(row=row, kind=Change.Kind.DELETED, fields=gone, origin=origin)], origin=origin)


def refuse_erased(
    account: Account, *, email: str, phones: Sequence[str], origin: Origin, again: bool = False
) -> None:
    """Raises ErasedBefore where people or programs bring an erased person back; `again` allows it.

    News of partners never comes this far (engine.erased). A number tells of one person only where no e-mail
    does: a house shares it.
    """
    if origin.kind in MACHINES:
        return
    numbers = [] if email.strip() else [("phone", phone_forms(each)[1]) for each in phones]
    marks = [("email", email_key(email)), *numbers]
    at = last_erased(account_id=account.pk, marks=marks)
    if at is None:
        return
    if not again:
        raise ErasedBefore(at)
    allow(account_id=account.pk, marks=[*marks, *(("phone", phone_forms(each)[1]) for each in phones)])
    audit(account=account, origin=origin, action="person.allowed_again")


def _document(typed: str) -> str:
    """A CNPJ's 14 characters; what is none is kept as it is written: forms and the API refuse it before."""
    try:
        return read_cnpj(typed)
    except Unreadable:
        return typed.strip()


def _save_person(person: Person, fields: Sequence[str] | None) -> None:
    try:
        with transaction.atomic():
            person.save() if fields is None else save(person, fields)
    except IntegrityError:
        other = (
            Person.unscoped.filter(
                account_id=person.account_id,
                email_key=person.email_key,
                is_ghost=False,
                deleted_at=None,
            )
            .exclude(pk=person.pk)
            .first()
        )
        if not person.email_key or other is None:
            raise
        raise EmailTaken(other) from None


def _change_phones(owner: Person | Company, phones: Sequence[str] | None) -> dict[str, list[Any]]:
    """Writes the numbers when they differ; returns the difference for the journal. None leaves them."""
    before = list(owner.phones.values_list("typed", flat=True)) if phones is not None else []
    if phones is None or before == list(phones):
        return {}
    _write_phones(owner, phones)
    return {"phones": [before, list(phones)]}


def _write_phones(owner: Person | Company, phones: Sequence[str]) -> None:
    owner.phones.all().delete()
    rows = []
    for position, typed in enumerate(dict.fromkeys(phone.strip() for phone in phones if phone.strip())):
        e164, key = phone_forms(typed)
        link = {"person": owner} if isinstance(owner, Person) else {"company": owner}
        rows.append(
            Phone(account_id=owner.account_id, typed=typed, e164=e164, key=key, position=position, **link)
        )
    Phone.unscoped.bulk_create(rows)
