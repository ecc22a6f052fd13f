"""Connections in the file: flow, the partner's own settings and lists; never a credential."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from funnels.services import NotAllowed
from integrations.configuration.names import Names, Unresolved, Waiting
from integrations.configuration.partners import part_of
from integrations.configuration.parts import field_maps
from integrations.configuration.references import words
from integrations.configuration.run import Act, Change, Run
from integrations.contract import partners
from integrations.contract.configuration import Row, Rows, Setting
from integrations.engine import life
from integrations.models import Connection


def living(names: Names) -> Mapping[str, Connection]:
    """The account's connections that are not deactivated, by partner."""
    rows = Connection.objects.of(names.account).exclude(state=Connection.State.INACTIVE)
    found = {row.partner: row for row in rows.select_related("counterpart", "account")}
    return {slug: found[slug] for slug in sorted(found) if slug in partners()}


def read(names: Names) -> Mapping[str, Any]:
    """Each living connection without its credentials."""
    return {slug: _told(names, row) for slug, row in living(names).items()}


def _told(names: Names, connection: Connection) -> dict[str, Any]:
    part = part_of(connection.partner)
    told: dict[str, Any] = {"flow": connection.flow} if connection.flow else {}
    if part.settings:
        told["settings"] = _settings(names, connection)
    for rows in part.rows:
        told[rows.name] = [_row_told(names, connection, rows.columns, row) for row in rows.read(connection)]
    if partners()[connection.partner].mappable:
        told["field_maps"] = field_maps.read(connection)
    return told


def _settings(names: Names, connection: Connection) -> dict[str, Any]:
    part = part_of(connection.partner)
    values = part.read(connection)
    told = {each.name: value_told(names, connection, each, values.get(each.name)) for each in part.settings}
    return {name: value for name, value in told.items() if value is not None}


def _row_told(names: Names, connection: Connection, columns: Sequence[Setting], row: Row) -> dict[str, Any]:
    told = {each.name: value_told(names, connection, each, row.values.get(each.name)) for each in columns}
    return {name: value for name, value in told.items() if value is not None}


def value_told(names: Names, connection: Connection, setting: Setting, value: Any) -> Any:
    """A partner's value as the file says it; None for what is not chosen."""
    if setting.ref == "funnels":
        told = [names.funnel_name(row.pk) for row in value or ()]
        return sorted(filter(None, told), key=str.casefold)
    if value is None or value == "":
        return None
    if setting.ref == "catalog":
        return names.catalog_ref(connection, setting.catalog, str(value))
    by = {
        "profile": names.profile_name,
        "team": names.team_name,
        "funnel": names.funnel_name,
        "stage": names.stage_ref,
    }.get(setting.ref)
    return (by(value.pk) or None) if by else value


def value_stored(names: Names, connection: Connection, setting: Setting, told: Any, *, now: str = "") -> Any:
    """The file's value as the partner takes it; raises Unresolved and Waiting."""
    if setting.ref == "catalog":
        return names.catalog_id(connection, setting.catalog, told, now=now)
    if setting.ref == "funnels":
        return [names.funnel(each) for each in told]
    by = {
        "profile": names.profile,
        "team": names.team,
        "funnel": names.funnel,
        "stage": names.stage,
    }.get(setting.ref)
    return by(told) if by else told


def alike(setting: Setting, now: Any, told: Any) -> bool:
    """Whether two values of the file mean the same; names without case, lists without order."""
    if setting.ref == "funnels":
        return {each.casefold() for each in now or ()} == {each.casefold() for each in told or ()}
    if setting.ref == "catalog":
        mine, theirs = now or {}, told or {}
        known = [key for key in ("id", "name") if mine.get(key) and theirs.get(key)]
        return bool(known) and all(mine[key].casefold() == theirs[key].casefold() for key in known)
    if setting.ref in ("profile", "team", "funnel"):
        return str(now or "").casefold() == str(told or "").casefold()
    if setting.ref == "stage":
        return _folded(now) == _folded(told)
    return bool(now == told)


def _folded(ref: Any) -> Any:
    return (
        {key: str(value).casefold() for key, value in ref.items()}
        if isinstance(ref, Mapping)
        else str(ref).casefold()
    )


def write(run: Run, wanted: Mapping[str, Any]) -> None:
    """Made as a draft where there is none; what needs the partner's lists waits for them."""
    for slug, told in wanted.items():
        _begin(run, slug, told)
        connection = living(run.names).get(slug)
        if connection is None:
            continue  # it was told why
        _write_settings(run, connection, told.get("settings") or {})
        for rows in part_of(slug).rows:
            if rows.name in told:
                _write_rows(run, connection, rows, told[rows.name] or ())
        if "field_maps" in told:
            field_maps.write(run, connection, told["field_maps"] or ())


def _begin(run: Run, slug: str, told: Mapping[str, Any]) -> None:
    partner, row = partners()[slug], living(run.names).get(slug)
    flow = told.get("flow", row.flow if row else "")

    def do() -> None:
        if partner.flows and flow not in partner.flows:
            raise NotAllowed(_("Use one of: %(choices)s.") % {"choices": ", ".join(partner.flows)})
        life.start(account=run.account, partner=slug, flow=flow, origin=run.origin)

    if row is None:
        why = _("As a draft: type the credentials on its page; they are never in a file.")
        changes = [Change(what="flow", now=None, file=flow)] if flow else []
        run.attempt(Act.CREATE, "connection", [str(partner.label)], do, changes=changes, why=why)
        return
    changes = [Change(what="flow", now=row.flow, file=flow)] if flow != row.flow else []
    run.change("connection", [str(partner.label)], changes, do)


def _write_settings(run: Run, connection: Connection, told: Mapping[str, Any]) -> None:
    part, now = part_of(connection.partner), _settings(run.names, connection)
    label, stored = str(partners()[connection.partner].label), part.read(connection)
    for setting in part.settings:
        if setting.name not in told:
            continue
        wanted, has = told[setting.name], now.get(setting.name)
        same = alike(setting, has, wanted) or _is(run, connection, setting, wanted, stored.get(setting.name))
        changes = [] if same else [Change(what=setting.name, now=has, file=wanted)]

        def do(setting: Setting = setting, wanted: Any = wanted) -> None:
            value = value_stored(run.names, connection, setting, wanted)
            part.write(connection, {setting.name: value}, run.origin)

        def waits(setting: Setting = setting, wanted: Any = wanted) -> None:
            section = run.waiting.setdefault("connections", {}).setdefault(connection.partner, {})
            section.setdefault("settings", {})[setting.name] = wanted

        run.change("setting", [label, setting.name], changes, do, waits=waits)


def _write_rows(run: Run, connection: Connection, rows: Rows, wanted: Sequence[Mapping[str, Any]]) -> None:
    columns = {each.name: each for each in rows.columns}
    have = [(_row_told(run.names, connection, rows.columns, row), row) for row in rows.read(connection)]
    for told in wanted:
        found = _match(run, connection, rows, told, have)
        path = [str(partners()[connection.partner].label), _title(rows, told)]
        if found is not None:
            have.remove(found)
        now, row = found if found is not None else ({}, None)
        changes = [
            Change(what=name, now=now.get(name), file=value)
            for name, value in told.items()
            if (row is None or name not in rows.once)
            and not alike(columns[name], now.get(name), value)
            and not (row and _is(run, connection, columns[name], value, row.values.get(name)))
        ]

        def do(told: Mapping[str, Any] = told, row: Row | None = row) -> None:
            values = dict(row.values) if row is not None else dict.fromkeys(columns)
            for name, value in told.items():
                kept = str(values.get(name) or "") if columns[name].ref == "catalog" else ""
                values[name] = value_stored(run.names, connection, columns[name], value, now=kept)
            rows.write(connection, row.handle if row is not None else None, values, run.origin)

        def waits(told: Mapping[str, Any] = told) -> None:
            section = run.waiting.setdefault("connections", {}).setdefault(connection.partner, {})
            section.setdefault(rows.name, []).append(dict(told))

        if row is None:
            run.attempt(Act.CREATE, rows.name, path, do, changes=changes, waits=waits)
        else:
            run.change(rows.name, path, changes, do, waits=waits)
    for now, row in have:
        path = [str(partners()[connection.partner].label), _title(rows, now)]
        run.unnamed(rows.name, path, partial(rows.remove, row.handle, run.origin))


def _match(
    run: Run,
    connection: Connection,
    rows: Rows,
    told: Mapping[str, Any],
    have: Sequence[tuple[Mapping[str, Any], Row]],
) -> Any:
    """The row that the file means: told alike, else by what its catalog names lead to."""
    columns = {each.name: each for each in rows.columns}
    for pair in have:
        if all(alike(columns[name], pair[0].get(name), told.get(name)) for name in rows.once):
            return pair
    for pair in have:
        if all(_leads_to(run, connection, columns[name], told.get(name), pair) for name in rows.once):
            return pair
    return None


def _leads_to(run: Run, connection: Connection, setting: Setting, told: Any, pair: Any) -> bool:
    if setting.ref != "catalog":
        return alike(setting, pair[0].get(setting.name), told)
    return _is(run, connection, setting, told, pair[1].values.get(setting.name))


def _is(run: Run, connection: Connection, setting: Setting, told: Any, stored: Any) -> bool:
    """Whether the catalog item that the file means here, by its name, is the one that is chosen."""
    if setting.ref != "catalog" or not told or not stored:
        return False
    try:
        return bool(run.names.catalog_id(connection, setting.catalog, told) == str(stored))
    except (Unresolved, Waiting):
        return False


def _title(rows: Rows, told: Mapping[str, Any]) -> str:
    return " · ".join(words(told.get(name)) for name in rows.once)
