"""POST /hooks/<partner>/<token>/: verify, store, answer; before every middleware that could redirect."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.sent_bodies import first_bytes
from integrations import contract
from integrations.engine import take_in
from integrations.engine.caller import sealing, vault
from integrations.models import Connection, Delivery

PATH = re.compile(r"^/hooks/(?P<partner>[a-z0-9_-]+)/(?P<token>[A-Za-z0-9_-]{20,64})/?$")


class WebhookMiddleware:
    """Answers /hooks/ itself: with and without the final slash, never 3xx, 2xx only after commit."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/hooks/"):
            return self._next(request)
        with translation.override("pt-br"):
            return receive(request)


def receive(request: HttpRequest) -> HttpResponse:
    """200 stored or known · 400 cut off · 401 signature · 404 unknown address · 405 · 413 too large."""
    if request.method != "POST":
        return _problem(405, "method_not_allowed", _("Send news with POST."), Allow="POST")
    body = read_body(request)
    if body is None:
        return _problem(413, "too_large", _("The body is larger than 8 MB. Send smaller parts."))
    announced = request.META.get("CONTENT_LENGTH") or ""
    if announced.isdecimal() and len(body) < int(announced):
        return _problem(400, "cut_off", _("The body ended before its announced length. Send it again."))
    found = PATH.match(request.path_info)
    connection = (
        Connection.unscoped.filter(partner=found["partner"], webhook_token=found["token"])
        .exclude(state=Connection.State.INACTIVE)
        .first()
        if found
        else None
    )
    if connection is None or connection.partner not in contract.partners():
        return _problem(404, "unknown_address", _("This address belongs to no connection. Check it."))
    partner = contract.partner(connection.partner)
    headers = {name.lower(): value for name, value in request.headers.items()}
    dedupe = headers.get(partner.delivery_id_header.lower()) if partner.delivery_id_header else None
    secret = webhook_secret(connection)
    if partner.signs and not secret:
        # Before we registered nobody of theirs has this address: whoever does is not them.
        return _problem(404, "unknown_address", _("This address belongs to no connection. Check it."))
    if secret and partner.verify(headers, body, secret) is False:
        take_in.store_delivery(
            connection=connection,
            source=Delivery.Source.WEBHOOK,
            headers=headers,
            body=body,
            dedupe=None,
            now=timezone.now(),
            state=Delivery.State.UNVERIFIED,
        )
        take_in.forget_unverified(connection)
        return _problem(401, "bad_signature", _("The signature does not match. Check the webhook's secret."))
    stored = take_in.store_delivery(
        connection=connection,
        source=Delivery.Source.WEBHOOK,
        headers=headers,
        body=body,
        dedupe=dedupe,
        now=timezone.now(),
    )
    return _json(200, {"status": "stored" if stored else "known"})


def webhook_secret(connection: Connection) -> str:
    """The secret that the partner signs with, "" before we registered."""
    if not connection.sealed_webhook:
        return ""
    opened = vault().open(connection.sealed_webhook, context=sealing(connection))
    return opened.get("secret", "")


def read_body(request: HttpRequest) -> bytes | None:
    """The whole body, also when chunked (its length unknown); None when larger than is stored."""
    length = request.META.get("CONTENT_LENGTH") or ""
    announced = int(length) if length.isdecimal() else None
    body = first_bytes(request, most=settings.WEBHOOK_MAX_BYTES, announced=announced)
    return None if len(body) > settings.WEBHOOK_MAX_BYTES else body


def _problem(status: int, code: str, words: str, **headers: str) -> HttpResponse:
    body: Mapping[str, object] = {
        "type": "about:blank",
        "title": words,
        "status": status,
        "code": code,
    }
    response = _json(status, body, content_type="application/problem+json")
    for name, value in headers.items():
        response[name] = value
    return response


def _json(status: int, body: Mapping[str, object], content_type: str = "application/json") -> HttpResponse:
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=content_type)
