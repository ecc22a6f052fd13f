"""What a partner is told of ours, so that its people choose among it: funnels, stages, reasons (M36, M41)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from funnels.models import Funnel, LossReason, Stage
from integrations import contract
from integrations.engine import asking, listen, pace
from integrations.engine.caller import PartnerCall
from integrations.engine.place import Place
from integrations.models import Connection, Enrollment, Lead


def publish(connection: Connection, kind: str) -> int:
    """Tells them all funnels that the connection uses; returns how many. Raises the partner's errors."""
    partner = contract.partner(connection.partner)
    known = {int(row["id"]): row for row in funnel_rows(connection)}
    offered = partner.offers(connection.pk, known)
    rows = [row for pk, row in known.items() if pk in offered]
    partner.publish(PartnerCall(connection, paced=pace.Urgency.BACKGROUND), kind, rows)
    return len(rows)


def tell_running(connection: Connection, *, now: datetime) -> None:
    """They take what is published from now on: cards that run already are told as new ones are (M36)."""
    actions = contract.partner(connection.partner).actions
    kinds = [kind for kind, spec in actions.items() if spec.after_publish]
    there = Lead.unscoped.filter(
        enrollment__connection=connection, enrollment__state=Enrollment.State.ACTIVE
    ).exclude(state__in=(Lead.State.NEW, Lead.State.LEFT))
    leads: dict[int, Lead] = {}
    for lead in there.select_related("enrollment__deal").order_by("pk"):
        leads.setdefault(lead.enrollment_id, lead)
    for lead in leads.values():
        run = lead.enrollment
        lane = listen.lane_of(connection=connection, key=f"deal:{run.deal_id}")
        place = Place(connection=connection, deal=run.deal, lane=lane, run=run, now=now)
        for kind in kinds:
            asking.ask(contract.Ask(action=kind, lead_id=lead.pk, once=f"told:{now.isoformat()}"), place)
    listen.mark(
        connection=connection, keys={f"deal:{each.enrollment.deal_id}": None for each in leads.values()}
    )


def funnel_rows(connection: Connection) -> list[dict[str, Any]]:
    """The account's funnels: {"id", "name", "stages": [{"id", "name"}], "reasons": [{"id", "name"}]}."""
    funnels = Funnel.objects.of(connection.account_id).prefetch_related(
        Prefetch("stages", Stage.unscoped.order_by("position", "id")),
        Prefetch("loss_reasons", LossReason.unscoped.filter(deleted_at=None).order_by("name", "id")),
    )
    return [
        {
            "id": str(funnel.pk),
            "name": funnel.name,
            "stages": [{"id": str(stage.pk), "name": stage.name} for stage in funnel.stages.all()],
            "reasons": [{"id": str(each.pk), "name": each.name} for each in funnel.loss_reasons.all()],
        }
        for funnel in funnels
    ]
