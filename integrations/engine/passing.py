"""A lead belongs to one card: sent again from another it passes there, or stays and says where (M32)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_noop as _

from integrations import contract
from integrations.models import Connection, Enrollment, Lead, OutboxAction, SyncEvent
from mapping.models import Link

PASSED = ("reopened", "updated")
"""What the partner made of a lead that it knew: from now on it is the sending card's."""
TAKEN = _("It passed to another card since.")


def holders(connection: Connection, their_id: str, *, but: Lead) -> list[Lead]:
    """Our leads of other cards' running runs that are this lead over there, newest first."""
    rows = _linked(connection, their_id, but=but)
    return list(rows.exclude(enrollment__state=Enrollment.State.ENDED).exclude(state=Lead.State.LEFT))


def _linked(connection: Connection, their_id: str, *, but: Lead) -> QuerySet[Lead]:
    ids = Link.unscoped.filter(
        counterpart__connection=connection, kind="lead", entity="lead", their_id=their_id
    ).values_list("our_id", flat=True)
    rows = Lead.unscoped.filter(pk__in=list(ids)).exclude(enrollment_id=but.enrollment_id)
    return rows.select_related("enrollment__deal", "person").order_by("-pk")


def take_over(connection: Connection, their_id: str, *, lead: Lead, now: datetime) -> list[Enrollment]:
    """The lead leaves its former card, which says where it went; returns the runs left without one.

    What the former card still had to say of it is dropped: also its closing, when its run has ended (M47).
    """
    emptied = []
    held_by = holders(connection, their_id, but=lead)
    closing = _drop_what_waits(connection, their_id, lead=lead, now=now)
    for held in [*held_by, *(each for each in closing if each not in held_by)]:
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


def _drop_what_waits(connection: Connection, their_id: str, *, lead: Lead, now: datetime) -> list[Lead]:
    """Cancels what other cards were about to write to this lead; returns their leads that had something."""
    actions = contract.partner(connection.partner).actions
    kinds = [kind for kind, spec in actions.items() if spec.holder_only]
    formers = list(_linked(connection, their_id, but=lead))
    waiting = OutboxAction.unscoped.filter(lead__in=formers, kind__in=kinds, state=OutboxAction.State.WAITING)
    ids = set(waiting.values_list("lead_id", flat=True))
    if ids:
        waiting.become(OutboxAction.State.CANCELLED, reason=TAKEN, due_at=None, done_at=now)
    return [former for former in formers if former.pk in ids]


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
