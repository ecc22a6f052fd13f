"""Rows of the engine whose state moves only along a table of allowed changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone


class NotAllowedChange(Exception):
    """A change of state that the table does not have: a programming error, not a partner's."""


class ChangingQuerySet(models.QuerySet[Any]):
    """Changes many rows at once, and only those whose state allows it."""

    def become(self, state: str, **values: Any) -> int:
        """How many rows changed; rows in a state from which the change is not allowed stay as they are."""
        sources = [source for source, targets in self.model.ALLOWED.items() if state in targets]
        return self.filter(state__in=sources).update(state=state, updated_at=timezone.now(), **values)


class Changing(models.Model):
    """`ALLOWED` maps each state to those that may follow it; `updated_at` is when the state was last written.

    It is null on rows older than the column, and a new due time or reason alone does not move it.
    """

    ALLOWED: ClassVar[Mapping[str, frozenset[str]]] = {}
    state: models.CharField
    updated_at = models.DateTimeField(auto_now=True, null=True)

    class Meta:
        abstract = True

    def become(self, state: str, **values: Any) -> Self:
        """Writes the next state and these fields; NotAllowedChange when the table does not have it."""
        if state not in self.ALLOWED[self.state]:
            raise NotAllowedChange(f"{type(self).__name__} {self.pk}: {self.state} → {state}")
        self.state = state
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=["state", "updated_at", *values])
        return self
