"""Meetime's part of the API: allowed funnels, the sellers' profile, win actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Profile
from accounts.origin import Origin
from accounts.rest.fields import IdField, ScopedRelation, ScopedRelations, Strict, Word
from accounts.rest.filters import Filter, IdFilter, Since
from accounts.rest.resource import Lists, Operation, Reads, Resource, found
from funnels.models import Funnel, Stage
from integrations.api.discovery import PartnerSettings, Route
from integrations.models import Connection
from integrations.partners.meetime import setup
from integrations.partners.meetime.models import WinAction


class MeetimeSettingsBody(Strict):
    """What Meetime's connection needs to know."""

    funnels = ScopedRelations(Funnel, required=False, help_text="Allowed to send; replaces the list (M7).")
    default_profile = ScopedRelation(
        Profile, required=False, help_text="Of users created from sellers (M21)."
    )
    won_stage = ScopedRelation(
        Stage, required=False, help_text="Where deals of won leads arrive; flow `won_leads` (M45)."
    )


class MeetimeSettingsShape(Strict):
    """Allowed funnels and the profile of created users."""

    funnels = ScopedRelations(Funnel, read_only=True)
    default_profile = ScopedRelation(Profile, read_only=True, allow_null=True)
    won_stage = ScopedRelation(Stage, read_only=True, allow_null=True)
    version = serializers.IntegerField(read_only=True, help_text="The connection's; the ETag is made of it.")


def read_settings(connection: Connection) -> Mapping[str, Any]:
    """As MeetimeSettingsShape shows them."""
    return {
        "funnels": sorted(setup.allowed_funnel_ids(connection=connection)),
        "default_profile": setup.default_profile(connection=connection),
        "won_stage": setup.won_stage(connection=connection),
        "version": connection.version,
    }


def write_settings(connection: Connection, values: Mapping[str, Any], origin: Origin) -> None:
    """Only what is given is changed."""
    if "funnels" in values:
        setup.allow_funnels(connection=connection, funnels=values["funnels"], origin=origin)
    if "default_profile" in values:
        setup.set_default_profile(connection=connection, profile=values["default_profile"], origin=origin)
    if "won_stage" in values:
        setup.set_won_stage(connection=connection, stage=values["won_stage"], origin=origin)


SETTINGS = PartnerSettings(
    shape=MeetimeSettingsShape, body=MeetimeSettingsBody, read=read_settings, write=write_settings
)


class WinActionBody(Strict):
    """What a lead won in a cadence does to its deal (M8)."""

    funnel = ScopedRelation(Funnel)
    cadence = serializers.CharField(
        source="cadence_id", max_length=120, help_text="`their_id` of the catalog."
    )
    action = Word(WinAction.Action)
    stage = ScopedRelation(Stage, required=False, allow_null=True, help_text="For the action move.")


class WinActionShape(Strict):
    """One win action; none for a cadence keeps the stage."""

    id = IdField()
    funnel = ScopedRelation(Funnel, read_only=True)
    cadence = serializers.CharField(source="cadence_id", read_only=True)
    action = Word(WinAction.Action, read_only=True)
    stage = ScopedRelation(Stage, read_only=True, allow_null=True)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class WinActions(Lists, Reads, Resource):
    """Win actions of a connection, one for each funnel and cadence."""

    model, shows = WinAction, WinActionShape
    path_ids = {"connection": Connection}
    filters = (
        IdFilter(name="funnel", model=Funnel, description="Of this funnel."),
        Filter(name="cadence", lookup="cadence_id", description="Of this cadence."),
        Since(),
    )
    operations = {
        "list": Operation(summary="List win actions"),
        "retrieve": Operation(summary="Read a win action"),
        "create": Operation(summary="Add a win action", request=WinActionBody, status=201),
        "partial_update": Operation(
            summary="Change a win action", request=WinActionBody, versioned=True, errors=(422,)
        ),
        "destroy": Operation(
            summary="Remove a win action",
            description="Leads won in the cadence keep their stage.",
            status=204,
            versioned=True,
        ),
    }

    def connection(self) -> Connection:
        """The connection of the address; raises NotHere, for another partner's too."""
        rows = Connection.objects.of(self.request.account).filter(partner="meetime")
        row: Connection = found(rows, self.kwargs["connection"])
        return row

    def rows(self) -> QuerySet[Any]:
        """Of this connection only."""
        return super().rows().filter(connection=self.connection())

    def create(self, request: Request, **_path: str) -> Response:
        """A win action."""
        values = {"stage": None, **self.read()}
        return self.answer(
            setup.set_win_action(connection=self.connection(), origin=request.origin, **values)
        )

    def partial_update(self, request: Request, id: str, **_path: str) -> Response:
        """The win action as changed; what is not given stays."""
        row = self.locked(self.find(id).pk)
        now = {name: getattr(row, name) for name in ("funnel", "cadence_id", "action", "stage")}
        values = {**now, **self.read()}
        return self.answer(
            setup.set_win_action(
                connection=self.connection(), win_action=row, origin=request.origin, **values
            )
        )

    def destroy(self, request: Request, id: str, **_path: str) -> Response:
        """Nothing."""
        row = self.locked(self.find(id).pk)
        setup.remove_win_action(win_action=row, origin=request.origin)
        return Response(status=204)


ROUTES: list[Route] = [("connections/(?P<connection>[0-9]+)/win-actions", WinActions, "win-actions")]
