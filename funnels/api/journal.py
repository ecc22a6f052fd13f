"""Interaction records and tasks."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.rest.filters import Choice, Flag, IdFilter, Since
from accounts.rest.resource import Lists, Operation, Reads, Resource
from funnels import services
from funnels.api.bodies import CheckInBody, InteractionRecordBody, NothingBody, TaskBody
from funnels.api.shapes import InteractionRecordShape, TaskShape
from funnels.models import Company, Deal, InteractionRecord, Person, Task

CHECK_IN = Operation(
    summary="Check in or out",
    description="Beyond the account's radius it is kept all the same and marked with the distance.",
    request=CheckInBody,
    errors=(422,),
)


class InteractionRecords(Lists, Reads, Resource):
    """Contacts that took place; written once."""

    model, shows = InteractionRecord, InteractionRecordShape
    filters = (
        IdFilter(name="person", model=Person, description="About this person."),
        IdFilter(name="deal", model=Deal, description="About this deal."),
        IdFilter(name="company", model=Company, description="About this company."),
        Choice(name="type", choices=InteractionRecord.Type.values, description="Of this type."),
        Since(),
    )
    fetched = ("check_ins",)
    operations = {
        "list": Operation(summary="List interaction records"),
        "retrieve": Operation(summary="Read an interaction record"),
        "create": Operation(summary="Write an interaction record", request=InteractionRecordBody, status=201),
        "check_in": CHECK_IN,
    }

    def create(self, request: Request) -> Response:
        """A record."""
        values = {"occurred_at": timezone.now(), **self.read()}
        record, _created = services.log_interaction(account=request.account, origin=request.origin, **values)
        return self.answer(record)

    @action(detail=True, methods=["post"], url_path="check-in")
    def check_in(self, request: Request, id: str) -> Response:
        """The record with the new one among its check-ins."""
        row = self.locked(id)
        services.check_in(subject=row, origin=request.origin, now=timezone.now(), **self.read())
        return self.answer(row)


class Tasks(Lists, Reads, Resource):
    """Things to do."""

    model, shows = Task, TaskShape
    filters = (
        IdFilter(name="deal", model=Deal, description="For this deal."),
        IdFilter(name="person", model=Person, description="For this person."),
        IdFilter(name="assignee", model=User, description="Of this user."),
        IdFilter(
            name="responsible",
            model=User,
            lookup="responsibles__user_id",
            description="This user is one of its responsibles.",
        ),
        Flag(name="open", lookup="done_at__isnull", description="Not done (true) or done (false)."),
        Since(),
    )
    fetched = ("responsibles", "check_ins")
    operations = {
        "list": Operation(summary="List tasks"),
        "retrieve": Operation(summary="Read a task"),
        "create": Operation(summary="Create a task", request=TaskBody, status=201),
        "partial_update": Operation(summary="Change a task", request=TaskBody, versioned=True, errors=(422,)),
        "destroy": Operation(
            summary="Delete a task", description="It is gone for good.", status=204, versioned=True
        ),
        "complete": Operation(
            summary="Mark a task as done",
            description="A done task is left as it is.",
            request=NothingBody,
            versioned=True,
        ),
        "check_in": CHECK_IN,
    }

    def create(self, request: Request) -> Response:
        """A task."""
        return self.answer(
            services.create_task(account=request.account, origin=request.origin, **self.read())
        )

    def partial_update(self, request: Request, id: str) -> Response:
        """The task as changed."""
        row = self.locked(id)
        return self.answer(services.update_task(task=row, origin=request.origin, **self.read(instance=row)))

    def destroy(self, request: Request, id: str) -> Response:
        """Nothing."""
        services.delete_task(task=self.locked(id), origin=request.origin)
        return Response(status=204)

    @action(detail=True, methods=["post"])
    def complete(self, request: Request, id: str) -> Response:
        """The task, done."""
        task = self.locked(id)
        return self.answer(services.complete_task(task=task, origin=request.origin, **self.read()))

    @action(detail=True, methods=["post"], url_path="check-in")
    def check_in(self, request: Request, id: str) -> Response:
        """The task with the new one among its check-ins."""
        row = self.locked(id)
        services.check_in(subject=row, origin=request.origin, now=timezone.now(), **self.read())
        return self.answer(row)
