"""A lead belongs to one card: sent again from another it passes there, or stays and says where (M32)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_noop as _

from integrations.models import Connection, Enrollment, Lead, SyncEvent
from mapping.models import Link

PASSED = ("reopened", "updated")
"""What the partner made of a lead that it knew: from now on it is the sending card's."""


def holders(connection: Connection, their_id: str, *, but: Lead) -> list[Lead]:
    """Our leads of other cards' running runs that are this lead over there, newest first."""
    ids = Link.unscoped.filter(
        counterpart__connection=connection, kind="lead", entity="lead", their_id=their_id
    ).values_list("our_id", flat=True)
    rows = Lead.unscoped.filter(pk__in=list(ids)).exclude(enrollment_id=but.enrollment_id)
    running = rows.exclude(enrollment__state=Enrollment.State.ENDED).exclude(state=Lead.State.LEFT)
    return list(running.select_related("enrollment__deal", "person").order_by("-pk"))


def take_over(connection: Connection, their_id: str, *, lead: Lead, now: datetime) -> list[Enrollment]:
    """The lead leaves its former card, which says where it went; returns the runs left without one."""
    emptied = []
    for held in holders(connection, their_id, but=lead):
        former = Lead.unscoped.select_for_update().get(pk=held.pk)  # alone: its card and person stay free
        if former.state in Lead.OPEN:
            former.leave()
            former.version += 1
            former.save(update_fields=["state", "version", "updated_at"])
        _tell(
            connection,
            former.enrollment,
            _("%(lead)s passed to the card “%(card)s”, which sent it again."),
            now=now,
            lead=former,
            card=lead.enrollment,
        )
        if not former.enrollment.leads.filter(state__in=Lead.OPEN).exists():
            emptied.append(former.enrollment)
    return emptied


def tell_holder(connection: Connection, their_id: str, *, lead: Lead, now: datetime) -> None:
    """The card whose lead was left as it was says which card holds it."""
    for holder in holders(connection, their_id, but=lead)[:1]:
        _tell(
            connection,
            lead.enrollment,
            _("%(lead)s was not integrated with this card: the card “%(card)s” holds the lead."),
            now=now,
            lead=lead,
            card=holder.enrollment,
        )


def _tell(
    connection: Connection, run: Enrollment, words: str, *, now: datetime, lead: Lead, card: Enrollment
) -> None:
    SyncEvent.unscoped.create(
        account_id=connection.account_id,
        connection=connection,
        deal_id=run.deal_id,
        at=now,
        words=words,
        saw={"lead": str(lead.person), "card": str(card.deal), "card_id": card.deal_id},
        severity=SyncEvent.Severity.WARNING,
    )
