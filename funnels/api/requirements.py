"""What cards must have to go past a stage (S8)."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.filters import IdFilter, Since
from accounts.rest.resource import Lists, Operation, Reads, Resource
from funnels import services
from funnels.api.bodies import RequirementBody, RequirementChange
from funnels.api.shapes import RequirementShape
from funnels.models import Requirement, Stage


class Requirements(Lists, Reads, Resource):
    """Required fields of stages, with the condition under which they are asked for."""

    module = "deals"
    model, shows = Requirement, RequirementShape
    filters = (IdFilter(name="stage", model=Stage, description="Of this stage."), Since())
    operations = {
        "list": Operation(summary="List requirements"),
        "retrieve": Operation(summary="Read a requirement"),
        "create": Operation(
            summary="Require a field of a stage",
            description="Cards cannot go past the stage without it, whoever moves them.",
            request=RequirementBody,
            status=201,
        ),
        "partial_update": Operation(
            summary="Change a requirement", request=RequirementChange, versioned=True, errors=(422,)
        ),
        "destroy": Operation(summary="Delete a requirement", status=204, versioned=True),
    }

    def create(self, request: Request) -> Response:
        """A requirement."""
        return self.answer(services.add_requirement(origin=request.origin, **self.read()))

    def partial_update(self, request: Request, id: str) -> Response:
        """The row as it is then."""
        row = self.locked(id)
        return self.answer(services.update_requirement(requirement=row, origin=request.origin, **self.read()))

    def destroy(self, request: Request, id: str) -> Response:
        """Nothing."""
        services.delete_requirement(requirement=self.locked(id), origin=request.origin)
        return Response(status=204)
