"""Serializers that refuse unknown fields, ids shown as text, and relations that stay inside the account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import serializers

from accounts.models import Account, User
from accounts.rest.errors import NotHere, UnknownField, not_here, unknown

BIGGEST = 2**63 - 1
_NOBODY = User.objects.none()  # DRF asks for a queryset; each request has its own
ID_SCHEMA = {"type": "string", "pattern": "^[0-9]{1,19}$", "examples": ["42"]}


def read_id(raw: object) -> int | None:
    """A row's id from text or a number; None when it is neither or out of the 64-bit range."""
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        return None
    text = str(raw)
    if not (text.isascii() and text.isdecimal() and len(text) <= 19):
        return None
    return number if 0 < (number := int(text)) <= BIGGEST else None


def rows_of(model: type[models.Model], account: Account, *, deleted: bool = False) -> models.QuerySet[Any]:
    """The account's rows that can be pointed at: active members for users, nothing deleted.

    `deleted`: deleted rows too, and members who have left.
    """
    if model is User:
        here = {} if deleted else {"memberships__is_active": True}
        return User.objects.filter(memberships__account=account, **here)
    rows: models.QuerySet[Any] = model.objects.of(account)  # type: ignore[attr-defined]
    return rows.filter(deleted_at=None) if hasattr(model, "deleted_at") and not deleted else rows


class Strict(serializers.Serializer[Any]):
    """A body or an answer; a body with a field that cannot be written raises UnknownField."""

    def to_internal_value(self, data: Any) -> Any:
        """The values; nested fields are named with their path."""
        if isinstance(data, Mapping):
            writable = {name for name, field in self.fields.items() if not field.read_only}
            strangers = [_path(self, str(name)) for name in data if name not in writable]
            if strangers:
                raise unknown(UnknownField, strangers, _("This field cannot be written here."))
        return super().to_internal_value(data)


def _path(serializer: serializers.BaseSerializer[Any], name: str) -> str:
    parent = serializer.parent
    return _path(parent, f"{serializer.field_name}.{name}") if parent and serializer.field_name else name


class MomentField(serializers.DateTimeField):
    """A moment to write: ISO 8601 with its time zone; without one it is nobody's and everybody's."""

    def enforce_timezone(self, value: datetime) -> datetime:
        """The moment; raises ValidationError for one without a zone, and so for a date alone."""
        if timezone.is_naive(value):
            words = _("Write a moment with its time zone, such as 2026-01-31T12:00:00Z.")
            raise serializers.ValidationError(words)
        return super().enforce_timezone(value)


class IdField(serializers.Field[Any, Any, Any, Any]):
    """An id to read: 64 bits as text, because JavaScript's numbers end at 53."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"read_only": True, **options})

    def to_representation(self, value: Any) -> str:
        """The id as text."""
        return str(value)


class ScopedRelation(serializers.RelatedField[Any, Any, Any]):
    """A row of the request's own account, by id; a stranger's id is a 404 that names the field.

    `deleted`: deleted rows too. What the row that is changed points at already may be written back, deleted
    or not; `standing` gives its ids where they are not in the column of the field's name.
    """

    def __init__(
        self,
        model: type[models.Model],
        *,
        deleted: bool = False,
        standing: Callable[[Any], Iterable[int]] | None = None,
        **options: Any,
    ) -> None:
        self.model, self.deleted, self.standing = model, deleted, standing
        if not options.get("read_only"):
            options["queryset"] = _NOBODY
        super().__init__(**options)

    def use_pk_only_optimization(self) -> bool:
        """The id stands in the row: showing it costs no query."""
        return True

    def to_internal_value(self, data: Any) -> Any:
        """The row; raises NotHere for an id that is nobody's in this account."""
        return self._find([data])[0]

    def to_representation(self, value: Any) -> str:
        """The id as text."""
        return str(value.pk)

    def _find(self, given: list[Any]) -> list[Any]:
        ids = [number for one in given if (number := read_id(one)) is not None]
        if len(ids) < len(given):
            raise serializers.ValidationError(_("Write an id, such as “42”."))
        account = self.context["request"].account
        found = rows_of(self.model, account, deleted=self.deleted).in_bulk(ids)
        if lacking := [one for one in ids if one not in found]:
            kept = set(lacking) & set(self.standing_on(self.root.instance))
            found |= rows_of(self.model, account, deleted=True).in_bulk(kept) if kept else {}
        for one in lacking:
            if one not in found:
                raise no_such(field=str(self.field_name), model=self.model, id=one)
        return [found[one] for one in dict.fromkeys(ids)]

    def standing_on(self, row: Any) -> Iterable[int]:
        """The ids that this row has in the field; none for None, a row that is yet to be made."""
        if row is None:
            return ()
        if self.standing is not None:
            return self.standing(row)
        id = getattr(row, f"{self.source}_id", None)
        return () if id is None else (id,)


def no_such(*, field: str, model: type[models.Model], id: int) -> NotHere:
    """The 404 for an id of the model that is nobody's in the account; `field` is named in it."""
    words = _("There is no %(what)s with the id %(id)s in this account.")
    return not_here(field=field, words=words % {"what": model._meta.verbose_name, "id": id})


class ScopedRelations(ScopedRelation):
    """Several rows of the request's own account, by id, in one query; at most 200.

    `once`: an id that stands there twice is refused; else it counts as one.
    """

    MOST = 200

    def __init__(self, model: type[models.Model], *, once: bool = False, **options: Any) -> None:
        self.once = once
        super().__init__(model, **options)

    def use_pk_only_optimization(self) -> bool:
        """A list has no single id."""
        return False

    def to_internal_value(self, data: Any) -> list[Any]:
        """The rows in the order given, without repeats."""
        if not isinstance(data, list):
            raise serializers.ValidationError(_("Write a list of ids."))
        if len(data) > self.MOST:
            raise serializers.ValidationError(_("At most %(most)s ids.") % {"most": self.MOST})
        found = self._find(data)
        if self.once and len(found) < len(data):
            raise serializers.ValidationError(_("This stands there twice."))
        return found

    def to_representation(self, value: Iterable[Any]) -> Any:
        """The ids as text; `value` is an iterable of ids."""
        return [str(one) for one in value]


class Word(serializers.ChoiceField):
    """One of a few words; its class gives the enumeration its name in the OpenAPI document: DealStatus."""

    def __init__(self, words: type[models.TextChoices], **options: Any) -> None:
        self.words = words
        super().__init__(words.choices, **options)


class WordSchema(OpenApiSerializerFieldExtension):
    """How words stand in the OpenAPI document: one named component for each enumeration."""

    target_class = Word

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Any:  # noqa: ARG002  # the signature is the framework's
        """A reference to the enumeration."""
        component = ResolvedComponent(
            name=self.target.words.__qualname__.replace(".", ""),
            type=ResolvedComponent.SCHEMA,
            schema={"type": "string", "enum": list(self.target.words.values)},
            object=self.target.words,
        )
        auto_schema.registry.register_on_missing(component)
        return component.ref


class IdFieldSchema(OpenApiSerializerFieldExtension):
    """How ids stand in the OpenAPI document."""

    target_class = IdField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:  # noqa: ARG002  # the signature is the framework's
        """A string of digits."""
        return dict(ID_SCHEMA)


class RelationSchema(OpenApiSerializerFieldExtension):
    """How relations stand in the OpenAPI document; `x-of` names what the id belongs to."""

    target_class = ScopedRelation
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:  # noqa: ARG002  # the signature is the framework's
        """A string of digits, or a list of them."""
        one = {**ID_SCHEMA, "x-of": self.target.model.__name__}
        if isinstance(self.target, ScopedRelations):
            return {"type": "array", "items": one, "maxItems": ScopedRelations.MOST}
        return one
