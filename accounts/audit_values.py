"""Values in the audit trail as people call them: choices by label, rows by name, moments as dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import AuditEntry, Membership
from accounts.module_settings import DECLARED
from accounts.permissions import PERMISSIONS

Words = str | Promise
Named = Callable[[int, Set[str]], Mapping[str, str]]
"""(account id, ids as text) → id → name, of the account's rows only."""

ALL = "*"
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}.*")
_ID = re.compile(r"[0-9]{1,18}")
_choices: list[Callable[[], Mapping[str, Mapping[Any, Words]]]] = []
_rows: dict[str, Named] = {}
_subjects: dict[str, str] = {}


def add_choices(choices: Callable[[], Mapping[str, Mapping[Any, Words]]]) -> None:
    """Name → value → label, of an app further up; see AppConfig.ready."""
    _choices.append(choices)


def add_rows(name: str, read: Named, *, subjects: str = "") -> None:
    """Ids that are written under `name`, or as the subject of actions that begin with `subjects`."""
    _rows[name] = read
    if subjects:
        _subjects[subjects] = name


@dataclass(frozen=True, kw_only=True)
class Values:
    """`choices`: name → value → label; `rows`: name → id → what the row is called now."""

    choices: Mapping[str, Mapping[Any, Words]] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def words(self, name: str, value: Any) -> str:
        """One value that is no list; a row that is gone stays its number."""
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if value in (None, ""):
            return "—"
        text = str(value)
        if name in _rows and _ID.fullmatch(text):
            return self.rows.get(name, {}).get(text, text)
        if text in self.choices.get(name, {}):
            return str(self.choices[name][text])
        if isinstance(value, str) and text in PERMISSIONS:
            return str(PERMISSIONS[text].label)
        return _("all") if text == ALL else moment_words(text)

    def subject(self, entry: AuditEntry) -> str:
        """The name of the row that the line is about, where only its id was kept; else ""."""
        name = _subject_of(entry)
        return self.rows.get(name, {}).get(entry.subject, "") if name else ""


def values_of(account_id: int, entries: Iterable[AuditEntry]) -> Values:
    """What these lines of one account need; one query for each kind of row that they name."""
    wanted: dict[str, set[str]] = {}
    for entry in entries:
        name = _subject_of(entry)
        if name and _ID.fullmatch(entry.subject):
            wanted.setdefault(name, set()).add(entry.subject)
        _collect(entry.data, "", wanted)
    choices: dict[str, dict[Any, Words]] = {}
    for told in (_own, *_choices):
        for name, labels in told().items():
            choices.setdefault(name, {}).update(labels)
    return Values(choices=choices, rows={name: _rows[name](account_id, ids) for name, ids in wanted.items()})


def members(account_id: int, ids: Set[str]) -> Mapping[str, str]:
    """Users of the account by id."""
    rows = Membership.objects.of(account_id).filter(user_id__in=ids)
    return {
        str(pk): name or email for pk, name, email in rows.values_list("user", "user__name", "user__email")
    }


def _own() -> Mapping[str, Mapping[Any, Words]]:
    return {each.key: dict(each.choices) for each in DECLARED.values() if each.choices}


def _subject_of(entry: AuditEntry) -> str:
    return next((name for begin, name in _subjects.items() if entry.action.startswith(begin)), "")


def _collect(value: Any, name: str, wanted: dict[str, set[str]]) -> None:
    """The ids under names of rows, however deep they stand."""
    if isinstance(value, dict):
        for key, each in value.items():
            _collect(each, name if key in ("before", "after") and name else key, wanted)
    elif isinstance(value, list):
        for each in value:
            _collect(each, name, wanted)
    elif name in _rows and _ID.fullmatch(str(value)):
        wanted.setdefault(name, set()).add(str(value))


def moment_words(text: str) -> str:
    """A moment as the reader's date and time of day; every other text as it is."""
    if not MOMENT.fullmatch(text):
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    return date_format(local, "SHORT_DATETIME_FORMAT")


_rows["members"] = members
