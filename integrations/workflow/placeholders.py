"""{deal.title} and its like in the texts of automations: which there are, and a card's words for them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from accounts.models import Account, User
from funnels import choices
from funnels.conditions import FilterField, deal_values, fields_for
from funnels.fields import FieldType
from funnels.models import Deal

_PLACE = re.compile(r"\{([a-z]+(?:\.[A-Za-z0-9_-]+)+)\}")
NUMBER = "deal.number"


def unknown(text: str, fields: Iterable[FilterField]) -> str:
    """The first {placeholder} of the text that names no field of the account, or ""."""
    keys = {NUMBER, *(field.key for field in fields)}
    return next((key for key in _PLACE.findall(text) if key not in keys), "")


def has_any(text: str) -> bool:
    """Whether the text names fields."""
    return _PLACE.search(text) is not None


def filled(text: str, *, deal: Deal, account: Account) -> str:
    """The text with the card's values in words; what the card lacks leaves nothing."""
    if not has_any(text):
        return text
    values = deal_values(deal)
    types = {field.key: field for field in fields_for(account)}
    return _PLACE.sub(lambda found: _words(found[1], values, types, deal, account), text)


def _words(
    key: str, values: dict[str, str], known: dict[str, FilterField], deal: Deal, account: Account
) -> str:
    if key == NUMBER:
        return str(deal.number)
    text = values.get(key, "")
    field = known.get(key)
    if not text or field is None:
        return text
    labels = dict(field.choices)
    if text in labels:
        return str(labels[text]).rpartition(" · ")[2] if key == "deal.stage" else str(labels[text])
    if field.type == FieldType.USER:  # an owner who has left is in no list
        return str(User.objects.filter(pk=text, memberships__account=account).first() or "")
    names = choices.named(account, [(field.type, text)])
    lines = (names.words(field.type, line) for line in text.split("\n"))
    return ", ".join(filter(None, lines))
