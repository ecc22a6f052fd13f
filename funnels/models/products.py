"""What the account sells, and the products of each deal."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedModel, VersionedModel
from funnels.models.board import Deal


class Product(VersionedModel):
    """A product; `name_key` is what it is searched by, a deleted one stays on the deals that have it."""

    name = models.CharField(_("name"), max_length=200)
    name_key = models.CharField(max_length=200, editable=False)
    code = models.CharField(_("code"), max_length=60, blank=True, default="")
    price = models.DecimalField(
        _("price"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(VersionedModel.Meta):
        verbose_name = _("product")
        verbose_name_plural = _("products")
        indexes = [models.Index(fields=["account", "name_key"], name="product_by_name")]

    def __str__(self) -> str:
        return self.name


class DealProduct(ScopedModel):
    """A product of a deal: how many of it, and the price of one in reais (none where it is not agreed)."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="products")
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="deals", verbose_name=_("product")
    )
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3, default=1)
    price = models.DecimalField(_("unit price"), max_digits=14, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ScopedModel.Meta):
        verbose_name = _("product of a deal")
        verbose_name_plural = _("products of deals")
        constraints = [
            models.UniqueConstraint(fields=["deal", "product"], name="deal_product_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="deal_product_quantity"),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__gte=0), name="deal_product_price"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deal} · {self.product}"
