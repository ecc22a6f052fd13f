"""The settings in effect in an account: what was chosen, else the default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from accounts.models import Account
from accounts.module_settings.declared import DECLARED, Kind, Setting
from accounts.modules import Standing, standing, standing_of

Values = Mapping[str, Mapping[str, Any]]


def settings_of(account: Account | int) -> Values:
    """{module: {key: value}} with every declared setting that is kept here; one query.

    A setting of a module that is off, or whose `needs` is not contracted, has its default: what was chosen is
    kept and counts again when the module is back (S4).
    """
    return _in_effect(standing_of(account))


def settings_for(request: HttpRequest) -> Values:
    """The same of the request's account; it costs no query beside the one of the modules."""
    known: Values | None = getattr(request, "_module_settings", None)
    if known is None:
        known = _in_effect(standing(request))
        request._module_settings = known  # type: ignore[attr-defined]  # noqa: SLF001  # kept for this request only
    return known


def chosen(setting: Setting, kept: Mapping[str, Any]) -> Any:
    """The value as the account chose it, else the default; `kept` is Module.settings."""
    return kept.get(setting.key, setting.default)


def _in_effect(now: Standing) -> Values:
    values: dict[str, dict[str, Any]] = {}
    for setting in DECLARED.values():
        if setting.kind is Kind.NEXT_NUMBER:
            continue
        counts = setting.module in now.on and (not setting.needs or setting.needs in now.contracted)
        kept = now.settings[setting.module] if counts else {}
        values.setdefault(setting.module, {})[setting.key] = chosen(setting, kept)
    return values
