"""Rows belong to an account: `objects` asks for `.of(account)`, `unscoped` is for engine and staff."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.db import models


class NotScoped(RuntimeError):
    """A query on a tenant's table without its account."""


class ScopedManager(models.Manager[Any]):
    """Gives rows of one account only; every other call raises NotScoped (house.md, "Scoping")."""

    def of(self, account: models.Model | int) -> models.QuerySet[Any]:
        """The rows of `account` (an Account or its id)."""
        account_id = account if isinstance(account, int) else account.pk
        return super().get_queryset().filter(account_id=account_id)

    def none(self) -> models.QuerySet[Any]:
        """No rows: what a form's choices are before its account is known."""
        return super().get_queryset().none()

    def get_queryset(self) -> NoReturn:
        raise NotScoped(f"{self.model.__name__}.objects needs .of(account); staff and engine use .unscoped")


class ScopedModel(models.Model):
    """A row of one account. `unscoped` is Django's default manager, so admin and relations keep working."""

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="+", db_index=True)

    unscoped: ClassVar[models.Manager[Any]] = models.Manager()
    objects = ScopedManager()

    class Meta:
        abstract = True
        default_manager_name = "unscoped"
        base_manager_name = "unscoped"


class VersionedModel(ScopedModel):
    """A row that people edit: `version` counts its saves and is the API's ETag."""

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(ScopedModel.Meta):
        abstract = True


class SomeoneElseChangedThis(Exception):
    """The row's version is not the one that the editor saw (412 in the API, a sentence in forms)."""
