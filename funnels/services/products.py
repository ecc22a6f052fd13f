"""Products: created, changed, deleted, and put on deals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.origin import Origin
from funnels.fields import search_key
from funnels.models import Change, Deal, DealProduct, Product
from funnels.services.journal import (
    NotAllowed,
    assign,
    locked,
    note,
    refuse_other_names,
    same_account,
    save,
    tell,
)

EDITABLE = frozenset({"name", "code", "price"})
MOST_LINES = 200  # products of one deal
BIGGEST_PRICE = Decimal(10) ** 12
BIGGEST_QUANTITY = Decimal(10) ** 9


@dataclass(frozen=True, kw_only=True)
class Line:
    """A product as it stands on a deal; `price` is that of one, in reais, None where it is not agreed."""

    product: Product
    quantity: Decimal = Decimal(1)
    price: Decimal | None = None


def create_product(
    *, account: Account, name: str, origin: Origin, code: str = "", price: Decimal | None = None
) -> Product:
    """A new product; raises NotAllowed for a price that is none."""
    refuse_price(price)
    with transaction.atomic():
        product = Product.unscoped.create(
            account=account,
            name=" ".join(name.split()),
            name_key=search_key(name)[:200],
            code=" ".join(code.split()),
            price=price,
        )
        fields = {"name": [None, product.name]}
        tell([note(row=product, kind=Change.Kind.CREATED, fields=fields, origin=origin)], origin=origin)
    return product


def update_product(*, product: Product, origin: Origin, version: int | None = None, **values: Any) -> Product:
    """Changes name, code or price; TypeError for other names.

    Raises SomeoneElseChangedThis, NotAllowed for a price that is none.
    """
    refuse_other_names(values, EDITABLE)
    refuse_price(values.get("price"))
    with transaction.atomic():
        row = locked(product, version=version)
        if "name" in values:
            values["name"] = " ".join(values["name"].split())
            row.name_key = search_key(values["name"])[:200]
        if "code" in values:
            values["code"] = " ".join(values["code"].split())
        differences = assign(row, values)
        if differences:
            save(row, [*differences, "name_key"])
            tell([note(row=row, kind=Change.Kind.UPDATED, fields=differences, origin=origin)], origin=origin)
    return row


def delete_product(*, product: Product, origin: Origin, version: int | None = None) -> None:
    """Marks a product as deleted: nobody can choose it any more, deals that have it keep it."""
    with transaction.atomic():
        row = locked(product, version=version)
        if row.deleted_at is None:
            row.deleted_at = timezone.now()
            save(row, ["deleted_at"])
            tell([note(row=row, kind=Change.Kind.DELETED, fields={}, origin=origin)], origin=origin)


def set_deal_products(
    *, deal: Deal, lines: Sequence[Line], origin: Origin, version: int | None = None
) -> Deal:
    """Replaces the products of a deal; what is the same already is left as it is.

    Raises NotAllowed for a product that stands there twice or is deleted (one that the deal has may stay),
    for a quantity that is not above zero, and SomeoneElseChangedThis for an old version.
    """
    with transaction.atomic():
        row = locked(deal, version=version)
        before = {line.product_id: line for line in row.products.order_by("id")}
        refuse_lines(row.account_id, lines, known=before)
        old = [as_journal(line) for line in before.values()]
        new = [as_journal(line) for line in lines]
        if sorted(old, key=_by_product) != sorted(new, key=_by_product):
            _rewrite(row, before, lines)
            save(row, [])
            fields = {"products": [old, new]}
            tell(
                [note(row=row, kind=Change.Kind.UPDATED, fields=fields, origin=origin, deal=row)],
                origin=origin,
            )
    return row


def refuse_lines(
    account_id: int, lines: Sequence[Line], *, known: Mapping[int, DealProduct] | None = None
) -> None:
    """Raises NotAllowed for lines that no deal can have; `known` are those it has already."""
    same_account(account_id, *(line.product for line in lines))
    if len(lines) > MOST_LINES:
        raise NotAllowed(_("A card has %(most)s products at most.") % {"most": MOST_LINES})
    seen: set[int] = set()
    for line in lines:
        name = {"product": line.product.name}
        if line.product.pk in seen:
            raise NotAllowed(_("“%(product)s” is on the card already: change its quantity.") % name)
        seen.add(line.product.pk)
        if line.product.deleted_at is not None and line.product.pk not in (known or {}):
            raise NotAllowed(_("“%(product)s” was deleted. Choose another product.") % name)
        if not 0 < line.quantity < BIGGEST_QUANTITY or line.quantity != round(line.quantity, 3):
            raise NotAllowed(
                _("The quantity of “%(product)s” must be above zero, with three decimals at most.") % name
            )
        refuse_price(line.price)


def refuse_price(price: Decimal | None) -> None:
    """Raises NotAllowed for a price that is negative, too large, or has more than two decimals."""
    if price is not None and (not 0 <= price < BIGGEST_PRICE or price != round(price, 2)):
        raise NotAllowed(_("A price is zero or more, with two decimals at most."))


def write_lines(deal: Deal, lines: Sequence[Line]) -> None:
    """Puts these products on a deal; tells nobody (the caller does)."""
    DealProduct.unscoped.bulk_create(
        DealProduct(
            account_id=deal.account_id,
            deal=deal,
            product=line.product,
            quantity=line.quantity,
            price=line.price,
        )
        for line in lines
    )


def as_journal(line: Line | DealProduct) -> dict[str, Any]:
    """A line as the journal keeps it: {"product": id, "quantity": "1.5", "price": "10.00" or None}."""
    quantity = f"{line.quantity:.3f}".rstrip("0").rstrip(".")
    price = None if line.price is None else f"{line.price:.2f}"
    product = line.product_id if isinstance(line, DealProduct) else line.product.pk
    return {"product": product, "quantity": quantity, "price": price}


def _by_product(line: Mapping[str, Any]) -> int:
    return int(line["product"])


def _rewrite(row: Deal, before: Mapping[int, DealProduct], lines: Sequence[Line]) -> None:
    """Lines that stay keep their row, so the order in which products came is the order they are shown in."""
    wanted = {line.product.pk: line for line in lines}
    row.products.exclude(product_id__in=wanted).delete()
    write_lines(row, [line for line in lines if line.product.pk not in before])
    for product_id, kept in before.items():
        line = wanted.get(product_id)
        if line is not None and as_journal(line) != as_journal(kept):
            kept.quantity, kept.price = line.quantity, line.price
            kept.save(update_fields=["quantity", "price"])
