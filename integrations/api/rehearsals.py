"""A connection's rehearsal: what is asked for, and what it answers (X2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from accounts.rest.errors import not_here
from accounts.rest.fields import IdField, ScopedRelation, Strict
from accounts.rest.resource import Operation
from funnels.models import Funnel, Stage
from integrations.api.shapes import TriedShape
from integrations.models import Automation, Connection
from integrations.rehearsal.result import Became, Same
from integrations.rehearsal.run import MOST, rehearse
from integrations.rehearsal.trial import trial_of

Text = serializers.CharField
Number = serializers.IntegerField


class TrialBody(Strict):
    """An automation that is only tried: its stage and what is sent."""

    funnel = ScopedRelation(Funnel)
    stage = ScopedRelation(Stage)
    cadence = Text(max_length=120, help_text="One that the partner lists.")
    start = Text(max_length=40, help_text="As the partner's action declares it.")


class RehearseBody(Strict):
    """One automation, or one that is only tried; neither: all that are on."""

    automation = ScopedRelation(Automation, required=False)
    trial = TrialBody(required=False)
    limit = Number(min_value=1, max_value=MOST, required=False, default=MOST, help_text="Cards at most.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Not both at once."""
        if "automation" in attrs and "trial" in attrs:
            words = _("Name an automation or a trial, not both.")
            raise serializers.ValidationError({"trial": [words]})
        return attrs


class RehearsedFieldShape(Strict):
    """One field: what the CRM says, how it reads over there, and why when they are not equal."""

    field = Text(read_only=True)
    label = Text(read_only=True)
    ours = Text(read_only=True)
    theirs = Text(read_only=True)
    result = serializers.ChoiceField(choices=[str(each) for each in Same], read_only=True)
    why = Text(read_only=True)


class RehearsedLeadShape(Strict):
    """One person who would be sent; a ghost that does not exist yet has no id."""

    person = IdField(source="person_id", allow_null=True)
    name = Text(read_only=True)
    email = Text(read_only=True)
    is_main = serializers.BooleanField(read_only=True)
    is_ghost = serializers.BooleanField(read_only=True)
    made = Text(read_only=True, help_text="created, reopened, updated or left; empty when not sent.")
    words = Text(read_only=True)
    compared = RehearsedFieldShape(source="fields", many=True, read_only=True)


class RehearsedWriteShape(Strict):
    """A field of the card that sending writes."""

    key = Text(read_only=True)
    label = Text(read_only=True)
    before = Text(read_only=True)
    after = Text(read_only=True)
    keeps = serializers.BooleanField(read_only=True, help_text="Written only once, and it has a value.")


class RehearsedCardShape(Strict):
    """One card that was made to enter the stage."""

    deal = IdField(source="deal_id")
    title = Text(read_only=True)
    stage = IdField(source="stage_id")
    automation = IdField(source="automation_id", allow_null=True)
    became = serializers.ChoiceField(choices=[str(each) for each in Became], read_only=True)
    row = Text(read_only=True, help_text="The requirement that stopped it.")
    reason = Text(read_only=True)
    differences = Number(read_only=True)
    tried = TriedShape(many=True, read_only=True)
    leads = RehearsedLeadShape(many=True, read_only=True)
    written = RehearsedWriteShape(many=True, read_only=True)


class RehearsedReasonShape(Strict):
    """Why cards would not be sent."""

    row = Text(read_only=True)
    text = Text(read_only=True)
    cards = Number(read_only=True)


class RehearsedStageShape(Strict):
    """A stage that cards were made to enter; each has a world of its own."""

    stage = IdField(source="stage_id")
    automations = serializers.ListField(child=Text(), read_only=True)
    total = Number(read_only=True, help_text="Open cards of its funnel.")
    cards = Number(read_only=True, help_text="Those that were rehearsed.")


class RehearsedCountsShape(Strict):
    """Cards by what would become of them."""

    sent = Number(read_only=True)
    left = Number(read_only=True)
    refused = Number(read_only=True)
    stopped = Number(read_only=True)


class RehearsalShape(Strict):
    """What sending would make of open cards; leads that exist over there already are not known to it."""

    connection = IdField(source="connection_id")
    at = serializers.DateTimeField(read_only=True)
    trial = serializers.BooleanField(read_only=True)
    knows_their_leads = serializers.SerializerMethodField(
        help_text="Always false: the world that takes the leads begins without any."
    )
    total = Number(read_only=True, help_text="Open cards that could enter.")
    counts = RehearsedCountsShape(read_only=True)
    leads = serializers.SerializerMethodField()
    requests = Number(read_only=True, help_text="That the partner would be asked.")
    without_email = Number(read_only=True)
    ghosts = Number(read_only=True)
    differing = Number(read_only=True, help_text="Cards with at least one difference.")
    seconds = Number(read_only=True, help_text="That these cards take at the partner's pace.")
    seconds_for_all = Number(read_only=True, help_text="The same for `total` cards like these.")
    reasons = RehearsedReasonShape(many=True, read_only=True)
    stages = RehearsedStageShape(source="entrances", many=True, read_only=True)
    cards = RehearsedCardShape(many=True, read_only=True)

    def get_knows_their_leads(self, _found: object) -> bool:
        """See its help."""
        return False

    def get_leads(self, found: Any) -> int:
        """How many there would be."""
        return len(found.leads)


REHEARSE = Operation(
    summary="Rehearse a connection",
    description="The account's own open cards, newest first, enter the stage in a private world that holds "
    "the partner's catalog and is thrown away: what would be sent, what not and why, field by field. "
    "Nothing is sent or written. From `enabled` on; before, and in a flow that sends nothing: 409 "
    "`wrong_state`. A trial that could not be an automation answers 422 `not_allowed` (M24, M27).",
    request=RehearseBody,
    response=RehearsalShape,
    scopes=("persons:read", "deals:read"),  # it shows cards, and names and e-mails of their persons
    remote=True,  # for its transaction: two seconds of reading must not hold the store's only write lock
)


def answer(connection: Connection, values: Mapping[str, Any]) -> Response:
    """The rehearsal that the body asks for; an automation of another connection is not here."""
    automation, trial = values.get("automation"), values.get("trial")
    if automation is not None and automation.connection_id != connection.pk:
        raise not_here(field="automation", words=_("This automation belongs to another connection."))
    found = rehearse(
        connection=connection,
        now=timezone.now(),
        most=values["limit"],
        automation=automation,
        trial=_trial(connection, trial) if trial is not None else None,
    )
    return Response(RehearsalShape(found).data)


def _trial(connection: Connection, trial: Mapping[str, Any]) -> Any:
    parameters = {"cadence": trial["cadence"], "start": trial["start"]}
    return trial_of(
        connection=connection, funnel=trial["funnel"], stage=trial["stage"], parameters=parameters
    )
