"""One page of a long list: asks for one row more, never for a count."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

PAGE = 30
LAST = 1000


def paged(request: HttpRequest, rows: QuerySet[Any]) -> dict[str, Any]:
    """The rows of ?page= and its neighbours' numbers (0: none)."""
    typed = request.GET.get("page", "")
    number = min(max(int(typed) if typed.isdecimal() and len(typed) < 6 else 1, 1), LAST)
    start = (number - 1) * PAGE
    found = list(rows[start : start + PAGE + 1])
    return {
        "rows": found[:PAGE],
        "number": number,
        "previous": number - 1,
        "next": number + 1 if len(found) > PAGE else 0,
    }
