"""Modules, profiles and teams in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from accounts import profiles, teams
from accounts.contracting import switch_module
from accounts.models import Membership, Module, Profile, Team
from accounts.module_settings import Kind, Setting, declared_of, set_module_settings
from accounts.modules import MODULES
from accounts.permissions import PERMISSIONS
from funnels.services import NotAllowed
from integrations.configuration.mentions import mentioned_teams
from integrations.configuration.names import Names
from integrations.configuration.run import Act, Change, Run


def read_modules(names: Names) -> Mapping[str, Any]:
    """Switches and settings of what the account has contracted; contracts are not in the file (S5)."""
    rows = {row.slug: row for row in Module.objects.of(names.account)}
    contracted = {
        slug for slug, name in MODULES.items() if (rows[slug].contracted if slug in rows else name.basic)
    }
    found: dict[str, Any] = {}
    for slug, name in MODULES.items():
        told: dict[str, Any] = {}
        if slug in contracted and not name.fixed:
            told["enabled"] = rows[slug].enabled if slug in rows else True
        if slug in contracted:
            settings = {
                setting.key: value
                for setting, value in _settings(slug, rows.get(slug))
                if not setting.needs or setting.needs in contracted
            }
            told |= {"settings": settings} if settings else {}
        if told:
            found[slug] = told
    return found


def _settings(slug: str, row: Module | None) -> list[tuple[Setting, Any]]:
    """What is configuration of a module's settings: no pictures, and no number that only grows."""
    kept = row.settings if row is not None else {}
    return [
        (setting, kept.get(setting.key, setting.default))
        for setting in declared_of(slug)
        if setting.kind not in (Kind.IMAGE, Kind.NEXT_NUMBER)
    ]


def write_modules(run: Run, wanted: Mapping[str, Any]) -> None:
    """Switches first, then settings, module by module."""
    rows = {row.slug: row for row in Module.objects.of(run.account)}
    for slug, told in wanted.items():
        row, path = rows.get(slug), [slug]
        on = row.enabled if row is not None else MODULES[slug].basic
        if "enabled" in told and told["enabled"] != on:
            _switch(run, slug, path, on, told["enabled"])
        has = {setting.key: value for setting, value in _settings(slug, row)}
        changes = [
            Change(what=key, now=has.get(key), file=value)
            for key, value in (told.get("settings") or {}).items()
            if key not in has or has[key] != value
        ]
        run.change("module", path, changes, partial(_set, run, slug, changes))


def _switch(run: Run, slug: str, path: Sequence[str], now: bool, wanted: bool) -> None:
    run.attempt(
        Act.CHANGE,
        "module",
        path,
        lambda: switch_module(account=run.account, slug=slug, enabled=wanted, origin=run.origin),
        changes=[Change(what="enabled", now=now, file=wanted)],
    )


def _set(run: Run, slug: str, changes: Sequence[Change]) -> None:
    values = {change.what: change.file for change in changes}
    set_module_settings(account=run.account, slug=slug, values=values, origin=run.origin)


def read_profiles(names: Names) -> Sequence[Mapping[str, Any]]:
    """Profiles with what they allow; administrators may all."""
    return [
        {"name": name, "administrator": True}
        if row.is_administrator
        else {"name": name, "permissions": [slug for slug in PERMISSIONS if slug in row.permissions]}
        for name, row in sorted(names.profiles.items(), key=lambda item: item[0].casefold())
    ]


def write_profiles(run: Run, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Created, renamed in their case, and what they allow; the administrators' one is the same everywhere."""
    have = {name.casefold(): (name, row) for name, row in run.names.profiles.items()}
    for told in wanted:
        _write_profile(run, told, *have.pop(told["name"].casefold(), ("", None)))
    for name, row in have.values():
        if row.is_administrator:
            continue
        run.unnamed(
            "profile",
            [name],
            partial(profiles.delete_profile, profile=row, origin=run.origin),
        )


def _write_profile(run: Run, told: Mapping[str, Any], name: str, row: Profile | None) -> None:
    path, administrator = [told["name"]], bool(told.get("administrator", False))
    allowed = profiles.tidy(told.get("permissions") or ())
    if administrator != bool(row is not None and row.is_administrator):
        words = _("Who administrates cannot be changed by a file.")
        run.note(
            Act.CANNOT,
            "profile",
            path,
            changes=[Change(what="administrator", now=not administrator, file=administrator)],
            why=words,
        )
        return
    if row is None:
        run.attempt(
            Act.CREATE,
            "profile",
            path,
            lambda: profiles.create_profile(
                account=run.account, name=told["name"], permissions=allowed, origin=run.origin
            ),
            changes=[Change(what="permissions", now=None, file=allowed)],
        )
        return
    if administrator:
        run.same += 1
        return
    changes = [Change(what="name", now=name, file=told["name"])] if name != told["name"] else []
    if "permissions" in told and (now := profiles.tidy(set(row.permissions) & set(PERMISSIONS))) != allowed:
        changes.append(Change(what="permissions", now=now, file=allowed))
    run.change(
        "profile",
        path,
        changes,
        lambda: profiles.update_profile(
            profile=row,
            name=told["name"] if name != told["name"] else None,
            permissions=allowed if "permissions" in told else None,
            origin=run.origin,
        ),
    )


def read_teams(names: Names) -> Sequence[str]:
    """Teams by name; who belongs to them is not configuration."""
    return sorted(names.teams, key=str.casefold)


def write_teams(run: Run, wanted: Sequence[str]) -> None:
    """Created, or renamed in their case; one with members is never removed."""
    have = {name.casefold(): (name, row) for name, row in run.names.teams.items()}
    for told in wanted:
        name, row = have.pop(told.casefold(), ("", None))
        if row is None:
            run.attempt(
                Act.CREATE,
                "team",
                [told],
                partial(teams.create_team, account=run.account, name=told, origin=run.origin),
            )
            continue
        changes = [Change(what="name", now=name, file=told)] if name != told else []
        run.change(
            "team",
            [told],
            changes,
            partial(teams.update_team, team=row, name=told, origin=run.origin),
        )
    full = set(
        Membership.objects.of(run.account)
        .filter(teams__isnull=False)
        .values_list("teams__team_id", flat=True)
    )
    for name, row in have.values():
        run.unnamed(
            "team", [name], None if row.pk in full else _removal(run, row), never=_("It has members.")
        )


def _removal(run: Run, row: Team) -> Any:
    def do() -> None:
        if row.pk in mentioned_teams(run.account):
            raise NotAllowed(_("An automation or an open invitation names it. Nothing was deleted."))
        teams.delete_team(team=row, origin=run.origin)

    return do
