"""Staff's screen of associated fields: theirs come from the catalog, as at every other door (M10, M13)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.origin import Origin
from accounts.staff import StaffAdmin, trimmed
from accounts.staff_acts import Edit
from accounts.staff_forms import StaffForm, by_choice, by_row
from funnels.services import NotAllowed
from integrations.activation.mapping import doing
from integrations.models import Connection
from mapping import services
from mapping.admin import Mapping
from mapping.models import FieldMap


class FieldMapForm(StaffForm):
    """The services say in better words what the table's own constraints would say."""

    def validate_constraints(self) -> None:
        return None


@admin.register(FieldMap)
class FieldMapAdmin(Mapping):
    """Associated fields (M10): added, changed and removed through the services."""

    icon, rank = "compare_arrows", 440
    list_display = ("entity", "key", "their_name", "master", "empty", "counterpart", "account")
    list_filter = (by_row("account"), by_row("counterpart"), by_choice("entity"))
    finders: ClassVar = {"their_key": trimmed, "key": trimmed}
    form = FieldMapForm
    refusals = (*StaffAdmin.refusals, NotAllowed)
    adds = ("counterpart", "entity", "key", "their_key", "master", "empty")
    writes = ("master", "empty")

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:
        side = values.pop("counterpart")
        connection = Connection.unscoped.filter(counterpart=side).order_by("-pk").first()
        if connection is None:
            raise NotAllowed(str(_("No integration lists the fields of this account there.")))
        return doing.associate(connection=connection, **values, origin=origin)

    def update(self, edit: Edit) -> None:
        services.change_map(edit.row, version=edit.version, origin=edit.origin, **edit.values)

    def remove(self, *, row: models.Model, origin: Origin) -> None:
        assert isinstance(row, FieldMap)
        services.remove_map(row, origin=origin)
