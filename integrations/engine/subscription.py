"""Our webhook at the partner: its address, and its registration with a secret of our own."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from integrations import contract
from integrations.engine import clock, pace
from integrations.engine.caller import PartnerCall, sealing, vault
from integrations.engine.listen import lane_of
from integrations.models import Connection, Lane, SyncEvent

LEASE = timedelta(minutes=5)  # longer than listing, replacing and registering may take
NOT_REGISTERED = "-"  # the partner would not take a webhook


def webhook_url(connection: Connection) -> str:
    """Where the partner posts to; made from PUBLIC_URL, never from a Host header."""
    return f"{settings.PUBLIC_URL}/hooks/{connection.partner}/{connection.webhook_token}/"


def register_webhook(connection: Connection) -> None:
    """Registers our address with a new secret; the worker calls it after activation.

    Where registering is refused, polling brings the same news more slowly, and the timeline says so.
    Only one at a time: of two with two secrets, the one kept need not be the one told. Raises the partner's
    other errors.
    """
    now = clock.now()
    mine = now + LEASE
    lock = Lane.unscoped.filter(pk=lane_of(connection=connection, key="webhook").pk)
    if not lock.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now)).update(lease_until=mine):
        return
    try:
        if not Connection.unscoped.filter(pk=connection.pk).exclude(webhook_id="").exists():
            _register(connection)
    finally:
        lock.filter(lease_until=mine).update(lease_until=None)


def _register(connection: Connection) -> None:
    secret = secrets.token_urlsafe(32)
    call = PartnerCall(connection, paced=pace.Urgency.LIVE)
    call.hide(secret)
    call.hide(connection.webhook_token)
    # Kept before it is told: news may come before the answer does.
    sealed = vault().seal({"secret": secret}, context=sealing(connection))
    Connection.unscoped.filter(pk=connection.pk).update(sealed_webhook=sealed)
    try:
        webhook_id = contract.partner(connection.partner).subscribe(
            call, target_url=webhook_url(connection), secret=secret
        )
    except (contract.Refused, contract.Denied) as refused:
        # Denied too: a plan without webhooks says so; credentials that open nothing fail at the next step.
        webhook_id = NOT_REGISTERED
        SyncEvent.unscoped.create(
            account_id=connection.account_id,
            connection=connection,
            at=clock.now(),
            severity=SyncEvent.Severity.WARNING,
            words=_("The webhook could not be registered; news is read every minute instead: %(why)s"),
            saw={"why": refused.words},
        )
    # Deactivated meanwhile: the next activation registers anew.
    rows = Connection.unscoped.filter(pk=connection.pk, state=Connection.State.ACTIVE)
    rows.update(webhook_id=webhook_id[:120])
