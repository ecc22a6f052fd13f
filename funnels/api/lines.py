"""The products of a card in a body: every product of the list looked up in one query."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.modules import module_on, off_words
from accounts.rest.fields import ScopedRelation, Strict, no_such, read_id, rows_of
from funnels.models import Product

MOST = 200


class ProductLines(serializers.ListSerializer[Any]):
    """The lines, without one query for each."""

    def to_internal_value(self, data: Any) -> Any:
        """The lines as dictionaries; raises NotHere for a product that is nobody's in this account.

        A deleted one is taken where it stands on the card already. While the module is off, no list is taken,
        not even an empty one: its rows stay (S4).
        """
        account = self.context["request"].account
        if not module_on(account, "products"):
            raise serializers.ValidationError(off_words("products"), code="module_off")
        given = data if isinstance(data, list) else []
        if len(given) > MOST:
            raise serializers.ValidationError(_("At most %(most)s products.") % {"most": MOST})
        ids = [read_id(line.get("product")) if isinstance(line, dict) else None for line in given]
        named = {one for one in ids if one is not None}
        self.known = rows_of(Product, account).in_bulk(named)
        if (lacking := named - self.known.keys()) and self.root.instance is not None:
            rows = rows_of(Product, account, deleted=True).filter(deals__deal=self.root.instance)
            self.known |= rows.in_bulk(lacking)
        for place, one in enumerate(ids):
            if one is not None and one not in self.known:
                raise no_such(field=f"{self.field_name}[{place}].product", model=Product, id=one)
        return super().to_internal_value(data)


class KnownProduct(ScopedRelation):
    """A product that the list has looked up already."""

    def to_internal_value(self, data: Any) -> Any:
        """The row; what is not known is looked for, so that its refusal is the usual one."""
        lines = self.parent.parent
        known = lines.known if isinstance(lines, ProductLines) else {}
        return known.get(read_id(data)) or super().to_internal_value(data)


class ProductLineBody(Strict):
    """A product for a card."""

    product = KnownProduct(Product)
    quantity = serializers.DecimalField(
        max_digits=12,
        decimal_places=3,
        min_value=Decimal("0.001"),
        required=False,
        default=Decimal(1),
        help_text="Above zero, as text.",
    )
    price = serializers.DecimalField(
        max_digits=14,
        decimal_places=2,
        min_value=Decimal(0),
        required=False,
        allow_null=True,
        help_text="Of one, in reais; the product's own when left out.",
    )

    class Meta:
        list_serializer_class = ProductLines

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A line is whole in a PATCH, too, where the framework asks for nothing."""
        if "product" not in attrs:
            raise serializers.ValidationError(
                {"product": [self.fields["product"].error_messages["required"]]}
            )
        return {"quantity": Decimal(1), **attrs}
