"""The only writer of modules' settings (S3): all of a request or nothing, with an audit line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.contracting import NotContracted, locked_module
from accounts.models import Account, Module
from accounts.module_settings.checking import Unfit, checked, refuse_half_pairs
from accounts.module_settings.counters import counters
from accounts.module_settings.declared import Kind, Setting, declared_of
from accounts.module_settings.reading import chosen
from accounts.modules import MODULES, standing_of
from accounts.origin import Origin
from accounts.services import audit


class InvalidSettings(Exception):
    """Values that settings cannot have: `errors` key → sentences; `suggestions` key → what would do."""

    def __init__(self, errors: Mapping[str, list[str]], suggestions: Mapping[str, str] | None = None) -> None:
        self.words = " ".join(words for sentences in errors.values() for words in sentences)
        super().__init__(self.words)
        self.errors, self.suggestions = dict(errors), dict(suggestions or {})

    def members(self) -> dict[str, Any]:
        """What the API's problem says beside the detail."""
        more = {"suggestions": self.suggestions} if self.suggestions else {}
        return {"errors": {f"settings.{key}": words for key, words in self.errors.items()}, **more}


@transaction.atomic
def set_module_settings(
    *, account: Account, slug: str, values: Mapping[str, Any], version: int | None = None, origin: Origin
) -> Module:
    """Changes the settings that `values` names, by key; the others stay (S3).

    Raises InvalidSettings (nothing is written then), NotContracted for a module that the account has not
    contracted, SomeoneElseChangedThis for an old version.
    """
    row = locked_module(account=account, slug=slug, version=version)
    if not (row.contracted or MODULES[slug].fixed):
        raise NotContracted(_("“%(module)s” is not contracted.") % {"module": MODULES[slug].label})
    settings = declared_of(slug)
    new = _checked(account, settings, values)
    counted = {each.key for each in settings if each.kind is Kind.NEXT_NUMBER}
    after = {each.key: chosen(each, row.settings) for each in settings if each.key not in counted}
    before = dict(after)
    after.update({key: value for key, value in new.items() if key not in counted})
    if halves := refuse_half_pairs(settings, after):
        raise InvalidSettings({key: [words] for key, words in halves.items()})
    changed = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
    row.settings = {**row.settings, **{key: new for key, (_old, new) in changed.items()}}
    changed.update(_count(account, slug, {key: new[key] for key in counted if key in new}))
    if changed:
        row.version += 1
        row.save()
        data = {
            "before": {key: old for key, (old, _new) in changed.items()},
            "after": {key: new for key, (_old, new) in changed.items()},
        }
        audit(account=account, origin=origin, action="module.settings", subject=slug, data=data)
    return row


def _checked(account: Account, settings: list[Setting], values: Mapping[str, Any]) -> dict[str, Any]:
    by_key = {each.key: each for each in settings}
    contracted = standing_of(account).contracted
    new: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    suggestions: dict[str, str] = {}
    for key, raw in values.items():
        setting = by_key.get(key)
        if setting is None:
            errors[key] = [_("This module has no such setting.")]
        elif setting.needs and setting.needs not in contracted:
            words = _("It is available while the module “%(module)s” is contracted.")
            errors[key] = [words % {"module": MODULES[setting.needs].label}]
        else:
            try:
                new[key] = checked(setting, raw, account)
            except Unfit as unfit:
                errors[key] = [unfit.words]
                if unfit.suggestion:
                    suggestions[key] = unfit.suggestion
    if errors:
        raise InvalidSettings(errors, suggestions)
    return new


def _count(account: Account, slug: str, numbers: Mapping[str, int]) -> dict[str, list[int]]:
    changed = {}
    for key, number in numbers.items():
        try:
            before = counters[f"{slug}.{key}"].write(account, number)
        except Unfit as unfit:
            raise InvalidSettings({key: [unfit.words]}, {key: unfit.suggestion}) from unfit
        if before != number:
            changed[key] = [before, number]
    return changed
