"""What becomes of deliveries and endpoints: delivered, again later, given up, switched off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from accounts import notices
from accounts.origin import Origin
from accounts.services import audit
from integrations.endpoints import verdict
from integrations.endpoints.verdict import Verdict
from integrations.models import EventDelivery, WebhookEndpoint

State = EventDelivery.State
OFF_WORDS = _("The endpoint was switched off.")
MODULE_WORDS = _("Waits: the module “API access” is off.")
STOOD_STILL = timedelta(minutes=5)  # less is no pause, and no reason to write
FIVE_DAYS = _("No good answer for five days.")
TOLD_FAILING = _("The webhook endpoint %(url)s was switched off after five days without a good answer.")
TOLD_GONE = _("The webhook endpoint %(url)s was switched off: it answered that it is gone (410).")


def record(*, delivery_id: int, until: datetime, found: Verdict, now: datetime) -> bool:
    """Writes what an answer means; False when somebody else holds the delivery by now, or it was deleted.

    The endpoint is locked before its deliveries, here and wherever it is switched off: the other way round
    two workers would wait for each other.
    """
    with transaction.atomic():
        rows = WebhookEndpoint.unscoped.select_for_update(no_key=True)
        endpoint = rows.filter(deliveries=delivery_id).first()
        mine = EventDelivery.unscoped.select_for_update().filter(
            pk=delivery_id, lease_until=until, state=State.WAITING
        )
        delivery = mine.first()
        if endpoint is None or delivery is None:
            return False
        tried = {
            "attempts": delivery.attempts + 1,
            "status": found.status,
            "reason": found.reason,
            "lease_until": None,
        }
        if found.delivered:
            delivery.become(State.DELIVERED, **tried, delivered_at=now)
            _well(endpoint)
        elif found.gone:
            delivery.become(State.DEAD, **tried)
            if endpoint.enabled:
                switch_off(endpoint, words=found.reason, told=TOLD_GONE, now=now)
        else:
            _again(delivery, tried, found, now)
            _ill(endpoint, found, now)
    return True


def _again(delivery: EventDelivery, tried: dict[str, Any], found: Verdict, now: datetime) -> None:
    if delivery.first_tried_at is not None and now - delivery.first_tried_at >= verdict.GIVE_UP:
        delivery.become(State.DEAD, **tried)
        return
    rest = max(verdict.pause(tried["attempts"]), found.after)
    delivery.become(State.WAITING, **tried, due_at=now + rest)


def _well(endpoint: WebhookEndpoint) -> None:
    if endpoint.failing_since is not None:
        WebhookEndpoint.unscoped.filter(pk=endpoint.pk).update(failing_since=None, last_error="")


def _ill(endpoint: WebhookEndpoint, found: Verdict, now: datetime) -> None:
    if not endpoint.enabled:
        return
    since = endpoint.failing_since or now
    WebhookEndpoint.unscoped.filter(pk=endpoint.pk).update(
        failing_since=since, failed_at=now, last_error=found.reason
    )
    if now - since >= verdict.GIVE_UP:
        switch_off(endpoint, words=FIVE_DAYS, told=TOLD_FAILING, now=now)


def switch_off(endpoint: WebhookEndpoint, *, words: str, told: str, now: datetime) -> None:
    """Off by us, inside the caller's transaction; what waits is cancelled and administrators are told."""
    WebhookEndpoint.unscoped.filter(pk=endpoint.pk).update(
        enabled=False, off_since=now, last_error=words, version=F("version") + 1, updated_at=now
    )
    cancel(EventDelivery.unscoped.filter(endpoint=endpoint), now=now)
    address = str(endpoint)
    notices.tell(
        account=endpoint.account,
        kind="endpoint",
        words=told,
        values={"url": address[:200]},
        link=reverse("portal:webhook", args=[endpoint.pk]),
        source=f"endpoint:{endpoint.pk}",
        now=now,
    )
    audit(
        account=endpoint.account,
        origin=Origin.system(),
        action="endpoint.switched_off",
        subject=address,
        data={"reason": words},
    )


def cancel(deliveries: QuerySet[Any], *, now: datetime) -> int:
    """What waits among these is not sent unless somebody replays it; returns how many.

    What is being sent now keeps its lease: its answer is still written.
    """
    waiting = deliveries.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now), state=State.WAITING)
    return int(waiting.become(State.CANCELLED, lease_until=None, reason=OFF_WORDS))  # type: ignore[attr-defined]


def rest(endpoint: WebhookEndpoint, deliveries: QuerySet[Any], until: datetime) -> None:
    """What waits among these of one endpoint is looked at again then: its account has the module off.

    Nobody tries meanwhile, so the five days begin anew, for the endpoint and for each delivery.
    """
    waiting = deliveries.filter(state=State.WAITING)
    waiting.update(due_at=until, reason=MODULE_WORDS, first_tried_at=None)
    forgive(WebhookEndpoint.unscoped.filter(pk=endpoint.pk))


def forgive(endpoints: QuerySet[Any]) -> None:
    """None of these counts as failing any more."""
    endpoints.exclude(failing_since=None).update(failing_since=None, last_error="")


def pause(delivery: EventDelivery, *, now: datetime) -> timedelta:
    """How long it has been due while nothing at all was tried at its endpoint: we were not at work."""
    idle_since = max(delivery.due_at, delivery.endpoint.failed_at or delivery.due_at)
    return max(now - idle_since, timedelta())


def go_on(delivery: EventDelivery, *, now: datetime) -> None:
    """The five days of a failing endpoint stood still while nothing was tried there."""
    endpoint, stood = delivery.endpoint, pause(delivery, now=now)
    if endpoint.failing_since is not None and stood >= STOOD_STILL:
        mine = WebhookEndpoint.unscoped.filter(pk=endpoint.pk, failing_since=endpoint.failing_since)
        mine.update(failing_since=endpoint.failing_since + stood)
