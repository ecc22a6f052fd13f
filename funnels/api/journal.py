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
from funnels.api.bodies import InteractionRecordBody, NothingBody, TaskBody
from funnels.api.shapes import InteractionRecordShape, TaskShape
from funnels.models import Company, Deal, InteractionRecord, Person, Task


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
    operations = {
        "list": Operation(summary="List interaction records"),
        "retrieve": Operation(summary="Read an interaction record"),
        "create": Operation(summary="Write an interaction record", request=InteractionRecordBody, status=201),
    }

    def create(self, request: Request) -> Response:
        """A record."""
        values = {"occurred_at": timezone.now(), **self.read()}
        record, _created = services.log_interaction(account=request.account, origin=request.origin, **values)
        return self.answer(record)


class Tasks(Lists, Reads, Resource):
    """Things to do."""

    model, shows = Task, TaskShape
    filters = (
        IdFilter(name="deal", model=Deal, description="For this deal."),
        IdFilter(name="person", model=Person, description="For this person."),
        IdFilter(name="assignee", model=User, description="Of this user."),
        Flag(name="open", lookup="done_at__isnull", description="Not done (true) or done (false)."),
        Since(),
    )
    operations = {
        "list": Operation(summary="List tasks"),
        "retrieve": Operation(summary="Read a task"),
        "create": Operation(summary="Create a task", request=TaskBody, status=201),
        "complete": Operation(
            summary="Mark a task as done",
            description="A done task is left as it is.",
            request=NothingBody,
            versioned=True,
        ),
    }

    def create(self, request: Request) -> Response:
        """A task."""
        return self.answer(
            services.create_task(account=request.account, origin=request.origin, **self.read())
        )

    @action(detail=True, methods=["post"])
    def complete(self, request: Request, id: str) -> Response:
        """The task, done."""
        task = self.locked(id)
        return self.answer(services.complete_task(task=task, origin=request.origin, **self.read()))
