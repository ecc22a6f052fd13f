"""The filters of a list, as a table: how each is read, applied and documented."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from accounts.models import Account
from accounts.rest.errors import invalid, not_here
from accounts.rest.fields import ID_SCHEMA, read_id, rows_of

LOOK_BACK = timedelta(seconds=60)  # a row's id and time are taken before its transaction commits
LONGEST = 250


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One query parameter of a list; `lookup` is the column's lookup, the parameter's name when empty.

    `default` is what is read where the parameter is not given; None filters nothing.
    """

    name: str
    lookup: str = ""
    description: str = ""
    default: str | None = None

    @property
    def column(self) -> str:
        """The lookup that it filters by."""
        return self.lookup or self.name

    def schema(self) -> dict[str, Any]:
        """Its type in the OpenAPI document."""
        return {"type": "string", "maxLength": LONGEST}

    def value(self, raw: str, account: Account) -> Any:  # noqa: ARG002  # IdFilter needs it
        """The text as a value; raises InvalidParameter or NotHere."""
        if len(raw) > LONGEST or "\0" in raw:
            raise invalid(parameter=self.name, words=_("This text cannot be searched for."))
        return raw

    def apply(self, rows: QuerySet[Any], raw: str, account: Account) -> QuerySet[Any]:
        """The rows that fit."""
        return rows.filter(**{self.column: self.value(raw, account)})

    def parameter(self) -> OpenApiParameter:
        """Its entry in the OpenAPI document."""
        return OpenApiParameter(
            self.name, self.schema(), OpenApiParameter.QUERY, description=self.description
        )


@dataclass(frozen=True, kw_only=True)
class IdFilter(Filter):
    """The id of a row of the same account, be it deleted; a stranger's is a 404 that names the parameter."""

    model: type[models.Model]

    def schema(self) -> dict[str, Any]:
        """A string of digits; `x-of` names what the id belongs to."""
        return {**ID_SCHEMA, "x-of": self.model.__name__}

    def value(self, raw: str, account: Account) -> Any:  # IdFilter needs it
        """The id, after looking whether it is of this account."""
        number = read_id(raw)
        if number is None:
            raise invalid(parameter=self.name, words=_("Write an id, such as “42”."))
        # Living rows go on pointing at deleted ones, and cards at owners who have left.
        if not rows_of(self.model, account, deleted=True).filter(pk=number).exists():
            raise not_here(field=self.name)
        return number


@dataclass(frozen=True, kw_only=True)
class Choice(Filter):
    """One of a few words."""

    choices: Sequence[str]

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"type": "string", "enum": [str(choice) for choice in self.choices]}

    def value(self, raw: str, account: Account) -> Any:  # noqa: ARG002  # IdFilter needs it
        """The word."""
        if raw not in self.choices:
            words = _("Use one of: %(choices)s.") % {"choices": ", ".join(map(str, self.choices))}
            raise invalid(parameter=self.name, words=words)
        return raw


@dataclass(frozen=True, kw_only=True)
class Key(Filter):
    """Text compared by its stored key (without case and accents, a phone without its ninth digit)."""

    key: Callable[[str], str]

    def value(self, raw: str, account: Account) -> Any:  # IdFilter needs it
        """The key of the text."""
        return self.key(super().value(raw, account))


@dataclass(frozen=True, kw_only=True)
class Flag(Filter):
    """true or false."""

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}

    def value(self, raw: str, account: Account) -> Any:  # noqa: ARG002  # IdFilter needs it
        """The boolean."""
        if raw not in ("true", "false"):
            raise invalid(
                parameter=self.name, words=_("Use one of: %(choices)s.") % {"choices": "true, false"}
            )
        return raw == "true"


@dataclass(frozen=True, kw_only=True)
class WithDeleted(Flag):
    """Whether deleted rows are listed too; they are hidden where it is not given."""

    name: str = "include_deleted"
    lookup: str = "deleted_at"
    default: str | None = "false"
    description: str = "List deleted rows too; `deleted_at` says when they were deleted."

    def apply(self, rows: QuerySet[Any], raw: str, account: Account) -> QuerySet[Any]:
        """All rows, or those that are not deleted."""
        return rows if self.value(raw, account) else rows.filter(**{self.lookup: None})


@dataclass(frozen=True, kw_only=True)
class Since(Filter):
    """Rows changed at or after a moment; looks back 60 s (interface.md), so expect some rows again."""

    name: str = "updated_since"
    lookup: str = "updated_at__gte"
    description: str = "Rows changed since this moment (ISO 8601 with a time zone); looks back 60 seconds."

    def schema(self) -> dict[str, Any]:
        """A moment."""
        return {"type": "string", "format": "date-time"}

    def value(self, raw: str, account: Account) -> datetime:  # noqa: ARG002  # IdFilter needs it
        """The moment less the look-back."""
        try:
            # In an address a bare + is a space: 2026-01-01T00:00:00+03:00 arrives without it.
            moment = parse_datetime(raw.replace(" ", "+") if "T" in raw else raw)
            aware = moment if moment is None or timezone.is_aware(moment) else None
            # PostgreSQL reads no offset beyond 16 hours; Python and ISO 8601 know some.
            return aware.astimezone(UTC) - LOOK_BACK if aware else self._refuse()
        except (ValueError, OverflowError):
            return self._refuse()

    def _refuse(self) -> datetime:
        words = _("Write a moment with its time zone, such as 2026-01-31T12:00:00Z.")
        raise invalid(parameter=self.name, words=words)
