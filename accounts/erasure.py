"""Whom an account must not know again: keyed hashes of what an erased person was known by (X8)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import Erased

Mark = tuple[str, str]
"""What kind of mark (email · phone · "<partner>:lead") and its normal form."""


def digest(account_id: int, mark: Mark) -> str:
    """HMAC-SHA-256 in hex, bound to the account and the kind: without the key nobody can try out numbers."""
    text = f"{account_id}\0{mark[0]}\0{mark[1]}".encode()
    return hmac.new(settings.ERASURE_KEY.encode(), text, hashlib.sha256).hexdigest()


def remember(*, account_id: int, marks: Iterable[Mark], at: datetime) -> None:
    """From now on these are known as erased; blank marks are left out, known ones stay as they are."""
    rows = [
        Erased(account_id=account_id, kind=mark[0], digest=digest(account_id, mark), erased_at=at)
        for mark in dict.fromkeys(marks)
        if mark[1]
    ]
    Erased.objects.of(account_id).bulk_create(rows, ignore_conflicts=True)


def any_erased(account_id: int) -> bool:
    """Whether anybody ever was erased in the account; one query."""
    return Erased.objects.of(account_id).exists()


def forgotten(*, account_id: int, marks: Iterable[Mark]) -> set[Mark]:
    """Those of the marks that were erased in the account; two queries, one where nothing ever was."""
    wanted = {digest(account_id, mark): mark for mark in marks if mark[1]}
    if not wanted or not any_erased(account_id):
        return set()
    found = Erased.objects.of(account_id).filter(digest__in=list(wanted)).values_list("digest", flat=True)
    return {wanted[each] for each in found}


def last_erased(*, account_id: int, marks: Iterable[Mark]) -> datetime | None:
    """When somebody known by one of these marks was erased, None for nobody; one query."""
    return _rows(account_id, marks).order_by("-erased_at").values_list("erased_at", flat=True).first()


def allow(*, account_id: int, marks: Iterable[Mark]) -> int:
    """These may be known again, because she came back of her own; returns how many were forgotten."""
    return int(_rows(account_id, marks).delete()[0])


def _rows(account_id: int, marks: Iterable[Mark]) -> QuerySet[Any]:
    digests = [digest(account_id, mark) for mark in marks if mark[1]]
    return Erased.objects.of(account_id).filter(digest__in=digests)
