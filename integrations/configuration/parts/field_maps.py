"""Associated fields in the file: ours by entity and key, theirs by name and key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from integrations.activation.mapping import doing
from integrations.activation.mapping.theirs import TheirField, mappable_of, their_fields
from integrations.configuration.names import Unresolved, Waiting
from integrations.configuration.references import words
from integrations.configuration.run import Act, Attempt, Change, Run
from integrations.contract import partners
from integrations.models import CatalogShelf, Connection
from mapping import services
from mapping.models import FieldMap

Master, Empty = FieldMap.Master, FieldMap.Empty


def read(connection: Connection) -> Sequence[Mapping[str, Any]]:
    """The connection's associations in their order; none before its credentials were checked."""
    if connection.counterpart_id is None:
        return []
    return [_told(row) for row in sorted(doing.rows_of(connection), key=_ours)]


def _ours(row: FieldMap) -> str:
    return f"{row.entity}.{row.key}"


def _told(row: FieldMap) -> dict[str, Any]:
    told: dict[str, Any] = {"ours": _ours(row), "theirs": _theirs(row)}
    if row.master != Master.BOTH:
        told["master"] = row.master
    if row.empty != Empty.KEEP:
        told["empty"] = row.empty
    return told


def _theirs(row: FieldMap) -> dict[str, str]:
    return {"name": row.their_name or row.their_key, "id": row.their_key}


def write(run: Run, connection: Connection, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Associated, changed, or associated with another field of theirs."""
    rows = doing.rows_of(connection) if connection.counterpart_id is not None else []
    have = {_ours(row): row for row in rows}
    label = str(partners()[connection.partner].label)
    named = {told["ours"] for told in wanted}
    for ours in [ours for ours in have if ours not in named]:  # first: a field of theirs has one place
        unnamed = have.pop(ours)
        path = [label, f"{ours} ↔ {words(_theirs(unnamed))}"]
        away = partial(services.remove_map, unnamed, origin=run.origin)
        run.unnamed("field_map", path, away, at_once=True)
    attempts = []
    for told in wanted:
        row = have.get(told["ours"])
        changes = [Change(what="theirs", now=None, file=told["theirs"])]
        do: Callable[[], object] = partial(_associate, run, connection, told)
        if row is not None:
            changes = _changes(run, connection, row, told)
            do = partial(_change, run, connection, row, told, changes)
        if not changes:
            run.same += 1
            continue
        attempts.append(
            Attempt(
                act=Act.CREATE if row is None else Act.CHANGE,
                kind="field_map",
                path=[label, f"{told['ours']} ↔ {words(told['theirs'])}"],
                do=do,
                changes=changes,
                waits=_keeper(run, connection, told),
            )
        )
    run.settle(attempts)  # one may take the field of theirs that another leaves


def _keeper(run: Run, connection: Connection, told: Mapping[str, Any]) -> Any:
    def keep() -> None:
        section = run.waiting.setdefault("connections", {}).setdefault(connection.partner, {})
        section.setdefault("field_maps", []).append(dict(told))

    return keep


def _changes(run: Run, connection: Connection, row: FieldMap, told: Mapping[str, Any]) -> list[Change]:
    now, asked = _theirs(row), told["theirs"]
    same = asked["id"] == now["id"] if asked.get("id") else asked["name"].casefold() == now["name"].casefold()
    same = same or _leads_to(run, connection, asked) == row.their_key
    changes = [] if same else [Change(what="theirs", now=now, file=asked)]
    for name, default in (("master", Master.BOTH), ("empty", Empty.KEEP)):
        value = told.get(name, str(default))
        if value != getattr(row, name):
            changes.append(Change(what=name, now=getattr(row, name), file=value))
    return changes


def _leads_to(run: Run, connection: Connection, ref: Mapping[str, Any]) -> str:
    """Their field that the file means here, where ids are others; "" for none, or none yet."""
    try:
        return _their_key(run, connection, ref)
    except (Unresolved, Waiting):
        return ""


def _their_key(run: Run, connection: Connection, ref: Mapping[str, Any]) -> str:
    """Their field: name and key together, else the name alone if it is one field's."""
    kind = mappable_of(connection).catalog
    shelf = CatalogShelf.objects.of(connection.account_id).filter(connection=connection, kind=kind)
    name, key = str(ref.get("name") or ""), str(ref.get("id") or "")
    began = connection.counterpart_id is not None and connection.state != Connection.State.DRAFT
    if not began or not shelf.exclude(read_at=None).exists():
        waiting = _("“%(name)s” is looked up as soon as the credentials are validated and the list is read.")
        raise Waiting(waiting % {"name": name or key})
    listed = run.names.once(("their fields", connection.pk), lambda: their_fields(connection))
    living = [each for each in listed.values() if not each.gone]
    alike = [each for each in living if name and each.name.strip().casefold() == name.casefold()]
    exact: list[TheirField] = [each for each in alike if each.key == key]
    if exact or len(alike) == 1:
        return (exact or alike)[0].key
    missing = (
        _("The partner lists “%(name)s” more than once: choose one here by hand.")
        if alike
        else _("The partner does not list “%(name)s”. Create it there first.")
    )
    raise Unresolved(missing % {"name": name or key})


def _associate(run: Run, connection: Connection, told: Mapping[str, Any]) -> None:
    entity, _dot, key = told["ours"].partition(".")
    doing.associate(
        connection=connection,
        entity=entity,
        key=key,
        their_key=_their_key(run, connection, told["theirs"]),
        master=told.get("master", Master.BOTH),
        empty=told.get("empty", Empty.KEEP),
        origin=run.origin,
    )


def _change(
    run: Run, connection: Connection, row: FieldMap, told: Mapping[str, Any], changes: Sequence[Change]
) -> None:
    if any(change.what == "theirs" for change in changes):
        services.remove_map(row, origin=run.origin)
        _associate(run, connection, told)
        return
    doing.change(
        connection=connection,
        row=row,
        master=told.get("master", str(Master.BOTH)),
        empty=told.get("empty", str(Empty.KEEP)),
        origin=run.origin,
        version=None,
    )
