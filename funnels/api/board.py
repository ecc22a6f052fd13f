"""Funnels, stages, loss reasons and checklist items."""

from __future__ import annotations

from django.db.models import Value
from django.db.models.functions import Lower
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.errors import Exists
from accounts.rest.filters import IdFilter, Since, WithDeleted
from accounts.rest.resource import Lists, Operation, Reads, Resource
from funnels import services
from funnels.api.bodies import ChecklistItemBody, ChecklistItemChangesBody, FunnelBody, InFunnelBody, NameBody
from funnels.api.shapes import ChecklistItemShape, FunnelShape, LossReasonShape, StageShape
from funnels.models import ChecklistItem, Funnel, LossReason, Stage
from funnels.services import layout

IN_FUNNEL = IdFilter(name="funnel", model=Funnel, description="Of this funnel.")


class Renames:
    """PATCH with a new name."""

    def partial_update(self: Resource, request: Request, id: str) -> Response:  # type: ignore[misc]
        """The row with its new name."""
        row = self.locked(id)
        values = self.read()
        if "name" in values:
            services.rename(row=row, name=values["name"], origin=request.origin)
        return self.answer(row)


class Removes:
    """DELETE of what nothing uses."""

    def destroy(self: Resource, request: Request, id: str) -> Response:  # type: ignore[misc]
        """Nothing."""
        layout.remove_unused(row=self.locked(id), origin=request.origin)
        return Response(status=204)


class Funnels(Lists, Reads, Renames, Removes, Resource):
    """Sales funnels."""

    module = "deals"
    model, shows = Funnel, FunnelShape
    fetched = ("stages",)
    filters = (Since(),)
    operations = {
        "list": Operation(summary="List funnels"),
        "retrieve": Operation(summary="Read a funnel"),
        "create": Operation(summary="Create a funnel with its stages", request=FunnelBody, status=201),
        "partial_update": Operation(summary="Rename a funnel", request=NameBody, versioned=True),
        "destroy": Operation(
            summary="Delete a funnel with its stages",
            description="One that anything uses, be it a deleted deal, answers 422 `not_allowed`.",
            status=204,
            versioned=True,
            errors=(422,),
        ),
    }

    def create(self, request: Request) -> Response:
        """A funnel."""
        return self.answer(
            services.create_funnel(account=request.account, origin=request.origin, **self.read())
        )


class Stages(Lists, Reads, Renames, Removes, Resource):
    """Stages of funnels."""

    module = "deals"
    model, shows = Stage, StageShape
    filters = (IN_FUNNEL, Since())
    operations = {
        "list": Operation(summary="List stages"),
        "retrieve": Operation(summary="Read a stage"),
        "create": Operation(summary="Add a stage at the end of a funnel", request=InFunnelBody, status=201),
        "partial_update": Operation(summary="Rename a stage", request=NameBody, versioned=True),
        "destroy": Operation(
            summary="Delete a stage",
            description="One that something uses, or a funnel's only one, answers 422 `not_allowed`.",
            status=204,
            versioned=True,
            errors=(422,),
        ),
    }

    def create(self, request: Request) -> Response:
        """A stage."""
        return self.answer(services.add_stage(origin=request.origin, **self.read()))


class LossReasons(Lists, Reads, Resource):
    """Why deals of a funnel can be lost (M41)."""

    module = "deals"
    model, shows = LossReason, LossReasonShape
    filters = (IN_FUNNEL, Since(), WithDeleted())
    operations = {
        "list": Operation(summary="List loss reasons"),
        "retrieve": Operation(summary="Read a loss reason"),
        "create": Operation(summary="Add a loss reason", request=InFunnelBody, status=201),
        "partial_update": Operation(
            summary="Rename a loss reason", request=NameBody, versioned=True, errors=(409,)
        ),
        "destroy": Operation(
            summary="Delete a loss reason", description="Old deals keep it.", status=204, versioned=True
        ),
    }

    def create(self, request: Request) -> Response:
        """A loss reason; the same name twice in a funnel is refused."""
        values = self.read()
        self._refuse_twin(values["funnel"], values["name"])
        return self.answer(services.add_loss_reason(origin=request.origin, **values))

    def partial_update(self, request: Request, id: str) -> Response:
        """The row with its new name."""
        row = self.locked(id)
        values = self.read()
        if "name" in values:
            self._refuse_twin(row.funnel, values["name"], but=row)
            services.rename(row=row, name=values["name"], origin=request.origin)
        return self.answer(row)

    def destroy(self, request: Request, id: str) -> Response:
        """Nothing."""
        services.delete_loss_reason(reason=self.locked(id), origin=request.origin)
        return Response(status=204)

    def _refuse_twin(self, funnel: Funnel, name: str, *, but: LossReason | None = None) -> None:
        # The funnel's row serialises two who add the same name at once.
        Funnel.objects.of(self.request.account).select_for_update().get(pk=funnel.pk)
        living = funnel.loss_reasons.filter(deleted_at=None)
        # Lower is what the database's own constraint compares by.
        twins = living.annotate(lower=Lower("name")).filter(lower=Lower(Value(name.strip())))
        if (twins.exclude(pk=but.pk) if but else twins).exists():
            raise Exists


class ChecklistItems(Lists, Reads, Removes, Resource):
    """Items of the stages' checklists (S8)."""

    module = "deals"
    model, shows = ChecklistItem, ChecklistItemShape
    filters = (IdFilter(name="stage", model=Stage, description="Of this stage."), Since())
    operations = {
        "list": Operation(summary="List checklist items"),
        "retrieve": Operation(summary="Read a checklist item"),
        "create": Operation(summary="Add a checklist item to a stage", request=ChecklistItemBody, status=201),
        "partial_update": Operation(
            summary="Change a checklist item", request=ChecklistItemChangesBody, versioned=True
        ),
        "destroy": Operation(
            summary="Delete a checklist item",
            description="One that was ticked on a card stays and answers 422 `not_allowed`: cards show it.",
            status=204,
            versioned=True,
            errors=(422,),
        ),
    }

    def create(self, request: Request) -> Response:
        """A checklist item."""
        return self.answer(services.add_checklist_item(origin=request.origin, **self.read()))

    def partial_update(self, request: Request, id: str) -> Response:
        """The item as changed; cards in the stage are asked for it as it is then."""
        row = self.locked(id)
        return self.answer(layout.change_checklist_item(item=row, origin=request.origin, **self.read()))
