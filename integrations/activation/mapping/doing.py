"""Associating through a door: their field is looked up in the catalog, then mapping's services decide."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.origin import Origin
from funnels import queries
from funnels.fields import FieldType
from funnels.services import NotAllowed
from integrations.activation.mapping.theirs import TheirField, mappable_of, their_fields
from integrations.contract import partners
from integrations.models import Connection
from mapping import matrix, services
from mapping.convert import Shape
from mapping.models import Counterpart, FieldMap
from mapping.ours import OurField
from mapping.warnings import MISSING_HERE, MapWarning, warnings_of

YES_NO = ("Sim", "Não")  # what a checkbox says over there (M48)


def counterpart_of(connection: Connection) -> Counterpart:
    """Whose fields they are; raises NotAllowed before credentials were checked."""
    if connection.counterpart is None:
        raise NotAllowed(_("Validate the credentials first: they say which account's fields these are."))
    return connection.counterpart


def associate(
    *,
    connection: Connection,
    entity: str,
    key: str,
    their_key: str,
    master: str = FieldMap.Master.BOTH,
    empty: str = FieldMap.Empty.KEEP,
    origin: Origin,
) -> FieldMap:
    """A field of ours with one that the partner lists now; raises NotAllowed with words (M10, M13, M49)."""
    side = counterpart_of(connection)
    theirs = their_fields(connection).get(their_key)
    if theirs is None or theirs.gone:
        raise NotAllowed(
            _("The partner lists no field “%(key)s”. Create it there, then refresh the list.")
            % {"key": theirs.name if theirs else their_key}
        )
    return services.add_map(
        counterpart=side,
        kind=mappable_of(connection).record,
        entity=entity,
        key=key,
        their_key=theirs.key,
        their_name=theirs.name,
        their_type=theirs.type,
        master=master,
        empty=empty,
        origin=origin,
    )


def change(
    *,
    connection: Connection,
    row: FieldMap,
    master: str | None,
    empty: str | None,
    origin: Origin,
    version: int | None,
) -> FieldMap:
    """Changes an association; their field's new name, and a new type that still fits, are followed."""
    theirs = their_fields(connection).get(row.their_key)
    listed = theirs is not None and not theirs.gone
    fits = listed and theirs is not None and theirs.type in matrix.compatible(row.partner, row.our_type)
    return services.change_map(
        row,
        master=master,
        empty=empty,
        their_name=theirs.name if listed and theirs is not None else None,
        their_type=theirs.type if fits and theirs is not None else None,
        origin=origin,
        version=version,
    )


def rows_of(connection: Connection) -> list[FieldMap]:
    """The connection's associations in their order, with our fields; one query."""
    rows = FieldMap.objects.of(connection.account_id).filter(counterpart_id=connection.counterpart_id)
    return list(rows.select_related("field").order_by("entity", "pk"))


def drift_of(row: FieldMap, theirs: TheirField | None, pairs: set[tuple[str, str]]) -> str:
    """Why it stands still: gone over there · unfit (its type changed) · retyped (to one that fits), or ""."""
    if theirs is None or theirs.gone:
        return "gone"
    if (row.our_type, theirs.type) not in pairs:
        return "unfit"
    return "retyped" if theirs.type != row.their_type else ""


def members_of(connection: Connection) -> list[str]:
    """What a user field can say; one query."""
    return [user.name for user in queries.members(connection.account)]


def sends(connection: Connection) -> bool:
    """Whether values travel to the partner in the connection's flow (M45)."""
    return partners()[connection.partner].sends(connection.flow)


def warnings_between(
    ours: OurField, theirs: TheirField, members: Sequence[str], *, sends: bool = True
) -> list[MapWarning]:
    """What travels badly between two fields (pain 10); without `sends`, what comes badly from there."""
    choices = {FieldType.CHECKBOX: YES_NO, FieldType.USER: members}.get(FieldType(ours.type), ours.options)
    found = warnings_of(
        Shape(type=ours.type, options=ours.options, longest=ours.longest),
        Shape(type=theirs.type, options=theirs.options, longest=theirs.longest),
        our_choices=choices,
    )
    return [each for each in found if sends or each.code == MISSING_HERE]
