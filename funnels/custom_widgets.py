"""The input of each type of custom field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from funnels import choices, currencies, queries
from funnels.fields import FieldType
from funnels.inputs import RowPicker, UploadInput
from funnels.models import CustomField
from funnels.values import LONGEST, LONGEST_LINE

SHORT_LIST = 200  # rows in a select; more are searched for

# Types whose inputs want the canonical text itself; the others show it in the reader's language.
RAW = choices.POINTING | {
    FieldType.DATE,
    FieldType.TIME,
    FieldType.CHECKBOX,
    FieldType.COLOR,
    FieldType.OPTIONS,
    FieldType.DEVELOPER,
    FieldType.CURRENCY_SYMBOL,
}


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the inputs offer: members, products (None: too many to list), and the names of what is stored."""

    users: Mapping[int, str]
    products: Mapping[int, str] | None
    named: choices.Named


def known_for(account: Account, fields: Sequence[CustomField], custom: Mapping[str, str]) -> Known:
    """What these fields' inputs need, in a number of queries that no row count changes."""
    types = {field.type for field in fields}
    users = queries.members(account).values_list("pk", "name") if FieldType.USER in types else ()
    return Known(
        users=dict(users),
        products=product_list(account) if FieldType.PRODUCT in types else {},
        named=choices.named(account, ((field.type, custom.get(field.key, "")) for field in fields)),
    )


def product_list(account: Account) -> dict[int, str] | None:
    """The account's products by name, None where they are too many for a select."""
    rows = queries.living_products(account).order_by("name_key", "id").values_list("pk", "name")
    found = dict(rows[: SHORT_LIST + 1])
    return found if len(found) <= SHORT_LIST else None


def widget_of(field: CustomField, text: str, known: Known) -> forms.Widget:
    """The input for a field of its type that holds this canonical text."""
    return _WIDGETS.get(field.type, _line)(field, text, known)


Made = Callable[[CustomField, str, Known], forms.Widget]


def _line(field: CustomField, text: str, known: Known) -> forms.Widget:  # noqa: ARG001
    return forms.TextInput(attrs={"maxlength": LONGEST_LINE})


def _numeric(field: CustomField, text: str, known: Known) -> forms.Widget:  # noqa: ARG001
    return forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": LONGEST_LINE})


def _document(field: CustomField, text: str, known: Known) -> forms.Widget:  # noqa: ARG001
    example = "000.000.000-00" if field.type == FieldType.CPF else "00.000.000/0000-00"
    return forms.TextInput(attrs={"placeholder": example, "autocomplete": "off", "maxlength": 20})


def _lines(field: CustomField, text: str, known: Known) -> forms.Widget:  # noqa: ARG001
    return forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST[field.type]})


def _code(field: CustomField, text: str, known: Known) -> forms.Widget:  # noqa: ARG001
    attrs = {"rows": 4, "class": "code", "spellcheck": "false", "placeholder": '{"key": "value"}'}
    return forms.Textarea(attrs={**attrs, "maxlength": LONGEST[field.type]})


def _browser(type: str) -> Made:
    def made(field: CustomField, text: str, known: Known) -> forms.Widget:  # noqa: ARG001
        return forms.TextInput(attrs={"type": type})

    return made


def _colour(field: CustomField, text: str, known: Known) -> forms.Widget:  # noqa: ARG001
    # Not type="color": that input cannot be blank, so saving would paint what nobody painted.
    return forms.TextInput(
        attrs={"placeholder": "#0a7f5a", "maxlength": 7, "data-colour": _("Choose a colour")}
    )


def _select(choices: Sequence[tuple[str, str]], text: str, words: str) -> forms.Widget:
    kept = [(text, words or text)] if text and text not in dict(choices) else []  # stored: still shown
    return forms.Select(choices=[("", "—"), *choices, *kept])


def _options(field: CustomField, text: str, known: Known) -> forms.Widget:  # noqa: ARG001
    return _select([(option, option) for option in choices.option_names(field)], text, text)


def _yes_no(field: CustomField, text: str, known: Known) -> forms.Widget:  # noqa: ARG001
    return _select([("true", str(_("Yes"))), ("false", str(_("No")))], text, text)


def _currency(field: CustomField, text: str, known: Known) -> forms.Widget:  # noqa: ARG001
    return _select(currencies.choices(), text, text)


def _user(field: CustomField, text: str, known: Known) -> forms.Widget:
    offered = {*choices.option_names(field)}  # a field may offer some users only (M16)
    users = [(str(pk), name) for pk, name in known.users.items() if not offered or str(pk) in offered]
    return _select(users, text, known.named.words(field.type, text))


def _product(field: CustomField, text: str, known: Known) -> forms.Widget:
    words = known.named.words(field.type, text)
    if known.products is not None:
        return _select([(str(pk), name) for pk, name in known.products.items()], text, words)
    return RowPicker(kind="product", words=words, value=text, placeholder=str(_("Search by name or code")))


def _client(field: CustomField, text: str, known: Known) -> forms.Widget:
    words = known.named.words(field.type, text)
    placeholder = str(_("Search persons and companies"))
    return RowPicker(kind="client", words=words, value=text, placeholder=placeholder)


def _file(field: CustomField, text: str, known: Known) -> forms.Widget:
    kept = known.named.files.get(int(text)) if text.isdecimal() else None
    return UploadInput(image=field.type == FieldType.IMAGE, kept=kept)


_WIDGETS: dict[str, Made] = {
    FieldType.LONG_TEXT: _lines,
    FieldType.ADDRESS: _lines,
    FieldType.INTEGER: _numeric,
    FieldType.CURRENCY: _numeric,
    FieldType.DECIMAL: _numeric,
    FieldType.PERCENT: _numeric,
    FieldType.CPF: _document,
    FieldType.CNPJ: _document,
    FieldType.OPTIONS: _options,
    FieldType.CHECKBOX: _yes_no,
    FieldType.CURRENCY_SYMBOL: _currency,
    FieldType.USER: _user,
    FieldType.PRODUCT: _product,
    FieldType.CLIENT: _client,
    FieldType.DATE: _browser("date"),
    FieldType.TIME: _browser("time"),
    FieldType.COLOR: _colour,
    FieldType.DEVELOPER: _code,
    FieldType.IMAGE: _file,
    FieldType.ATTACHMENT: _file,
}
