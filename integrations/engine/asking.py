"""Puts an action about a lead into the outbox, on the card's lane (engine.md, "Out")."""

from __future__ import annotations

from integrations.contract import Ask
from integrations.engine.place import Place
from integrations.models import Lead, OutboxAction


def ask(effect: Ask, place: Place) -> None:
    """One action; with `once` the same question of the same run is one action."""
    lead = Lead.unscoped.filter(pk=effect.lead_id, enrollment__deal=place.deal).first()
    if lead is None:
        return
    name = effect.once or f"{effect.action}:{lead.actions.filter(kind=effect.action).count() + 1}"
    OutboxAction.unscoped.get_or_create(
        connection=place.connection,
        reference=f"{place.deal.pk}.{lead.pk}:{name}"[:120],
        defaults={
            "account_id": place.connection.account_id,
            "lane": place.lane,
            "enrollment_id": lead.enrollment_id,
            "lead": lead,
            "kind": effect.action,
            "asked": dict(effect.asked),
            "created_at": place.now,
        },
    )
