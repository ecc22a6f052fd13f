"""The only writers of webhook endpoints, for screens, API and staff alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.origin import Origin
from accounts.services import audit
from funnels.services import NotAllowed
from funnels.services.journal import assign, locked, save
from integrations.endpoints import outcome, signing
from integrations.endpoints.address import checked
from integrations.endpoints.kinds import PING, tidy
from integrations.endpoints.listen import new_uid
from integrations.engine import clock
from integrations.models import EventDelivery, OutgoingEvent, WebhookEndpoint

MOST = 20  # endpoints of an account: each event goes to each of them
OVERLAP_HOURS, LONGEST_OVERLAP = 24, 7 * 24
State = EventDelivery.State
FAILED = (State.DEAD, State.CANCELLED)
EDITABLE = ("url", "description", "events", "enabled")


def create_endpoint(
    *,
    account: Account,
    url: str,
    events: Sequence[str],
    origin: Origin,
    description: str = "",
    enabled: bool = True,
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is told this once; raises NotAllowed with words.

    Looks a name up: call it outside a transaction.
    """
    return add_endpoint(
        account=account,
        url=checked(url),
        events=events,
        origin=origin,
        description=description,
        enabled=enabled,
    )


def add_endpoint(
    *,
    account: Account,
    url: str,
    events: Sequence[str],
    origin: Origin,
    description: str = "",
    enabled: bool = True,
) -> tuple[WebhookEndpoint, str]:
    """The same for an address as `checked` gave it, inside a transaction as well."""
    secret = signing.new_secret()
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)  # two at once count each other
        if WebhookEndpoint.objects.of(account).count() >= MOST:
            raise NotAllowed(_("An account has at most %(most)s webhook endpoints.") % {"most": MOST})
        row = WebhookEndpoint.unscoped.create(
            account=account,
            url=url,
            description=description.strip(),
            events=_events(events),
            enabled=enabled,
            created_by_id=origin.id if origin.kind == "user" else None,
        )
        row.sealed = signing.seal(row, secret)
        row.save(update_fields=["sealed"])
        _audit(row, "endpoint.created", origin, {"events": row.events})
    return row, secret


def update_endpoint(
    *, endpoint: WebhookEndpoint, origin: Origin, version: int | None = None, **values: Any
) -> WebhookEndpoint:
    """Changes url, description, events or enabled; TypeError for others, NotAllowed with words.

    Off cancels what waits; on forgets the failures. Looks a new name up: call it outside a transaction.
    """
    if strange := sorted(set(values) - set(EDITABLE)):
        raise TypeError(f"not editable here: {', '.join(strange)}")
    if "url" in values and values["url"].strip() != endpoint.url:
        values["url"] = checked(values["url"])
    if "events" in values:
        values["events"] = _events(values["events"])
    if "description" in values:
        values["description"] = values["description"].strip()
    with transaction.atomic():
        row = locked(endpoint, version=version)
        differences = assign(row, values)
        columns = list(differences)
        if "enabled" in differences:
            row.failing_since, row.off_since, row.last_error = None, None, ""
            columns += ["failing_since", "off_since", "last_error"]
            if not row.enabled:
                outcome.cancel(EventDelivery.unscoped.filter(endpoint=row), now=clock.now())
        if differences:
            save(row, columns)
            told = {name: each for name, each in differences.items() if name != "url"}
            _audit(row, "endpoint.updated", origin, {**told, "changed": sorted(differences)})
    return row


def delete_endpoint(*, endpoint: WebhookEndpoint, origin: Origin, version: int | None = None) -> None:
    """Takes an endpoint and its deliveries away; nothing more is sent to it."""
    with transaction.atomic():
        row = locked(endpoint, version=version)
        _audit(row, "endpoint.deleted", origin, {})
        row.delete()


def rotate_secret(
    *,
    endpoint: WebhookEndpoint,
    origin: Origin,
    overlap_hours: int = OVERLAP_HOURS,
    version: int | None = None,
) -> tuple[WebhookEndpoint, str]:
    """A new secret, told this once; the one before signs too for `overlap_hours` (0: no more from now on)."""
    if not 0 <= overlap_hours <= LONGEST_OVERLAP:
        raise NotAllowed(_("The old secret can go on for 0 to %(most)s hours.") % {"most": LONGEST_OVERLAP})
    secret = signing.new_secret()
    with transaction.atomic():
        row = locked(endpoint, version=version)
        row.sealed_before = row.sealed if overlap_hours else ""
        row.before_until = clock.now() + timedelta(hours=overlap_hours) if overlap_hours else None
        row.sealed = signing.seal(row, secret)
        save(row, ["sealed", "sealed_before", "before_until"])
        _audit(row, "endpoint.secret_rotated", origin, {"overlap_hours": overlap_hours})
    return row, secret


def send_test(*, endpoint: WebhookEndpoint, origin: Origin) -> EventDelivery:
    """Writes a `ping` for this endpoint alone; the worker sends it at once. NotAllowed while it is off."""
    _refuse_off(endpoint)
    now = clock.now()
    with transaction.atomic():
        event = OutgoingEvent.unscoped.create(
            account_id=endpoint.account_id,
            uid=new_uid(),
            kind=PING,
            at=now,
            data={
                "object": {"id": str(endpoint.pk), "url": endpoint.url, "events": endpoint.events},
                "changed": {},
                "origin": {"kind": origin.kind, "id": None if origin.id is None else str(origin.id)}
                | {"label": origin.label},
            },
        )
        made: EventDelivery = EventDelivery.unscoped.create(
            account_id=endpoint.account_id, endpoint=endpoint, event=event, due_at=now
        )
    return made


def replay(*, delivery: EventDelivery, origin: Origin) -> EventDelivery:
    """Sends one delivery now, whatever became of it, with the same webhook-id; NotAllowed while it is off."""
    _refuse_off(delivery.endpoint)
    with transaction.atomic():
        row: EventDelivery = EventDelivery.unscoped.select_for_update().get(pk=delivery.pk)
        if row.lease_until is not None and row.lease_until > clock.now():
            return row  # it is being sent at this moment
        row.become(State.WAITING, **_anew(clock.now()))
        _audit(delivery.endpoint, "endpoint.replayed", origin, {"deliveries": 1})
    return row


def replay_failed(*, endpoint: WebhookEndpoint, since: datetime, origin: Origin) -> int:
    """Sends again all that was given up or cancelled among the events since that moment; returns how many."""
    _refuse_off(endpoint)
    with transaction.atomic():
        rows = EventDelivery.unscoped.filter(endpoint=endpoint, state__in=FAILED, event__at__gte=since)
        count = int(rows.become(State.WAITING, **_anew(clock.now())))
        if count:
            _audit(endpoint, "endpoint.replayed", origin, {"deliveries": count, "since": since.isoformat()})
    return count


def _anew(now: datetime) -> dict[str, Any]:
    return {
        "due_at": now,
        "lease_until": None,
        "attempts": 0,
        "first_tried_at": None,
        "delivered_at": None,
        "status": None,
        "reason": "",
    }


def _events(events: Sequence[str]) -> list[str]:
    try:
        chosen = tidy(events)
    except ValueError as unknown:
        raise NotAllowed(_("There is no event “%(event)s”.") % {"event": unknown}) from None
    if not chosen:
        raise NotAllowed(_("Choose at least one event."))
    return chosen


def _refuse_off(endpoint: WebhookEndpoint) -> None:
    if not endpoint.enabled:
        raise NotAllowed(_("This endpoint is off. Switch it on first."))


def _audit(row: WebhookEndpoint, action: str, origin: Origin, data: dict[str, Any]) -> None:
    audit(account=row.account, origin=origin, action=action, subject=str(row), data=data)
