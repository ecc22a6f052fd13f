"""The products of a card as its page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.modules import modules_on
from accounts.portal import PortalRequest
from funnels import queries
from funnels.models import Deal, DealProduct
from funnels.product_forms import DealProductForm


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A card's product with what it comes to, None where no price was agreed."""

    line: DealProduct
    total: Decimal | None


def offered(request: PortalRequest) -> bool:
    """Whether the module "products" is on (S4)."""
    return "products" in modules_on(request)


def section(request: PortalRequest, deal: Deal) -> dict[str, Any]:
    """What the card page shows of its products; nothing while the module is off."""
    if not offered(request):
        return {}
    lines = [
        Shown(line=line, total=None if line.price is None else round(line.quantity * line.price, 2))
        for line in queries.deal_products(deal)
    ]
    return {
        "products": lines,
        "products_total": sum((each.total for each in lines if each.total is not None), Decimal(0)),
        "product_form": DealProductForm(account=request.account),
    }
