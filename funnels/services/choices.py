"""Who may be chosen in a field that names users: the integration's own people only (M16)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from accounts.origin import Origin
from funnels.models import Change, CustomField
from funnels.services.journal import assign, locked, note, save, tell


def set_choices(*, field: CustomField, options: Sequence[str], origin: Origin) -> CustomField:
    """The field's choices become these, as ids in text; values that are there already stay."""
    with transaction.atomic():
        row = locked(field)
        differences = assign(row, {"options": list(options)})
        if differences:
            save(row, ["options"])
            tell([note(row=row, kind=Change.Kind.UPDATED, fields=differences, origin=origin)], origin=origin)
    return row
