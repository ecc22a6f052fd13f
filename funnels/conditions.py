"""Conditions on a card: which fields and operators it offers, and whether they hold (M26, S8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import Account, Membership
from funnels import choices as chosen
from funnels import currencies
from funnels.fields import FieldType
from funnels.models import Company, CustomField, Deal, DealProduct, Person, Phone, Stage
from funnels.operators import OPERATORS, OPERATORS_OF, TEXTS


@dataclass(frozen=True, kw_only=True)
class FilterField:
    """A field that filters can ask about; `choices` are (canonical text, label) where they are known."""

    key: str
    label: str
    group: str
    type: str
    choices: Sequence[tuple[str, str]] = ()

    @property
    def operators(self) -> Sequence[str]:
        """The operators that fit the field's type."""
        return OPERATORS_OF.get(self.type, TEXTS)


# Of a card's products and further contacts several are seen: one that fits is enough, what denies must hold
# for every one.
SEVERAL = {"products.name", "products.code", "products.price", "products.quantity", "deal.related"}
SEPARATOR = "\n"  # no name and no code has one
DENYING = {"lacks", "differs", "number_is_not", "blank"}

# Compared by what their rows are called, not by ids that nobody knows; so a text is what is typed.
BY_NAME = {FieldType.CLIENT, FieldType.PRODUCT}
AS_TEXT = BY_NAME | {FieldType.DEVELOPER}


def evaluate(
    filters: Mapping[str, Any], values: Mapping[str, str | None]
) -> tuple[bool, list[dict[str, Any]]]:
    """Whether the filters hold, and each rule with what it saw (X1); pure, no I/O (M26).

    `filters` is {"all": bool, "rules": [{"field", "operator", "value"}]}; no rules hold always. A field that
    is gone or an operator that nobody knows does not hold: a filter that cannot be read lets nothing through.
    """
    seen = [_look(rule, values) for rule in filters.get("rules", ())]
    together = all if filters.get("all", True) else any
    return (together(entry["passed"] for entry in seen) if seen else True), seen


def _look(rule: Mapping[str, Any], values: Mapping[str, str | None]) -> dict[str, Any]:
    key, wanted = str(rule.get("field", "")), str(rule.get("value") or "")
    operator = OPERATORS.get(str(rule.get("operator", "")))
    known = operator is not None and key in values
    slug, saw = str(rule.get("operator", "")), values.get(key) or ""
    parts = saw.split(SEPARATOR) if key in SEVERAL else [saw]
    together = all if slug in DENYING else any
    passed = operator is not None and known and together(operator.holds(part, wanted) for part in parts)
    shown = ", ".join(filter(None, parts)) if key in SEVERAL else saw
    return {
        "field": key,
        "operator": slug,
        "value": wanted,
        "saw": shown if known else None,
        "passed": passed,
    }


def deal_values(deal: Deal) -> dict[str, str]:
    """What filters compare: every field of the card, its products, person and company, by key (M26).

    Keys are "<entity>.<field>" and "<entity>.custom.<key>"; values are canonical text, clients and products
    by their names, days in the account's time zone, what a card lacks is "". SEVERAL have one a line.
    """
    person, company = deal.person, deal.company
    custom = CustomField.unscoped.filter(account_id=deal.account_id).values_list("entity", "key", "type")
    goods = DealProduct.unscoped.filter(deal=deal).order_by("id")
    phones = Phone.unscoped.filter(account_id=deal.account_id)
    values = {
        "deal.title": deal.title,
        "deal.amount": "" if deal.amount is None else str(deal.amount),
        "deal.owner": str(deal.owner_id or ""),
        "deal.stage": str(deal.stage_id),
        "deal.status": str(deal.status),
        "person.name": person.name if person else "",
        "person.email": person.email if person else "",
        "person.phone": _joined(phones.filter(person=person)) if person else "",
        "company.name": company.name if company else "",
        "company.document": company.document if company else "",
        "company.phone": _joined(phones.filter(company=company)) if company else "",
        **_beside(deal),
        **_product_values(list(goods.values_list("product__name", "product__code", "price", "quantity"))),
    }
    rows: Mapping[str, Deal | Person | Company | None] = {"deal": deal, "person": person, "company": company}
    pointing: list[tuple[str, str, str]] = []
    for entity, key, type in custom:
        row = rows.get(entity)
        text = str(row.custom.get(key) or "") if row is not None else ""
        values[f"{entity}.custom.{key}"] = text
        if type in BY_NAME and text:
            pointing.append((f"{entity}.custom.{key}", type, text))
    names = chosen.named(deal.account_id, ((type, text) for _key, type, text in pointing))
    return values | {key: names.words(type, text) for key, type, text in pointing}


def _beside(deal: Deal) -> dict[str, str]:
    """The number, the card's days and what other rows tell of it, in one query."""
    columns = ("account__time_zone", "loss_reason__name", "related_contacts__person__name")
    rows = list(Deal.unscoped.filter(pk=deal.pk).order_by("related_contacts").values_list(*columns))
    zone = ZoneInfo(rows[0][0] if rows else "UTC")

    def day(moment: datetime | None) -> str:
        return "" if moment is None else moment.astimezone(zone).date().isoformat()

    return {
        "deal.number": str(deal.number),
        "deal.created": day(deal.created_at),
        "deal.entered": day(deal.entered_stage_at),
        "deal.closed": day(deal.closed_at),
        "deal.loss_reason": (rows[0][1] if rows else "") or "",
        "deal.related": _lines(name for _zone, _reason, name in rows),
    }


def _product_values(goods: Sequence[tuple[Any, ...]]) -> dict[str, str]:
    return {
        "products.name": _lines(name for name, *_rest in goods),
        "products.code": _lines(code for _name, code, *_rest in goods),
        "products.price": _lines(price for *_rest, price, _quantity in goods),
        "products.quantity": _lines(quantity for *_rest, quantity in goods),
        "products.count": str(len(goods)),
    }


def _lines(values: Iterable[Any]) -> str:
    """One a line; of a product without a price its line is blank."""
    return SEPARATOR.join(" ".join(str("" if value is None else value).split()) for value in values)


def _joined(phones: Iterable[Phone]) -> str:
    return ", ".join(phone.typed for phone in phones)


def fields_for(account: Account) -> list[FilterField]:
    """The fields that this account's cards can be filtered by, in the order they are offered (M26)."""
    deal, person, company, products = _("Deal"), _("Person"), _("Company"), _("Products")
    users = [
        (str(user), str(name))
        for user, name in Membership.objects.of(account)
        .order_by("user__name")
        .values_list("user", "user__name")
    ]
    stages = [
        (str(stage.pk), f"{stage.funnel.name} · {stage.name}")
        for stage in Stage.objects.of(account).select_related("funnel").order_by("funnel", "position")
    ]
    statuses = [(str(value), str(label)) for value, label in Deal.Status.choices]
    rows = [
        ("deal.title", _("Title"), deal, FieldType.TEXT, ()),
        ("deal.amount", _("Value"), deal, FieldType.CURRENCY, ()),
        ("deal.owner", _("Owner"), deal, FieldType.USER, users),
        ("deal.stage", _("Stage"), deal, FieldType.OPTIONS, stages),
        ("deal.status", _("Status"), deal, FieldType.OPTIONS, statuses),
        ("deal.number", _("Number"), deal, FieldType.INTEGER, ()),
        ("deal.created", _("Created on"), deal, FieldType.DATE, ()),
        ("deal.entered", _("In this stage since"), deal, FieldType.DATE, ()),
        ("deal.closed", _("Closed on"), deal, FieldType.DATE, ()),
        ("deal.loss_reason", _("Loss reason"), deal, FieldType.TEXT, ()),
        ("deal.related", _("Related contacts"), deal, FieldType.TEXT, ()),
        ("person.name", _("Name"), person, FieldType.TEXT, ()),
        ("person.email", _("E-mail"), person, FieldType.TEXT, ()),
        ("person.phone", _("Phone"), person, FieldType.TEXT, ()),
        ("company.name", _("Name"), company, FieldType.TEXT, ()),
        ("company.document", _("CNPJ"), company, FieldType.TEXT, ()),
        ("company.phone", _("Phone"), company, FieldType.TEXT, ()),
        ("products.name", _("Name"), products, FieldType.TEXT, ()),
        ("products.code", _("Code"), products, FieldType.TEXT, ()),
        ("products.price", _("Unit price"), products, FieldType.CURRENCY, ()),
        ("products.quantity", _("Quantity"), products, FieldType.DECIMAL, ()),
        ("products.count", _("How many products"), products, FieldType.INTEGER, ()),
    ]
    symbols = currencies.choices()
    groups = {"deal": deal, "person": person, "company": company}
    for field in CustomField.objects.of(account):
        options = [(option, option) for option in chosen.option_names(field)]
        choices = {FieldType.USER: users, FieldType.CURRENCY_SYMBOL: symbols}.get(field.type, options)
        type = FieldType.TEXT if field.type in AS_TEXT else field.type
        rows.append((f"{field.entity}.custom.{field.key}", field.label, groups[field.entity], type, choices))
    fields = [FilterField(key=k, label=str(la), group=g, type=str(t), choices=c) for k, la, g, t, c in rows]
    order = {"deal": 0, "products": 1, "person": 2, "company": 3}
    return sorted(fields, key=lambda field: order[field.key.partition(".")[0]])
