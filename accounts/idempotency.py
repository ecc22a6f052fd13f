"""A repeated POST with the same Idempotency-Key does nothing twice and gets the first answer again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from accounts.models import Account, IdempotencyKey
from accounts.rest.errors import IdempotencyInProgress, IdempotencyMismatch, invalid

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"  # on an answer that is told again
KEPT = timedelta(hours=24)
LEASE = timedelta(
    minutes=2
)  # a call to a partner takes seconds: a claim older than this died with its process
LONGEST = 200
KEPT_HEADERS = ("ETag", "Location")


@dataclass(frozen=True, kw_only=True)
class Once:
    """Which request it is: `route` is method and address, `digest` the body's (digest_of)."""

    account_id: int
    api_key_id: int
    route: str
    key: str
    digest: str


def once_of(request: Any) -> Once | None:
    """Which request it is, where it is a POST that bears an Idempotency-Key; raises InvalidParameter."""
    key = request.headers.get(HEADER) if request.method == "POST" else None
    if key is None:
        return None
    return Once(
        account_id=request.account.pk,
        api_key_id=request.origin.id,
        route=f"{request.method} {request.path.rstrip('/')}"[:200],
        key=read_key(key),
        digest=digest_of(request.data),
    )


def read_key(raw: str) -> str:
    """The header's value; raises InvalidParameter when empty, longer than 200 or not printable ASCII."""
    if not raw or len(raw) > LONGEST or not (raw.isascii() and raw.isprintable()):
        words = _("Use 1 to %(most)s printable ASCII characters.") % {"most": LONGEST}
        raise invalid(parameter=HEADER, words=words)
    return raw


def digest_of(body: Any) -> str:
    """The same for bodies that differ only in spacing or the order of their keys.

    Keyed, because a body may hold credentials that are easy to guess from a plain digest.
    """
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    raw = text.encode("utf-8", "surrogatepass")  # rows of a bulk call are looked at only later
    return salted_hmac("accounts.idempotency", raw, algorithm="sha256").hexdigest()


def answer_once(*, once: Once, work: Callable[[], Response], now: datetime) -> Response:
    """Runs `work` and keeps its answer in the same transaction: a crash in between leaves neither.

    A twin that comes meanwhile waits for this transaction and gets its answer. What `work` raises undoes
    the claim too, so a refused request can be repeated with the same key.
    """
    with transaction.atomic():
        claim, fresh = _claim(once, now)
        if not fresh:
            return _again(claim)
        response = work()
        _keep(claim, response)
        return response


def answer_remote_once(*, once: Once, work: Callable[[], Response], now: datetime) -> Response:
    """The same for work that talks to a partner, which holds no transaction: the claim is committed first.

    A twin gets 409 while it runs. A claim whose process died is free again after LEASE; such work may be
    repeated by its nature (checking credentials, activating what is active already).
    """
    with transaction.atomic():
        claim, fresh = _claim(once, now)
    if not fresh:
        return _again(claim)
    try:
        response = work()
    except BaseException:
        _mine(claim).delete()
        raise
    with transaction.atomic():
        if _mine(claim).select_for_update().exists():
            _keep(claim, response)
    return response


def answer_in_parts(
    *,
    once: Once | None,
    parts: Sequence[Callable[[], list[Any]]],
    finish: Callable[[list[Any]], Response],
    now: datetime,
) -> Response:
    """The same for work too long for one transaction: each part commits together with what it answered.

    `finish` makes the answer of all parts' rows. After a crash the repetition goes on behind the last part
    that committed, so no part is done twice; a twin gets 409 while it runs.
    """
    done: list[list[Any]] = []
    claim: IdempotencyKey | None = None
    if once is not None:
        with transaction.atomic():
            claim, fresh = _claim(once, now)
        if not fresh:
            return _again(claim)
        done = list(claim.body or ())
    try:
        for part in parts[len(done) :]:
            with transaction.atomic():
                done.append(part())
                _advance(claim, done)
    except BaseException:
        if claim:  # free at once for the repetition
            _mine(claim).update(created_at=now - LEASE - timedelta(seconds=1))
        raise
    response = finish([row for part in done for row in part])
    if claim:
        with transaction.atomic():
            if _mine(claim).select_for_update().exists():
                _keep(claim, response)
    return response


def forget_old(*, account: Account, now: datetime) -> int:
    """Deletes the account's answers older than 24 hours; returns how many (a retention job calls it)."""
    deleted: int = IdempotencyKey.objects.of(account).filter(created_at__lt=now - KEPT).delete()[0]
    return deleted


def _claim(once: Once, now: datetime) -> tuple[IdempotencyKey, bool]:
    """The row of this request and whether the work is ours to do."""
    identity = {"api_key_id": once.api_key_id, "route": once.route, "key": once.key}
    rows = IdempotencyKey.objects.of(once.account_id)
    rows.filter(**identity, created_at__lt=now - KEPT).delete()
    claim, fresh = rows.get_or_create(
        **identity,
        defaults={"account_id": once.account_id, "request_digest": once.digest, "created_at": now},
    )
    if claim.request_digest != once.digest:
        raise IdempotencyMismatch
    if fresh or claim.status_code is not None:
        return claim, fresh
    taken = claim.created_at < now - LEASE and _mine(claim).update(created_at=now)
    if not taken:
        raise IdempotencyInProgress
    claim.created_at = now
    return claim, True


def _mine(claim: IdempotencyKey) -> Any:
    """The claim's row as long as nobody else took it over."""
    return IdempotencyKey.objects.of(claim.account_id).filter(
        pk=claim.pk, created_at=claim.created_at, status_code=None
    )


def _advance(claim: IdempotencyKey | None, done: list[list[Any]]) -> None:
    """Keeps what the parts answered so far; where somebody took the claim over, this part is undone."""
    if claim and not _mine(claim).update(body=done):
        raise IdempotencyInProgress


def _keep(claim: IdempotencyKey, response: Response) -> None:
    # An answer that tells a secret once is kept with the secret sealed.
    data = getattr(response, "remembered", response.data)
    claim.status_code = response.status_code
    claim.body = None if data is None else json.loads(JSONRenderer().render(data))
    claim.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    claim.save(update_fields=["status_code", "body", "headers"])


def _again(claim: IdempotencyKey) -> Response:
    headers = {**claim.headers, REPLAYED: "true"}
    return Response(claim.body, status=claim.status_code, headers=headers)
