"""The filters of an automation: which fields and operators a card offers, and whether they hold (M26)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account, Membership
from funnels.fields import FieldType, search_key
from funnels.models import Company, CustomField, Deal, Person, Phone, Stage

Words = str | Promise


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One comparison of canonical texts: `holds(seen, wanted)`; some need no value (`needs_value`)."""

    label: Words
    holds: Callable[[str, str], bool]
    needs_value: bool = True


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


def _number(text: str) -> Decimal | None:
    """Canonical decimal text as a number; None when it is none, so that no comparison holds."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _compare(holds: Callable[[Any, Any], bool]) -> Callable[[str, str], bool]:
    def numbers(seen: str, wanted: str) -> bool:
        left, right = _number(seen), _number(wanted)
        return left is not None and right is not None and holds(left, right)

    return numbers


def _order(holds: Callable[[Any, Any], bool]) -> Callable[[str, str], bool]:
    """ISO dates and times order as their text does; a blank one is neither before nor after."""

    def texts(seen: str, wanted: str) -> bool:
        return bool(seen and wanted) and holds(seen, wanted)

    return texts


def _ticked(seen: str) -> bool:
    return search_key(seen) in {"true", "1", "yes", "sim"}


OPERATORS: Mapping[str, Operator] = {
    "equals": Operator(
        label=gettext_lazy("is equal to"), holds=lambda seen, wanted: search_key(seen) == search_key(wanted)
    ),
    "differs": Operator(
        label=gettext_lazy("is different from"),
        holds=lambda seen, wanted: search_key(seen) != search_key(wanted),
    ),
    "contains": Operator(
        label=gettext_lazy("contains"), holds=lambda seen, wanted: search_key(wanted) in search_key(seen)
    ),
    "lacks": Operator(
        label=gettext_lazy("does not contain"),
        holds=lambda seen, wanted: search_key(wanted) not in search_key(seen),
    ),
    "starts": Operator(
        label=gettext_lazy("starts with"),
        holds=lambda seen, wanted: search_key(seen).startswith(search_key(wanted)),
    ),
    "is": Operator(label=gettext_lazy("is"), holds=lambda seen, wanted: seen == wanted),
    "is_not": Operator(label=gettext_lazy("is not"), holds=lambda seen, wanted: seen != wanted),
    "number_is": Operator(label=gettext_lazy("is equal to"), holds=_compare(lambda a, b: a == b)),
    "number_is_not": Operator(
        label=gettext_lazy("is different from"),
        holds=lambda seen, wanted: not _compare(lambda a, b: a == b)(seen, wanted),
    ),
    "more": Operator(label=gettext_lazy("is greater than"), holds=_compare(lambda a, b: a > b)),
    "at_least": Operator(label=gettext_lazy("is at least"), holds=_compare(lambda a, b: a >= b)),
    "less": Operator(label=gettext_lazy("is less than"), holds=_compare(lambda a, b: a < b)),
    "at_most": Operator(label=gettext_lazy("is at most"), holds=_compare(lambda a, b: a <= b)),
    "on": Operator(label=gettext_lazy("is on"), holds=_order(lambda a, b: a == b)),
    "before": Operator(label=gettext_lazy("is before"), holds=_order(lambda a, b: a < b)),
    "after": Operator(label=gettext_lazy("is after"), holds=_order(lambda a, b: a > b)),
    "ticked": Operator(
        label=gettext_lazy("is ticked"), holds=lambda seen, _wanted: _ticked(seen), needs_value=False
    ),
    "unticked": Operator(
        label=gettext_lazy("is not ticked"), holds=lambda seen, _wanted: not _ticked(seen), needs_value=False
    ),
    "filled": Operator(
        label=gettext_lazy("is filled in"), holds=lambda seen, _wanted: bool(seen.strip()), needs_value=False
    ),
    "blank": Operator(
        label=gettext_lazy("is blank"), holds=lambda seen, _wanted: not seen.strip(), needs_value=False
    ),
}

_FILLED = ("filled", "blank")
TEXTS = ("contains", "lacks", "equals", "differs", "starts", *_FILLED)
_NUMBERS = ("number_is", "number_is_not", "more", "at_least", "less", "at_most", *_FILLED)
_CHOICES = ("is", "is_not", *_FILLED)
_TIMES = ("on", "before", "after", *_FILLED)
OPERATORS_OF: Mapping[str, Sequence[str]] = {
    FieldType.INTEGER: _NUMBERS,
    FieldType.CURRENCY: _NUMBERS,
    FieldType.DECIMAL: _NUMBERS,
    FieldType.PERCENT: _NUMBERS,
    FieldType.OPTIONS: _CHOICES,
    FieldType.USER: _CHOICES,
    FieldType.CURRENCY_SYMBOL: _CHOICES,
    FieldType.DATE: _TIMES,
    FieldType.TIME: _TIMES,
    FieldType.CHECKBOX: ("ticked", "unticked"),
    FieldType.IMAGE: _FILLED,
    FieldType.ATTACHMENT: _FILLED,
}


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
    saw = values.get(key) or ""
    passed = operator is not None and known and operator.holds(saw, wanted)
    return {
        "field": key,
        "operator": str(rule.get("operator", "")),
        "value": wanted,
        "saw": saw if known else None,
        "passed": passed,
    }


def deal_values(deal: Deal) -> dict[str, str]:
    """What filters compare: every field of the card, its person and its company, as canonical text by key.

    Keys are "<entity>.<field>" and "<entity>.custom.<key>"; what a card lacks is "" (M26).
    """
    person, company = deal.person, deal.company
    custom = CustomField.unscoped.filter(account_id=deal.account_id).values_list("entity", "key")
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
    }
    rows: Mapping[str, Deal | Person | Company | None] = {"deal": deal, "person": person, "company": company}
    for entity, key in custom:
        row = rows.get(entity)
        values[f"{entity}.custom.{key}"] = str(row.custom.get(key) or "") if row is not None else ""
    return values


def _joined(phones: Iterable[Phone]) -> str:
    return ", ".join(phone.typed for phone in phones)


def fields_for(account: Account) -> list[FilterField]:
    """The fields that this account's cards can be filtered by, in the order they are offered (M26)."""
    deal, person, company = _("Deal"), _("Person"), _("Company")
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
        ("person.name", _("Name"), person, FieldType.TEXT, ()),
        ("person.email", _("E-mail"), person, FieldType.TEXT, ()),
        ("person.phone", _("Phone"), person, FieldType.TEXT, ()),
        ("company.name", _("Name"), company, FieldType.TEXT, ()),
        ("company.document", _("CNPJ"), company, FieldType.TEXT, ()),
        ("company.phone", _("Phone"), company, FieldType.TEXT, ()),
    ]
    groups = {"deal": deal, "person": person, "company": company}
    for field in CustomField.objects.of(account):
        choices = users if field.type == FieldType.USER else [(str(o), str(o)) for o in field.options]
        rows.append(
            (f"{field.entity}.custom.{field.key}", field.label, groups[field.entity], field.type, choices)
        )
    fields = [FilterField(key=k, label=str(la), group=g, type=str(t), choices=c) for k, la, g, t, c in rows]
    order = {"deal": 0, "person": 1, "company": 2}
    return sorted(fields, key=lambda field: order[field.key.partition(".")[0]])
