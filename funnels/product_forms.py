"""The forms of products: their own data, and a product on a card."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from funnels import choices, queries
from funnels.custom_widgets import product_list
from funnels.fields import FieldType
from funnels.inputs import MoneyField, QuantityField, RowPicker
from funnels.models import Product


class ProductForm(forms.Form):
    """A product's own data."""

    name = forms.CharField(label=_("Name"), max_length=200)
    code = forms.CharField(label=_("Code"), max_length=60, required=False)
    price = MoneyField(label=_("Price (R$)"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @staticmethod
    def initial_of(product: Product) -> dict[str, Any]:
        """What the form shows for a product."""
        return {
            "name": product.name,
            "code": product.code,
            "price": product.price,
            "version": product.version,
        }


class DealProductForm(forms.Form):
    """A product for a card: chosen from a list or searched for; cleans `product` to the row."""

    product = forms.CharField(label=_("Product"))
    quantity = QuantityField(label=_("Quantity"))
    price = MoneyField(label=_("Unit price (R$)"), help_text=_("Blank: the product's own price."))

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        listed = product_list(account)
        self.nothing = listed == {}
        if listed is None:
            widget: forms.Widget = RowPicker(kind="product", placeholder=gettext("Search by name or code"))
        else:
            shown = [(str(pk), name) for pk, name in listed.items()]
            widget = forms.Select(choices=[("", gettext("Choose a product")), *shown])
        self.fields["product"].widget = widget

    def clean_product(self) -> Product:
        typed = self.cleaned_data["product"]
        pk = typed if typed.isdecimal() else choices.only(self.account, FieldType.PRODUCT, typed)
        found = queries.living_products(self.account).filter(pk=pk or 0).first() if len(pk) < 19 else None
        if found is None:
            raise ValidationError(gettext("Choose one of the account's products."))
        return found
