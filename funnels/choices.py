"""Custom values that point at rows: users, products, clients and files, looked up in the account only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, User
from funnels import queries, values
from funnels.fields import FieldType, Unreadable, search_key
from funnels.models import Company, CustomField, Person, Product, StoredFile

POINTING = {FieldType.USER, FieldType.PRODUCT, FieldType.CLIENT, FieldType.IMAGE, FieldType.ATTACHMENT}
FILES = {FieldType.IMAGE, FieldType.ATTACHMENT}


class Missing(Unreadable):
    """An id that belongs to nobody who can be chosen here."""


@dataclass(frozen=True, kw_only=True)
class Named:
    """What the rows are called that some values point at, by id; for files the row itself."""

    users: Mapping[int, str] = field(default_factory=dict)
    products: Mapping[int, str] = field(default_factory=dict)
    persons: Mapping[int, str] = field(default_factory=dict)
    companies: Mapping[int, str] = field(default_factory=dict)
    files: Mapping[int, StoredFile] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()  # clients that were deleted, as canonical text

    def name(self, type: str, text: str) -> str:
        """The name behind canonical text of a pointing type; blank when nobody is there."""
        kind, number = _pointed(type, text)
        if kind == "file":
            file = self.files.get(number)
            return file.name if file and (type != FieldType.IMAGE or file.is_image) else ""
        return _NAMES[kind](self).get(number, "") if kind else ""

    def words(self, type: str, text: str) -> str:
        """Canonical text of any type as people read it; what points nowhere is shown as it is."""
        if type not in POINTING:
            return values.shown(type, text)
        return self.name(type, text) or text


_NAMES: dict[str, Callable[[Named], Mapping[int, str]]] = {
    "user": lambda named: named.users,
    "product": lambda named: named.products,
    "person": lambda named: named.persons,
    "company": lambda named: named.companies,
}


def option_names(field: CustomField) -> list[str]:
    """A field's options as text; partners' fields keep them as {"value", …}."""
    return [one if isinstance(one, str) else str(one.get("value", "")) for one in field.options]


def named(account: Account | int, pointers: Iterable[tuple[str, str]], *, choosable: bool = False) -> Named:
    """The names behind (type, canonical text) pairs: one query for each kind of row that they mention.

    `choosable` leaves out what nobody can choose any more: deleted rows, ghosts, members who have left.
    """
    account_id = account if isinstance(account, int) else account.pk
    wanted: dict[str, set[int]] = {}
    for type, text in pointers:
        kind, number = _pointed(type, text)
        if kind:
            wanted.setdefault(kind, set()).add(number)
    found: dict[str, Any] = {}
    gone: set[str] = set()
    for kind, ids in wanted.items():
        rows = _rows(account_id, kind, choosable=choosable).filter(pk__in=ids)
        if kind == "file":
            found["files"] = {row.pk: row for row in rows}
        else:
            plural = "companies" if kind == "company" else f"{kind}s"
            if kind in ("person", "company"):
                listed = list(rows.values_list("pk", "name", "deleted_at"))
                found[plural] = {pk: name for pk, name, _at in listed}
                gone |= {f"{kind}:{pk}" for pk, _name, at in listed if at is not None}
            else:
                found[plural] = dict(rows.values_list("pk", "name"))
    return Named(**found, gone=frozenset(gone))


def checked(account: Account, field: CustomField, text: str) -> str:
    """The canonical text of what was typed into the field, its row looked up; raises Unreadable.

    Missing (an Unreadable) says that the id is nobody's who can be chosen in this account.
    """
    good, bad = checked_all(account, [(field, text)])
    if bad:
        raise bad[field.key]
    return good[field.key]


def checked_all(
    account: Account, typed: Iterable[tuple[CustomField, str]]
) -> tuple[dict[str, str], dict[str, Unreadable]]:
    """Canonical text by field key, and what was wrong by field key; at most five queries in all."""
    good: dict[str, str] = {}
    bad: dict[str, Unreadable] = {}
    pointing: list[tuple[CustomField, str]] = []
    for each, text in typed:
        try:
            good[each.key] = values.canonical(each.type, text, options=option_names(each))
        except Unreadable as unreadable:
            bad[each.key] = unreadable
        else:
            if each.type in POINTING and good[each.key]:
                pointing.append((each, good[each.key]))
    names = named(account, ((each.type, text) for each, text in pointing), choosable=True)
    for each, text in pointing:
        if not names.name(each.type, text):
            bad[each.key] = Missing(str(_SENTENCES[each.type]()))
            del good[each.key]
        elif each.type == FieldType.USER and each.options and text not in option_names(each):
            words = _("“%(name)s” cannot be chosen here: choose one of the users that the field offers.")
            bad[each.key] = Unreadable(words % {"name": names.name(each.type, text)})
            del good[each.key]
    return good, bad


def from_words(account: Account, field: CustomField, text: str) -> str:
    """As `checked`, and users, products and clients may be given by their name (M48).

    A user also by her e-mail, a product also by its code. Raises Unreadable for a name that nobody or
    more than one bears.
    """
    typed = text.strip()
    if field.type not in POINTING - FILES or not typed:
        return checked(account, field, text)
    try:
        return checked(account, field, typed)
    except Unreadable:
        found = _by_name(account, field.type, typed)
    if len(found) != 1:
        words = (
            _("There are several called “%(name)s”.")
            if found
            else _("Nobody and nothing is called “%(name)s”.")
        )
        raise Unreadable(words % {"name": typed[:120]})
    return found[0]


def only(account: Account, type: str, words: str) -> str:
    """The canonical text of the one user, product or client of that name; blank for none or several."""
    found = _by_name(account, type, words.strip())
    return found[0] if len(found) == 1 else ""


def _by_name(account: Account, type: str, typed: str) -> list[str]:
    """Canonical texts of the first two rows of that name."""
    key = search_key(typed)
    if type == FieldType.USER:
        members = queries.members(account).values_list("pk", "name", "email")
        return [str(pk) for pk, name, email in members if key in (search_key(name), search_key(email))][:2]
    if type == FieldType.PRODUCT:
        rows = queries.living_products(account).filter(Q(name_key=key) | Q(code__iexact=typed))
        return [str(pk) for pk in rows.order_by("id").values_list("pk", flat=True)[:2]]
    clients: Sequence[tuple[str, QuerySet[Any]]] = (
        ("company", queries.living_companies(account)),
        ("person", queries.contacts(account)),
    )
    return [
        f"{kind}:{pk}"
        for kind, rows in clients
        for pk in rows.filter(name_key=key).order_by("id").values_list("pk", flat=True)[:2]
    ]


def _pointed(type: str, text: str) -> tuple[str, int]:
    """What kind of row a canonical text points at, and its id; ("", 0) for text that points at nothing."""
    kind, _colon, number = text.rpartition(":")
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        return "", 0
    if type == FieldType.CLIENT:
        return (kind, int(number)) if kind in ("person", "company") else ("", 0)
    known = {FieldType.USER: "user", FieldType.PRODUCT: "product"} | dict.fromkeys(FILES, "file")
    return ("", 0) if kind or type not in known else (known[FieldType(type)], int(number))


def _rows(account_id: int, kind: str, *, choosable: bool) -> QuerySet[Any]:
    if kind == "user":
        if choosable:
            return queries.members(account_id)
        return User.objects.filter(memberships__account_id=account_id)
    model = {"product": Product, "person": Person, "company": Company, "file": StoredFile}[kind]
    rows = model.objects.of(account_id)
    if choosable and kind != "file":
        rows = rows.filter(deleted_at=None)
    return rows.filter(is_ghost=False) if choosable and kind == "person" else rows


_SENTENCES: dict[str, Callable[[], str]] = {
    FieldType.USER: lambda: _("Choose someone who is an active member of this account."),
    FieldType.PRODUCT: lambda: _("Choose one of the account's products."),
    FieldType.CLIENT: lambda: _("Choose a person or a company of this account."),
    FieldType.IMAGE: lambda: _("Choose an image that was uploaded to this account."),
    FieldType.ATTACHMENT: lambda: _("Choose a file that was uploaded to this account."),
}
