"""Deals (cards): created, changed, moved, won, lost, reopened, deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account, User
from accounts.rest import bulk
from accounts.rest.errors import invalid
from accounts.rest.fields import read_id
from accounts.rest.filters import Choice, Filter, IdFilter, Since, WithDeleted
from accounts.rest.resource import Lists, Operation, Reads, Resource
from funnels import services
from funnels.api.bodies import (
    ChecklistMarkBody,
    DealBody,
    DealChangesBody,
    LossBody,
    NothingBody,
    ReopenBody,
    StageBody,
)
from funnels.api.many import DealsBody, ManyDeals
from funnels.api.shapes import ChecklistShape, DealShape
from funnels.models import Company, Deal, Funnel, Person, Product, Stage

BIGGEST_NUMBER = 2**31 - 1  # of a card
BLOCKED = "Mandatory checklist items that are open answer 409 `checklist_pending` with `missing` (S8)."

UNFILLED = (
    "Fields that stages before the chosen one require and that are not given answer 409 "
    "`checklist_pending` with `missing` (S8)."
)


@dataclass(frozen=True, kw_only=True)
class NumberFilter(Filter):
    """The card of a number; one that no card has is no card."""

    def schema(self) -> dict[str, Any]:
        """A whole number."""
        return {"type": "integer", "minimum": 1, "maximum": BIGGEST_NUMBER}

    def value(self, raw: str, account: Account) -> int:  # noqa: ARG002  # IdFilter needs it
        """The number; raises InvalidParameter."""
        number = read_id(raw)
        if number is None or number > BIGGEST_NUMBER:
            raise invalid(parameter=self.name, words=_("Write a whole number above zero, such as 42."))
        return number


class Deals(ManyDeals, Lists, Reads, Resource):
    """Cards; their stage and status change by actions, everything else by PATCH."""

    module = "deals"
    model, shows = Deal, DealShape
    fetched = ("related_contacts", "products")
    filters = (
        IdFilter(name="funnel", model=Funnel, description="In this funnel."),
        IdFilter(name="stage", model=Stage, description="In this stage."),
        IdFilter(name="person", model=Person, description="With this main contact."),
        IdFilter(name="company", model=Company, description="Of this company."),
        IdFilter(name="owner", model=User, description="Of this owner."),
        IdFilter(name="product", lookup="products__product", model=Product, description="With this product."),
        NumberFilter(name="number", description="Of this number."),
        Choice(name="status", choices=Deal.Status.values, description="Open, won or lost."),
        Since(),
        WithDeleted(),
    )
    operations = {
        "list": Operation(summary="List deals"),
        "retrieve": Operation(summary="Read a deal"),
        "create": Operation(summary="Create a deal", description=UNFILLED, request=DealBody, status=201),
        "partial_update": Operation(
            summary="Change a deal", request=DealChangesBody, versioned=True, errors=(422,)
        ),
        "destroy": Operation(
            summary="Delete a deal", description="History stays.", status=204, versioned=True
        ),
        "bulk": bulk.operation(noun="deals", body=DealsBody),
        "move": Operation(
            summary="Move a deal to a stage", description=BLOCKED, request=StageBody, versioned=True
        ),
        "win": Operation(
            summary="Win a deal",
            description=f"A won deal is left as it is. {BLOCKED}",
            request=NothingBody,
            versioned=True,
        ),
        "lose": Operation(
            summary="Lose a deal",
            description="The reason is one of the deal's own funnel. A lost deal is left as it is.",
            request=LossBody,
            versioned=True,
        ),
        "reopen": Operation(
            summary="Reopen a deal",
            description="In its stage or another. An open deal is left as it is.",
            request=ReopenBody,
            versioned=True,
        ),
        "read_checklist": Operation(
            summary="Read a deal's checklist",
            description="Every item of the stages of its funnel, in order, ticked or not.",
            response=ChecklistShape,
        ),
        "checklist": Operation(
            summary="Tick or untick a checklist item of a deal",
            description="One of its own funnel's. Where another's is missing, move to its first stage.",
            request=ChecklistMarkBody,
            versioned=True,
            errors=(422,),
        ),
    }

    def create(self, _request: Request) -> Response:
        """An open card."""
        return self.answer(self.make(self.read()))

    def partial_update(self, _request: Request, id: str) -> Response:
        """The card as changed."""
        row = self.locked(id)
        return self.answer(self.change(row, self.read(instance=row)))

    def make(self, values: dict[str, Any]) -> Deal:
        """A new card."""
        lines = _lines(values.pop("products", ()))
        return services.create_deal(
            account=self.request.account, origin=self.request.origin, products=lines, **values
        )

    def change(self, row: Deal, values: dict[str, Any]) -> Deal:
        """The card with other values; `stage`, which only many rows at once may give, moves it."""
        origin = self.request.origin
        related, goods, stage = (values.pop(name, None) for name in ("related", "products", "stage"))
        if values:
            row = services.update_deal(deal=row, origin=origin, **values)
        if related is not None:
            row = services.set_related_contacts(deal=row, persons=related, origin=origin)
        if goods is not None:
            row = services.set_deal_products(deal=row, lines=_lines(goods), origin=origin)
        if stage is not None and stage.pk != row.stage_id:
            row = services.move_deal(deal=row, stage=stage, origin=origin)
        return row

    def destroy(self, request: Request, id: str) -> Response:
        """Nothing."""
        services.delete_deal(deal=self.locked(id), origin=request.origin)
        return Response(status=204)

    @action(detail=True, methods=["post"])
    def move(self, request: Request, id: str) -> Response:
        """The card in its new stage."""
        deal = self.locked(id)
        return self.answer(services.move_deal(deal=deal, origin=request.origin, **self.read()))

    @action(detail=True, methods=["post"])
    def win(self, request: Request, id: str) -> Response:
        """The card, won."""
        deal = self.locked(id)
        return self.answer(services.win_deal(deal=deal, origin=request.origin, **self.read()))

    @action(detail=True, methods=["post"])
    def lose(self, request: Request, id: str) -> Response:
        """The card, lost."""
        deal = self.locked(id)
        values = self.read()
        lost = services.lose_deal(
            deal=deal,
            reason=values.get("loss_reason"),
            note_text=values.get("note", ""),
            origin=request.origin,
        )
        return self.answer(lost)

    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, id: str) -> Response:
        """The card, open again."""
        deal = self.locked(id)
        return self.answer(services.reopen_deal(deal=deal, origin=request.origin, **self.read()))

    @action(detail=True, methods=["get"], url_path="checklist", url_name="checklist")
    def read_checklist(self, _request: Request, id: str) -> Response:
        """Every item and whether it is done."""
        return Response(ChecklistShape({"results": services.checklist_of(self.find(id))}).data)

    @read_checklist.mapping.post
    def checklist(self, request: Request, id: str) -> Response:
        """The card; what is still open stops it from moving."""
        deal, values = self.locked(id), self.read()
        if values["item"].stage.funnel_id != deal.funnel_id:  # as on the card's page
            raise services.NotAllowed(_("This item is not on its checklist."))
        return self.answer(services.mark_checklist_item(deal=deal, origin=request.origin, **values))


def _lines(given: Iterable[Mapping[str, Any]]) -> list[services.Line]:
    """A price that is left out is the product's own; null is none."""
    return [
        services.Line(
            product=line["product"],
            quantity=line["quantity"],
            price=line.get("price", line["product"].price),
        )
        for line in given
    ]
