"""The only writers of associated fields; each refuses with words before the database does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.origin import Origin
from accounts.services import audit
from funnels.services import NotAllowed
from funnels.services.journal import assign, locked, save
from mapping import matrix
from mapping.models import Counterpart, FieldMap
from mapping.ours import OurField, field_of, our_field

Master, Empty = FieldMap.Master, FieldMap.Empty
LONGEST = {"their_key": 120, "their_name": 250}  # what the columns hold


def add_map(
    *,
    counterpart: Counterpart,
    kind: str,
    entity: str,
    key: str,
    their_key: str,
    their_name: str,
    their_type: str,
    master: str = Master.BOTH,
    empty: str = Empty.KEEP,
    origin: Origin,
) -> FieldMap:
    """Associates a field of ours with one of theirs (M10, M13, M49).

    Raises NotAllowed for a field that is not ours or not to be associated, types that do not fit (naming
    those that do), a field of either side that is associated already (naming with what), a name too long.
    """
    _check_choices(master, empty)
    _check_lengths(their_key=their_key, their_name=their_name)
    with transaction.atomic():
        side = Counterpart.unscoped.select_for_update().get(
            pk=counterpart.pk
        )  # one at a time: words, not errors
        ours = our_field(side.account_id, entity=entity, key=key)
        if ours is None:
            raise NotAllowed(_("There is no field “%(key)s” here that can be associated.") % {"key": key})
        _check_types(side.slug, ours, their_name or their_key, their_type)
        _check_free(side, kind, ours, their_key)
        row = FieldMap(
            account_id=side.account_id,
            counterpart=side,
            entity=entity,
            key=key,
            field=ours.field,
            kind=kind,
            their_key=their_key,
            their_name=their_name,
            pair_id=matrix.pair_id(side.slug, ours.type, their_type),
            partner=side.slug,
            our_type=ours.type,
            their_type=their_type,
            master=master,
            empty=empty,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            _check_free(side, kind, ours, their_key)  # somebody was quicker: the same words
            raise
        _audit(row, "mapping.add", origin, {"master": master, "empty": empty, "type": their_type})
    return row


def change_map(
    map: FieldMap,
    *,
    master: str | None = None,
    empty: str | None = None,
    their_name: str | None = None,
    their_type: str | None = None,
    origin: Origin,
    version: int | None = None,
) -> FieldMap:
    """Changes what is given: who decides, what an empty value does, how their field is called and its type.

    Raises NotAllowed as add_map does, and SomeoneElseChangedThis for an old version.
    """
    with transaction.atomic():
        row = locked(map, version=version)
        values: dict[str, Any] = {
            name: value
            for name, value in (
                ("master", master),
                ("empty", empty),
                ("their_name", their_name),
                ("their_type", their_type),
            )
            if value is not None
        }
        _check_choices(values.get("master", row.master), values.get("empty", row.empty))
        _check_lengths(their_key=row.their_key, their_name=values.get("their_name", row.their_name))
        if values.get("their_type", row.their_type) != row.their_type:
            _check_types(row.partner, field_of(row), row.their_name or row.their_key, values["their_type"])
            values["pair_id"] = matrix.pair_id(row.partner, row.our_type, values["their_type"])
        differences = assign(row, values)
        if differences:
            save(row, list(values))
            _audit(row, "mapping.change", origin, differences)
    return row


def remove_map(map: FieldMap, *, origin: Origin, version: int | None = None) -> None:
    """Takes an association away; what stands in the fields of either side stays.

    Raises SomeoneElseChangedThis for an old version; a row that is gone already is no error.
    """
    with transaction.atomic():
        if not FieldMap.unscoped.filter(pk=map.pk).exists():
            return
        row = locked(map, version=version)
        _audit(row, "mapping.remove", origin, {"master": row.master, "empty": row.empty})
        row.delete()


def _check_choices(master: str, empty: str) -> None:
    if master not in Master.values:
        raise NotAllowed(_("Choose who decides when both sides changed."))
    if empty not in Empty.values:
        raise NotAllowed(_("Choose what an empty value does."))


def _check_lengths(**texts: str) -> None:
    for name, text in texts.items():
        if len(text) > (most := LONGEST[name]):
            raise NotAllowed(
                _("The field's name over there is longer than %(most)s characters and cannot be kept.")
                % {"most": most}
            )
    if not texts.get("their_key"):
        raise NotAllowed(_("Choose the field over there."))


def _check_types(partner: str, ours: OurField, their_name: str, their_type: str) -> None:
    fitting = matrix.compatible(partner, ours.type)
    if their_type in fitting:
        return
    if not fitting:
        raise NotAllowed(
            _("“%(ours)s” cannot be associated: fields of the type %(type)s are not supported there.")
            % {"ours": ours.label, "type": ours.type_label}
        )
    raise NotAllowed(
        _(
            "“%(ours)s” (%(type)s) and “%(theirs)s” (%(their_type)s) do not fit together. "
            "Types over there that fit: %(fitting)s."
        )
        % {
            "ours": ours.label,
            "type": ours.type_label,
            "theirs": their_name,
            "their_type": matrix.label_of(partner, their_type),
            "fitting": ", ".join(sorted(matrix.label_of(partner, each) for each in fitting)),
        }
    )


def _check_free(side: Counterpart, kind: str, ours: OurField, their_key: str) -> None:
    rows = FieldMap.unscoped.filter(counterpart=side, kind=kind).select_related("field")
    taken = rows.filter(their_key=their_key).first()
    if taken is not None:
        raise NotAllowed(
            _(
                "“%(theirs)s” is already associated with “%(ours)s” (%(entity)s). "
                "A field over there is associated only once."
            )
            % {
                "theirs": taken.their_name or taken.their_key,
                "ours": field_of(taken).label,
                "entity": taken.get_entity_display(),
            }
        )
    used = rows.filter(entity=ours.entity, key=ours.key).first()
    if used is not None:
        raise NotAllowed(
            _("“%(ours)s” is already associated with “%(theirs)s”. Remove that association first.")
            % {"ours": ours.label, "theirs": used.their_name or used.their_key}
        )


def _audit(row: FieldMap, action: str, origin: Origin, data: Mapping[str, Any]) -> None:
    names = {"ours": f"{row.entity}.{row.key}", "theirs": row.their_key}
    audit(account=row.account, origin=origin, action=action, subject=str(row), data={**names, **data})
