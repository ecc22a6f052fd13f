"""Deals (cards): created, changed, moved, won, lost, reopened, deleted."""

from __future__ import annotations

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.rest.filters import Choice, IdFilter, Since, WithDeleted
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
from funnels.api.shapes import DealShape
from funnels.models import Company, Deal, Funnel, Person, Stage

BLOCKED = "Mandatory checklist items that are open answer 409 `checklist_pending` with `missing` (S8)."


class Deals(Lists, Reads, Resource):
    """Cards; their stage and status change by actions, everything else by PATCH."""

    module = "deals"
    model, shows = Deal, DealShape
    fetched = ("related_contacts",)
    filters = (
        IdFilter(name="funnel", model=Funnel, description="In this funnel."),
        IdFilter(name="stage", model=Stage, description="In this stage."),
        IdFilter(name="person", model=Person, description="With this main contact."),
        IdFilter(name="company", model=Company, description="Of this company."),
        IdFilter(name="owner", model=User, description="Of this owner."),
        Choice(name="status", choices=Deal.Status.values, description="Open, won or lost."),
        Since(),
        WithDeleted(),
    )
    operations = {
        "list": Operation(summary="List deals"),
        "retrieve": Operation(summary="Read a deal"),
        "create": Operation(summary="Create a deal", request=DealBody, status=201),
        "partial_update": Operation(
            summary="Change a deal", request=DealChangesBody, versioned=True, errors=(422,)
        ),
        "destroy": Operation(
            summary="Delete a deal", description="History stays.", status=204, versioned=True
        ),
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
        "checklist": Operation(
            summary="Tick or untick a checklist item of a deal", request=ChecklistMarkBody, versioned=True
        ),
    }

    def create(self, request: Request) -> Response:
        """An open card."""
        return self.answer(
            services.create_deal(account=request.account, origin=request.origin, **self.read())
        )

    def partial_update(self, request: Request, id: str) -> Response:
        """The card as changed."""
        deal = self.locked(id)
        values = self.read()
        related = values.pop("related", None)
        if values:
            deal = services.update_deal(deal=deal, origin=request.origin, **values)
        if related is not None:
            deal = services.set_related_contacts(deal=deal, persons=related, origin=request.origin)
        return self.answer(deal)

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

    @action(detail=True, methods=["post"])
    def checklist(self, request: Request, id: str) -> Response:
        """The card; what is still open stops it from moving."""
        deal = self.locked(id)
        return self.answer(services.mark_checklist_item(deal=deal, origin=request.origin, **self.read()))
