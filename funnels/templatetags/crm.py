"""Money, phones, initials, days and form fields as the CRM's templates show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import phonenumbers
from django import template
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from funnels import values
from funnels.models import Phone

register = template.Library()


@register.filter
def money(value: Decimal | None) -> str:
    """R$ 1.234,56."""
    return values.money(value)


@register.filter
def quantity(value: Decimal) -> str:
    """1.5 as 1,5 and 2.000 as 2."""
    return values.grouped(value.normalize() if value % 1 else value.quantize(Decimal(1)))


@register.filter
def cnpj(text: str) -> str:
    """12.345.678/0001-90."""
    return values.show_cnpj(text)


@register.filter
def phone(row: Phone) -> str:
    """(11) 98765-4321 for Brazil, +1 415-555-0100 for elsewhere, as typed where it is no number."""
    if not row.e164:
        return row.typed
    try:
        number = phonenumbers.parse(row.e164)
    except phonenumbers.NumberParseException:
        return row.typed
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(
        number, form.NATIONAL if number.country_code == 55 else form.INTERNATIONAL
    )


@register.filter
def initials(name: object) -> str:
    """ "Ana Souza" → "AS"; one word gives its first two letters."""
    words = [word for word in str(name).replace("@", " ").split() if word[0].isalnum()]
    letters = words[0][:2] if len(words) == 1 else "".join(word[0] for word in (words[:1] + words[-1:]))
    return letters.upper()


@register.filter
def hue(pk: int) -> int:
    """A steady colour for a person, in degrees."""
    return pk * 67 % 360


@register.filter
def days(since: datetime) -> str:
    """How long ago in whole days of the active zone: today, 1 day, 12 days."""
    count = (timezone.localdate() - timezone.localtime(since).date()).days
    return ngettext("%(n)s day", "%(n)s days", count) % {"n": count} if count > 0 else _("today")


@register.filter
def day_count(since: datetime) -> int:
    """The same as a number, for marking cards that wait too long."""
    return (timezone.localdate() - timezone.localtime(since).date()).days


@register.filter
def item(mapping: Mapping[Any, Any], key: Any) -> Any:
    """mapping[key], or nothing."""
    return mapping.get(key)


@register.inclusion_tag("funnels/parts/field.html")
def field(bound: BoundField, wide: bool = False, autofocus: bool = False) -> dict[str, Any]:
    """A form field with label, input, help and errors."""
    if autofocus:
        bound.field.widget.attrs["autofocus"] = True
    return {"bound": bound, "wide": wide}


@register.inclusion_tag("funnels/parts/picker.html")
def picker(bound: BoundField, text: BoundField, kind: str, create: bool = True) -> dict[str, Any]:
    """A search box that chooses a person or a company, or takes a new name; a text box without scripts."""
    return {"bound": bound, "text": text, "kind": kind, "create": create}


@register.inclusion_tag("funnels/parts/custom.html")
def custom_fields(rows: Sequence[Any]) -> dict[str, Any]:
    """Custom fields for reading, with a lock on those that people cannot write."""
    return {"rows": rows}
