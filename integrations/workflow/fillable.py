"""The fields of a card, its person and its company that an automation may fill in, watch or wait for (S7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.origin import Origin
from funnels import choices, currencies, queries, services
from funnels.conditions import fields_for
from funnels.documents import read_cnpj
from funnels.fields import FieldType, Unreadable
from funnels.models import CustomField, Deal
from funnels.values import canonical

TEXTS = (FieldType.TEXT, FieldType.LONG_TEXT, FieldType.ADDRESS)
_LENGTHS = {"deal.title": 200, "person.name": 200, "company.name": 200}
_BUILT_IN: dict[str, str] = {  # key → its type
    "deal.title": FieldType.TEXT,
    "deal.amount": FieldType.CURRENCY,
    "person.name": FieldType.TEXT,
    "person.email": FieldType.TEXT,
    "company.name": FieldType.TEXT,
    "company.document": FieldType.CNPJ,
}
NOT_WATCHED = frozenset(
    f"deal.{name}"
    for name in ("stage", "status", "number", "created", "entered", "closed", "loss_reason", "related")
) | frozenset(f"products.{name}" for name in ("name", "code", "price", "quantity", "count"))


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field by the name that filters give it; `choices`: (canonical text, label) where they are known."""

    key: str
    label: str
    group: str
    type: str
    choices: Sequence[tuple[str, str]] = ()
    custom: CustomField | None = None

    @property
    def entity(self) -> str:
        """deal · person · company."""
        return self.key.partition(".")[0]

    @property
    def takes_placeholders(self) -> bool:
        """Whether what is typed is a text that may name other fields."""
        return self.type in TEXTS

    def read(self, account: Account, typed: str) -> str:
        """The canonical text of what was typed; raises Unreadable."""
        if self.custom is not None:
            return choices.checked(account, self.custom, typed)
        text = read_cnpj(typed.strip()) if self.type == FieldType.CNPJ else canonical(self.type, typed)
        if len(text) > _LENGTHS.get(self.key, 250):
            words = _("It has %(count)s characters; %(most)s at most.")
            raise Unreadable(words % {"count": len(text), "most": _LENGTHS[self.key]})
        if self.key == "person.email":
            try:
                validate_email(text)
            except ValidationError:
                raise Unreadable(_("Write an e-mail address, such as ana@empresa.com.br.")) from None
        return text


def fields(account: Account) -> list[Field]:
    """What people may fill in, in the order it is offered: no file, and nothing that integrations own."""
    known = {each.key: each for each in fields_for(account)}
    rows = [
        Field(key=key, label=known[key].label, group=known[key].group, type=type)
        for key, type in _BUILT_IN.items()
    ]
    for custom in CustomField.objects.of(account).filter(writer=CustomField.Writer.PEOPLE):
        key = f"{custom.entity}.custom.{custom.key}"
        if custom.type in choices.FILES:
            continue
        options = [(option, option) for option in choices.option_names(custom)]
        rows.append(
            Field(
                key=key,
                label=custom.label,
                group=known[key].group,
                type=custom.type,
                choices=_listed(account, custom, options),
                custom=custom,
            )
        )
    order = ("deal", "person", "company")
    return sorted(rows, key=lambda field: order.index(field.entity))


def _listed(account: Account, custom: CustomField, options: list[tuple[str, str]]) -> list[tuple[str, str]]:
    if custom.type == FieldType.CURRENCY_SYMBOL:
        return currencies.choices()
    if custom.type == FieldType.CHECKBOX:
        return [("true", _("Yes")), ("false", _("No"))]
    if custom.type == FieldType.USER:
        allowed = {option for option, _label in options}
        members = [(str(user.pk), str(user)) for user in queries.members(account)]
        return [one for one in members if not allowed or one[0] in allowed]
    return options if custom.type == FieldType.OPTIONS else []


def watched(account: Account) -> list[tuple[str, str, str]]:
    """(group, key, label) of every field whose change is noticed."""
    deal = _("Deal")
    rows = [(each.group, each.key, each.label) for each in fields_for(account) if each.key not in NOT_WATCHED]
    more = [
        (deal, "deal.person", _("Main contact")),
        (deal, "deal.company", _("Company")),
        (deal, "deal.products", _("Products")),
    ]
    at = len([row for row in rows if row[1].startswith("deal.")])
    return [*rows[:at], *more, *rows[at:]]


def dates(account: Account) -> list[tuple[str, str]]:
    """(value, label) of what has a deadline: an open task, or a date field of the card."""
    custom = CustomField.objects.of(account).filter(entity="deal", type=FieldType.DATE)
    return [
        ("task", _("A task of the card is overdue")),
        *((f"deal.custom.{field.key}", field.label) for field in custom),
    ]


def fill(*, deal: Deal, field: Field, text: str, origin: Origin) -> None:
    """Writes canonical text into the field through its service; raises NotAllowed in words."""
    name = field.key.partition(".")[2]
    value: Any = {field.custom.key: text} if field.custom is not None else text
    if field.key == "deal.amount":
        value = Decimal(text)
    values = {"custom" if field.custom is not None else name: value}
    _WRITERS[field.entity](deal, values, origin)


def _of_deal(deal: Deal, values: dict[str, Any], origin: Origin) -> None:
    services.update_deal(deal=deal, origin=origin, **values)


def _of_person(deal: Deal, values: dict[str, Any], origin: Origin) -> None:
    if deal.person is None or deal.person.deleted_at is not None:
        raise services.NotAllowed(_("The card has no main contact whose field could be filled in."))
    services.update_person(person=deal.person, origin=origin, **values)


def _of_company(deal: Deal, values: dict[str, Any], origin: Origin) -> None:
    if deal.company is None or deal.company.deleted_at is not None:
        raise services.NotAllowed(_("The card has no company whose field could be filled in."))
    services.update_company(company=deal.company, origin=origin, **values)


_WRITERS: dict[str, Callable[[Deal, dict[str, Any], Origin], None]] = {
    "deal": _of_deal,
    "person": _of_person,
    "company": _of_company,
}
