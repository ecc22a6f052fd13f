"""What every service shares: loading a row under lock, noting what changed, and telling it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership, User
from accounts.origin import Origin
from accounts.scoping import SomeoneElseChangedThis, VersionedModel
from funnels.models import Change, Company, CustomField, Deal, Person
from funnels.signals import changed


class NotAllowed(Exception):
    """The CRM's own rules forbid it; `words` says what to do, `field` is the path of what is meant, or ""."""

    field = ""

    def __init__(self, words: str, *, field: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.field = field


class ChecklistPending(NotAllowed):
    """Mandatory checklist items or required fields are open (S8); `missing` lists their texts."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(_("This comes first: %(items)s.") % {"items": "; ".join(missing)})
        self.missing = list(missing)


MACHINES = {"connection", "system"}  # origins that may write what integrations own
M = TypeVar("M", bound=VersionedModel)


def locked(row: M, *, version: int | None = None) -> M:
    """The row as it stands in the database, locked until the transaction ends.

    Raises SomeoneElseChangedThis when `version` is given and is not the row's.
    """
    fresh = type(row).unscoped.select_for_update().get(pk=row.pk)
    if version is not None and fresh.version != version:
        raise SomeoneElseChangedThis
    return fresh


def refuse_other_names(values: Mapping[str, Any], editable: frozenset[str]) -> None:
    """Raises TypeError, as for an unknown argument, for a field that has its own service or none."""
    strange = sorted(set(values) - editable)
    if strange:
        raise TypeError(f"not editable here: {', '.join(strange)}")


def assign(row: VersionedModel, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Sets what differs and returns field → [before, after] as JSON values; saves nothing."""
    differences: dict[str, list[Any]] = {}
    for name, after in values.items():
        before = getattr(row, name)
        if before == after:
            continue
        setattr(row, name, after)
        differences[name] = [as_json(before), as_json(after)]
    return differences


def as_json(value: Any) -> Any:
    """A field's value for the journal: ids for rows, text for what JSON does not know."""
    if isinstance(value, models.Model):
        return value.pk
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    return str(value)


def save(row: VersionedModel, fields: Sequence[str]) -> None:
    """Writes these fields, the next version and the time."""
    row.version += 1
    row.save(update_fields=[*fields, "version", "updated_at"])


def touch(row: VersionedModel) -> None:
    """The next version of a row that is shown with others, of which one came, went or changed."""
    save(locked(row), [])


def note(
    *,
    row: VersionedModel,
    kind: str,
    fields: Mapping[str, Any],
    origin: Origin,
    deal: Deal | None = None,
) -> Change:
    """One line for the journal, not yet written (tell writes it)."""
    return Change(
        account_id=row.account_id,
        entity=type(row)._meta.model_name or "",
        entity_id=row.pk,
        deal=deal,
        kind=kind,
        fields=dict(fields),
        origin_kind=origin.kind,
        origin_id=origin.id,
        origin_label=origin.label[:160],
        at=timezone.now(),
    )


def tell(changes: Sequence[Change], *, origin: Origin) -> None:
    """Writes journal lines and sends them out, inside the caller's transaction; none is no call."""
    if not changes:
        return
    Change.unscoped.bulk_create(changes)
    changed.send(sender=Change, changes=list(changes), origin=origin)


def same_account(account_id: int, *rows: models.Model | None) -> None:
    """Refuses to tie rows of two accounts together; doors scope first, this is the last line."""
    for row in rows:
        if row is not None and getattr(row, "account_id", account_id) != account_id:
            raise NotAllowed(_("This belongs to another account."))


def same_member(account_id: int, user: User | None) -> None:
    """Refuses to give a row to someone who is not an active member of its account; None is nobody."""
    if user is None:
        return
    members = Membership.objects.of(account_id).filter(is_active=True, user__is_active=True)
    if not members.filter(user=user).exists():
        raise NotAllowed(_("Choose someone who is an active member of this account."))


def merge_custom(row: Deal | Person | Company, values: Mapping[str, str], origin: Origin) -> dict[str, str]:
    """The row's custom fields with these written over them, key by key.

    Raises NotAllowed as refuse_system_fields does, but only for keys whose value differs.
    """
    given = {key: value for key, value in values.items() if row.custom.get(key, "") != value}
    refuse_system_fields(row.account_id, type(row), given, origin)
    return {**row.custom, **given}


def refuse_system_fields(
    account_id: int, model: type[models.Model], values: Mapping[str, str], origin: Origin
) -> None:
    """Raises NotAllowed when people write a custom field that is unknown or of the integrations (M17–M19)."""
    if not values or origin.kind in MACHINES:
        return
    entity = model._meta.model_name
    fields = {
        f.key: f
        for f in CustomField.unscoped.filter(account_id=account_id, entity=entity, key__in=list(values))
    }
    for key in values:
        field = fields.get(key)
        if field is None:
            raise NotAllowed(_("There is no field “%(key)s” here.") % {"key": key})
        if field.writer != CustomField.Writer.PEOPLE:
            raise NotAllowed(_("“%(field)s” is written by the integration only.") % {"field": field.label})
