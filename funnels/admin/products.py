"""Staff's screens of products, of those on deals, and of files."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.origin import Origin
from accounts.staff import Related, digits, trimmed
from accounts.staff_acts import Edit
from accounts.staff_forms import by_row, by_time
from funnels import models as crm
from funnels import services
from funnels.admin.section import Crm
from funnels.fields import search_key


@admin.register(crm.Product)
class ProductAdmin(Crm):
    """What accounts sell."""

    icon, rank = "inventory_2", 137
    list_display = ("name", "code", "price", "account", "updated_at", "deleted_at")
    list_filter = (by_row("account"), by_time("updated_at"))
    finders = {"name_key__startswith": search_key, "code": trimmed, "pk": digits}
    adds = ("account", "name", "code", "price")
    writes = ("name", "code", "price")
    related = (Related(model="funnels.DealProduct", field="product", columns=("deal", "quantity", "price")),)

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:
        return services.create_product(**values, origin=origin)

    def update(self, edit: Edit) -> None:
        services.update_product(product=edit.row, version=edit.version, origin=edit.origin, **edit.values)

    def remove(self, *, row: models.Model, origin: Origin) -> None:
        assert isinstance(row, crm.Product)
        services.delete_product(product=row, origin=origin)


@admin.register(crm.DealProduct)
class DealProductAdmin(Crm):
    """Products of deals; the deal's whole list is written, as in the portal."""

    icon, rank = "shopping_cart", 138
    list_display = ("deal", "product", "quantity", "price", "account")
    list_filter = (by_row("account"), by_row("product"))
    finders = {"deal_id": digits, "product_id": digits}
    adds = ("deal", "product", "quantity", "price")
    writes = ("quantity", "price")

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:
        deal = values.pop("deal")
        self._write(deal, [*_lines(deal), services.Line(**values)], origin)
        return crm.DealProduct.unscoped.get(deal=deal, product=values["product"])

    def update(self, edit: Edit) -> None:
        lines = [
            services.Line(**{**_values(line), **edit.values}) if line.product == edit.row.product else line
            for line in _lines(edit.row.deal)
        ]
        self._write(edit.row.deal, lines, edit.origin)

    def remove(self, *, row: models.Model, origin: Origin) -> None:
        assert isinstance(row, crm.DealProduct)
        self._write(row.deal, [line for line in _lines(row.deal) if line.product != row.product], origin)

    def _write(self, deal: crm.Deal, lines: list[services.Line], origin: Origin) -> None:
        services.set_deal_products(deal=deal, lines=lines, origin=origin)


def _lines(deal: crm.Deal) -> list[services.Line]:
    rows = crm.DealProduct.unscoped.filter(deal=deal).select_related("product").order_by("id")
    return [services.Line(product=row.product, quantity=row.quantity, price=row.price) for row in rows]


def _values(line: services.Line) -> dict[str, Any]:
    return {"product": line.product, "quantity": line.quantity, "price": line.price}


@admin.register(crm.StoredFile)
class StoredFileAdmin(Crm):
    """Files of image and attachment fields; where they lie on the disk is nobody's to see."""

    icon, rank, plural = "attach_file", 185, _("Stored files")
    never_shown = frozenset({"file"})
    list_display = ("name", "content_type", "size", "account", "created_by", "created_at")
    list_filter = (by_row("account"), by_time("created_at"))
    finders = {"sha256": trimmed, "pk": digits}
