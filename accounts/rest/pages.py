"""Pages by id: stable while rows are added, without counting."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.errors import invalid
from accounts.rest.fields import read_id

USUAL, MOST = 50, 200
ORDERS = ("oldest", "newest")


class IdCursorPagination(BasePagination):
    """`cursor` is the id of the last row seen; `next` is an address under PUBLIC_URL, or null at the end.

    `key` is the column that is paged by, unique in the list.
    """

    key = "id"

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any]:
        """One page; raises InvalidParameter for a cursor, limit or order that cannot be read."""
        self.request = request
        self.key = getattr(view, "page_key", self.key)
        limit = self._limit(request.query_params.get("limit"))
        order = request.query_params.get("order", ORDERS[0])
        if order not in ORDERS:
            raise invalid(
                parameter="order", words=_("Use one of: %(choices)s.") % {"choices": ", ".join(ORDERS)}
            )
        newest = order == "newest"
        cursor = request.query_params.get("cursor")
        if cursor is not None:
            after = read_id(cursor)
            if after is None:
                raise invalid(
                    parameter="cursor", words=_("This cursor is not one of ours. Start again without it.")
                )
            queryset = queryset.filter(**{f"{self.key}__{'lt' if newest else 'gt'}": after})
        rows = list(queryset.order_by(f"{'-' if newest else ''}{self.key}")[: limit + 1])
        page = rows[:limit]
        self.cursor = str(getattr(page[-1], self.key)) if len(rows) > limit else None
        return page

    def get_paginated_response(self, data: Any) -> Response:
        """{"results": [...], "next": address or null}."""
        return Response({"results": data, "next": self._next()})

    def _next(self) -> str | None:
        if self.cursor is None:
            return None
        parameters = {**self.request.query_params.dict(), "cursor": self.cursor}
        return f"{settings.PUBLIC_URL}{self.request.path}?{urlencode(parameters)}"

    @staticmethod
    def _limit(raw: str | None) -> int:
        if raw is None:
            return USUAL
        limit = read_id(raw)
        if limit is None or limit > MOST:
            raise invalid(parameter="limit", words=_("Use a number from 1 to %(most)s.") % {"most": MOST})
        return limit

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The shape of a page for the OpenAPI document."""
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {
                    "type": ["string", "null"],
                    "format": "uri",
                    "description": "Address of the next page, null on the last one.",
                },
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:  # noqa: ARG002  # DRF's
        """The parameters of every list."""
        return [
            {
                "name": "cursor",
                "in": "query",
                "description": "Where the page starts; taken from `next`.",
                "schema": {"type": "string", "pattern": "^[0-9]{1,19}$"},
            },
            {
                "name": "limit",
                "in": "query",
                "description": "Rows in a page.",
                "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
            },
            {
                "name": "order",
                "in": "query",
                "description": "By id, oldest or newest first.",
                "schema": {"type": "string", "enum": list(ORDERS), "default": ORDERS[0]},
            },
        ]
