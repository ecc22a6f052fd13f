"""One conversation with a partner: its address and credentials, the door, and the ledger of exchanges."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accounts import erasure
from integrations import contract
from integrations.engine import clock, pace
from integrations.http import Door, ExchangeRecord, Request, Response, raise_for
from integrations.models import CatalogItem, Connection, Exchange
from integrations.models.outbox import OutboxAction
from integrations.vault import Vault, VaultLocked
from mapping.models import Link


@functools.cache
def door() -> Door:
    """This process's way out; made on first use, after any fork."""
    return Door(allow_private=settings.PARTNERS_ON_PRIVATE_ADDRESSES)


@functools.cache
def vault() -> Vault:
    """The vault with the installation's own keys."""
    return Vault(settings.VAULT_KEYS)


def sealing(connection: Connection) -> str:
    """What a connection's credentials are bound to: a sealed text copied elsewhere does not open."""
    return f"connection:{connection.pk}"


def opened(connection: Connection) -> dict[str, str]:
    """The connection's credentials in clear; Denied when no key of this installation opens them."""
    try:
        return vault().open(connection.sealed, context=sealing(connection))
    except VaultLocked:
        words = _("The stored credentials cannot be opened. Validate them again.")
        raise contract.Denied(words) from None


class PartnerCall:
    """contract.Call over HTTP for one connection; `credentials` in clear live only here.

    `paced`: each request takes its place in the connection's pace and waits up to `patience` seconds for
    it, else Throttled; None where the caller has reserved what the whole call needs. `before` runs ahead of
    each request; what it raises keeps the request from being sent.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        credentials: Mapping[str, str] | None = None,
        action: OutboxAction | None = None,
        deadline: float | None = None,
        paced: pace.Urgency | None = None,
        patience: float = 20.0,
        before: Callable[[], None] | None = None,
        now: Callable[[], datetime] = timezone.now,
    ) -> None:
        self._connection = connection
        self._action = action
        self._deadline = deadline or settings.CALL_DEADLINE
        self._now = now
        self._paced, self._patience = paced, patience
        self._before = before
        self._secrets: set[str] = set()
        self.partner = contract.partner(connection.partner)
        self.credentials = dict(credentials) if credentials is not None else opened(connection)
        self._secrets.update(
            self.credentials[field.name]
            for field in self.partner.credentials
            if field.secret and self.credentials.get(field.name)
        )
        configured = settings.PARTNER_URLS.get(connection.partner, "")
        self._base = self.partner.base_url(self.credentials, configured).rstrip("/")

    def __repr__(self) -> str:
        return f"PartnerCall({self._connection.partner})"

    def secret(self, kind: str, their_id: str, name: str) -> str:
        """A sealed value of a catalog row, "" when there is none."""
        row = CatalogItem.unscoped.filter(connection=self._connection, kind=kind, their_id=their_id).first()
        if row is None or not row.sealed:
            return ""
        value = vault().open(row.sealed, context=sealing(self._connection)).get(name, "")
        if value:
            self._secrets.add(value)
        return value

    def known(self, kind: str, their_ids: Collection[str]) -> set[str]:
        """Which of these are linked at this connection's counterpart."""
        links = Link.unscoped.filter(counterpart=self._connection.counterpart_id, kind=kind)
        return set(links.filter(their_id__in=list(their_ids)).values_list("their_id", flat=True))

    def hide(self, secret: str) -> None:
        """A secret that will be part of a request (a webhook's): blanked from now on."""
        self._secrets.add(secret)

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """One request and its answer; raises contract errors for anything but 2xx."""
        self._take_place()
        if self._before is not None:
            self._before()
        request = Request(
            method=method,
            url=f"{self._base}{path}",
            headers=dict(headers or {}),
            params=dict(params or {}),
            json=json,
            secret_values=tuple(self._secrets),
        )
        response = door().send(request, deadline_seconds=self._deadline, now=self._now, ledger=self._keep)
        raise_for(response)
        return response

    def _take_place(self) -> None:
        if self._paced is None:
            return
        until = time.monotonic() + self._patience
        while True:
            wait = pace.reserve(
                connection=self._connection,
                windows=tuple(self.partner.pace),
                cost=1,
                urgency=self._paced,
                now=clock.now(),
            )
            if wait <= 0:
                return
            if time.monotonic() + wait > until:
                raise contract.Throttled(_("Too many requests for this moment."), after=wait)
            time.sleep(wait)

    def _told(self, record: ExchangeRecord) -> str:
        """The answer's body; where people were erased, lists that may speak of them are not kept (X8)."""
        erased = _read_well(record) and erasure.any_erased(self._connection.account_id)
        return "" if erased else record.response_body

    def _keep(self, record: ExchangeRecord) -> None:
        if self._connection.pk is None:
            return
        Exchange.unscoped.create(
            account_id=self._connection.account_id,
            connection=self._connection,
            action=self._action,
            at=record.started_at,
            method=record.method,
            url=record.url[:1000],
            request_headers=_plain(record.request_headers),
            request_body=record.request_body,
            status=record.status,
            response_headers=_plain(record.response_headers),
            response_body=self._told(record),
            elapsed_ms=record.elapsed_ms,
            error=record.error[:500],
        )


def _read_well(record: ExchangeRecord) -> bool:
    return record.method in ("GET", "HEAD") and record.status is not None and record.status < 300


def _plain(headers: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in headers.items()}
