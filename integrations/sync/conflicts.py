"""Conflicts as the sync page lists them: what both sides said, who won and why (X5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.models import Account
from funnels.models import Deal
from integrations.contract import partners
from integrations.engine.explain import in_words
from integrations.models import Lead
from mapping.models import Conflict, FieldMap, Link

TONES: Mapping[str, str] = {
    Conflict.Winner.OURS: "accent",
    Conflict.Winner.THEIRS: "info",
    Conflict.Winner.NOBODY: "warn",
}


def shown(account: Account, rows: Sequence[Conflict]) -> list[dict[str, Any]]:
    """The rows with their partner, card and lead; three queries for any number of them."""
    deals = {
        deal.pk: deal
        for deal in Deal.objects.of(account).filter(pk__in={row.deal_id for row in rows}, deleted_at=None)
    }
    leads = _leads(account, rows)
    entities = dict(FieldMap.Entity.choices)
    return [
        {
            "row": row,
            "label": _label(row.counterpart.slug),
            "of": entities.get(row.entity, row.entity),
            "deal": deals.get(row.deal_id),
            "lead_id": leads.get((row.counterpart_id, row.their_id, row.deal_id)),
            "why": in_words(row.why, {}),
            "tone": TONES.get(row.winner, ""),
        }
        for row in rows
    ]


def _leads(account: Account, rows: Sequence[Conflict]) -> dict[tuple[int, str, int | None], int]:
    """(counterpart, their lead, card) → our newest lead that it is."""
    links = Link.objects.of(account).filter(
        kind="lead",
        entity="lead",
        counterpart__in={row.counterpart_id for row in rows},
        their_id__in={row.their_id for row in rows},
    )
    ids = {
        our: (side, theirs) for our, side, theirs in links.values_list("our_id", "counterpart", "their_id")
    }
    leads = Lead.objects.of(account).filter(pk__in=list(ids)).order_by("pk")
    return {(*ids[pk], deal): pk for pk, deal in leads.values_list("pk", "enrollment__deal")}


def _label(slug: str) -> str:
    known = partners().get(slug)
    return str(known.label) if known else slug
