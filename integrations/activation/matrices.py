"""What partners declare about their fields, told to mapping, which never hears of partners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.models.signals import post_migrate

from integrations.contract import partners
from mapping import matrix, ours
from mapping.models import TypePair

ID = "integrations.activation.matrices"


def register() -> None:
    """Called once by the app's ready(): matrices are written after each migration."""
    matrix.labelled_by(type_labels)
    ours.kept_by(own_fields)
    post_migrate.connect(after_migrate, sender=apps.get_app_config("integrations"), dispatch_uid=ID)


def after_migrate(*, using: str, **_given: Any) -> None:
    """Writes every matrix, where the table is there already (a migration may stop before it)."""
    if TypePair._meta.db_table in connections[using].introspection.table_names():
        declare_all()


def declare_all() -> None:
    """The matrix of every registered partner as it declares it now; none for one without fields (M13)."""
    for slug, partner in partners().items():
        matrix.declare(slug, partner.mappable.pairs if partner.mappable else ())


def type_labels(slug: str) -> Mapping[str, object]:
    """A partner's types of fields with their labels."""
    partner = partners().get(slug)
    spec = partner.mappable if partner else None
    return {type: each.label for type, each in spec.types.items()} if spec else {}


def own_fields() -> set[tuple[str, str]]:
    """The deal fields that partners make and fill themselves (M6): they are associated already."""
    return {("deal", field.key) for partner in partners().values() for field in partner.fields}
