"""Rehearses a connection with the account's own cards in worlds that nobody keeps (X2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from funnels.models import Deal, Stage
from integrations.contract import Partner, partner
from integrations.engine import sellers, situation
from integrations.engine.following import followings
from integrations.engine.life import WrongState
from integrations.models import Automation, Connection
from integrations.rehearsal.difference import Fields
from integrations.rehearsal.pretend import Entering
from integrations.rehearsal.result import CardShown, Entrance, Rehearsal
from integrations.rehearsal.trial import Trial, view_of
from integrations.rehearsal.world import PrivateCall, can_rehearse, world_of
from integrations.sync.saw import owners
from mapping.models import FieldMap

MOST = 50
State = Connection.State
OPEN_TO = (State.ENABLED, State.ACTIVE, State.PAUSED, State.BROKEN)
Place = tuple[Stage, str, list[str]]  # the stage, the trigger, the automations that wait there


def rehearse(
    *,
    connection: Connection,
    now: datetime,
    most: int = MOST,
    automation: Automation | None = None,
    trial: Trial | None = None,
) -> Rehearsal:
    """What sending would make of the account's open cards, newest first, at most `most` of them (X2).

    All enabled automations of the connection, one (which counts as on), or one that is not saved. Each
    stage has a world of its own: it holds the account's catalog and no lead, so leads that exist over there
    are not known to it. Writes nothing and opens no connection. Raises WrongState with words.
    """
    spoken_to = refuse_unfit(connection)
    places = _places(connection, automation, trial)
    catalog, fields, users = (
        situation.catalog_of(connection),
        fields_of(connection),
        owners(connection.account),
    )
    cards: list[CardShown] = []
    entrances: list[Entrance] = []
    for number, (stage, trigger, names) in enumerate(places):
        share = -(-(most - len(cards)) // (len(places) - number))  # what is left, divided among the rest
        rows = open_cards(connection, stage)
        deals = list(rows.select_related(*situation.WITH, "account").order_by("-pk")[: max(share, 0)])
        entering = Entering(
            connection=connection,
            partner=spoken_to,
            stage=stage,
            trigger=trigger,
            trial=view_of(trial, connection=connection) if trial is not None else None,
            chosen=automation.pk if automation is not None else None,
            call=PrivateCall(spoken_to, world_of(spoken_to, catalog), now=now),
            fields=fields,
            shared=situation.around(connection, stage.funnel_id),
            users=users,
            sellers=sellers.foreseen(connection),
            now=now,
        )
        found = [entering.card(deal) for deal in deals]
        cards += found
        entrances.append(
            Entrance(
                stage_id=stage.pk,
                stage=stage.name,
                funnel=stage.funnel.name,
                trigger=str(Automation.Trigger(trigger).label),
                automations=names,
                total=rows.count(),
                cards=len(found),
            )
        )
    return Rehearsal(
        connection_id=connection.pk,
        partner=str(spoken_to.label),
        at=now,
        trial=trial is not None,
        entrances=entrances,
        cards=cards,
        total=sum(entrance.total for entrance in entrances),
        seconds_each=max(window.seconds / window.rate for window in spoken_to.pace),
    )


def refuse_unfit(connection: Connection) -> Partner:
    """The partner of a connection that can be rehearsed; WrongState says why another cannot."""
    spoken_to = partner(connection.partner)
    label = {"partner": spoken_to.label}
    if connection.state not in OPEN_TO:
        raise WrongState(_("Enable the integration before rehearsing it."))
    if not spoken_to.automation_actions or not can_rehearse(spoken_to):
        raise WrongState(_("There is no rehearsal for %(partner)s.") % label)
    if not spoken_to.sends(connection.flow):
        raise WrongState(
            _("In this flow no card is sent to %(partner)s: there is nothing to rehearse.") % label
        )
    return spoken_to


def automations_of(connection: Connection) -> list[Automation]:
    """The connection's enabled automations on funnels that the partner offers, in order (M24)."""
    spoken_to = partner(connection.partner)
    rows = Automation.objects.of(connection.account_id).filter(connection=connection, enabled=True)
    rows = rows.select_related("stage__funnel").order_by("funnel__position", "funnel_id", "position", "pk")
    offered = spoken_to.offers(connection.pk, {row.funnel_id for row in rows})
    return [row for row in rows if row.funnel_id in offered]


def open_cards(connection: Connection, stage: Stage) -> QuerySet[Deal]:
    """The account's cards that stand in the stage or could enter it."""
    rows: QuerySet[Deal] = Deal.objects.of(connection.account_id).filter(
        funnel=stage.funnel_id, status=Deal.Status.OPEN, deleted_at=None
    )
    return rows


def fields_of(connection: Connection) -> Fields:
    """What is associated on this connection: fixed pairs, living maps and those that stand still."""
    pairs = followings(connection)
    alive = {pair.map.pk for pair in pairs}
    maps = FieldMap.objects.of(connection.account_id).filter(counterpart=connection.counterpart_id)
    still = list(maps.exclude(pk__in=alive).select_related("field"))
    return Fields(mappable=partner(connection.partner).mappable, pairs=pairs, still=still)


def _places(connection: Connection, automation: Automation | None, trial: Trial | None) -> list[Place]:
    if trial is not None:
        return [(trial.stage, Automation.Trigger.ENTERED, [_("Trial automation")])]
    chosen: Sequence[Automation] = automations_of(connection) if automation is None else [automation]
    found: dict[tuple[int, str], Place] = {}
    for row in chosen:
        place = found.setdefault((row.stage_id, row.trigger), (row.stage, row.trigger, []))
        place[2].append(row.description)
    return list(found.values())
