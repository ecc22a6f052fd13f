"""Comparisons of canonical texts, and which of them fit a field's type (M26)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from funnels.fields import FieldType, search_key

Words = str | Promise


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One comparison of canonical texts: `holds(seen, wanted)`; some need no value (`needs_value`)."""

    label: Words
    holds: Callable[[str, str], bool]
    needs_value: bool = True


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
