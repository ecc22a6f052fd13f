"""Whether trigger values and parameters fit what is declared, and what they are kept as (S7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Account, Team
from funnels import queries
from funnels.conditions import FilterField, fields_for
from funnels.fields import Unreadable
from funnels.models import Stage
from funnels.services import NotAllowed
from integrations.workflow import fillable, placeholders
from integrations.workflow.declaration import Kind, Parameter

Groups = list[tuple[str, list[tuple[str, str]]]]


class Unfit(NotAllowed):
    """A value that its parameter does not take; `field` is its path, such as parameters.stage."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words, field=field)


class Book:
    """What an account's parameters can name, each list read once."""

    def __init__(self, account: Account) -> None:
        self.account = account

    @cached_property
    def stages(self) -> Groups:
        """Stages under their funnels."""
        rows = Stage.objects.of(self.account).select_related("funnel")
        groups: dict[int, tuple[str, list[tuple[str, str]]]] = {}
        for stage in rows.order_by("funnel__position", "funnel_id", "position", "id"):
            groups.setdefault(stage.funnel_id, (stage.funnel.name, []))[1].append((str(stage.pk), stage.name))
        return list(groups.values())

    @cached_property
    def users(self) -> list[tuple[str, str]]:
        """Active members."""
        return [(f"user:{user.pk}", str(user)) for user in queries.members(self.account)]

    @cached_property
    def teams(self) -> list[tuple[str, str]]:
        """Teams."""
        return [(f"team:{team.pk}", team.name) for team in Team.objects.of(self.account).order_by("name")]

    @cached_property
    def fields(self) -> list[fillable.Field]:
        """Fields that can be filled in."""
        return fillable.fields(self.account)

    @cached_property
    def filters(self) -> list[FilterField]:
        """Fields that filters and placeholders know."""
        return fields_for(self.account)

    @cached_property
    def watched(self) -> Groups:
        """Fields that can be watched, under Deal, Person and Company."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for group, key, label in fillable.watched(self.account):
            groups.setdefault(group, []).append((key, label))
        return list(groups.items())

    @cached_property
    def dates(self) -> Groups:
        """Deadlines."""
        return [("", fillable.dates(self.account))]

    def field(self, key: str) -> fillable.Field | None:
        """The field that can be filled in, by its key."""
        return next((field for field in self.fields if field.key == key), None)

    def choices(self, parameter: Parameter, values: Mapping[str, Any]) -> Groups:
        """(group, [(value, label)]) of what the parameter can be; none for what is typed."""
        if parameter.kind == Kind.WHO:
            return self._who(parameter)
        if parameter.kind == Kind.FIELD:
            groups: dict[str, list[tuple[str, str]]] = {}
            for field in self.fields:
                groups.setdefault(field.group, []).append((field.key, field.label))
            return list(groups.items())
        if parameter.kind == Kind.VALUE:
            known = self.field(str(values.get(parameter.of, "")))
            return [("", list(known.choices))] if known and known.choices else []
        lists = {Kind.STAGE: "stages", Kind.WATCHED: "watched", Kind.DATE: "dates"}
        return getattr(self, lists[parameter.kind]) if parameter.kind in lists else []

    def label(self, parameter: Parameter, values: Mapping[str, Any]) -> str:
        """A value in words; what is gone is shown as a dash."""
        value = values.get(parameter.name, "")
        if parameter.kind == Kind.FLAG:
            return _("Yes") if value else _("No")
        groups = self.choices(parameter, values)
        for group, options in groups:
            for known, label in options:
                if known == str(value):
                    named = parameter.kind in (Kind.STAGE, Kind.WATCHED, Kind.FIELD) and group
                    return f"{group} · {label}" if named else label
        return "—" if groups and value not in ("", None) else str(value)

    def _who(self, parameter: Parameter) -> Groups:
        single = {"owner": _("Owner of the card"), "administrators": _("Administrators")}
        groups: Groups = []
        plain = [(slug, words) for slug, words in single.items() if slug in parameter.offers]
        if plain:
            groups.append(("", plain))
        if "users" in parameter.offers:
            groups.append((_("Users"), self.users))
        if "teams" in parameter.offers and self.teams:
            groups.append((_("Teams"), self.teams))
        return groups


def refuse_strangers(given: Iterable[str], known: Iterable[str], *, path: str) -> None:
    """Raises Unfit for the first name that nobody declares."""
    names = set(known)
    for name in given:
        if name not in names:
            raise Unfit(f"{path}.{name}", _("There is no parameter “%(name)s” here.") % {"name": name})


def checked(
    *, book: Book, parameters: Sequence[Parameter], given: Mapping[str, Any], path: str
) -> dict[str, Any]:
    """The values as they are kept: ids and texts as text, days as numbers; raises Unfit for the first bad."""
    refuse_strangers(given, [parameter.name for parameter in parameters], path=path)
    kept: dict[str, Any] = {}
    for parameter in parameters:
        raw = given.get(parameter.name)
        if raw in (None, "") and not parameter.required:
            kept[parameter.name] = parameter.default
            continue
        try:
            kept[parameter.name] = _READ.get(parameter.kind, _chosen)(book, parameter, raw, {**given, **kept})
        except Unreadable as unreadable:
            raise Unfit(f"{path}.{parameter.name}", f"{parameter.label}: {unreadable.words}") from unreadable
    return kept


def gone(*, book: Book, parameters: Sequence[Parameter], values: Mapping[str, Any]) -> str:
    """Which chosen thing does not exist any more, in words; "" when all are there."""
    for parameter in parameters:
        groups = book.choices(parameter, values)
        value = values.get(parameter.name)
        if not groups or value in (None, ""):
            continue
        if str(value) not in {known for _group, options in groups for known, _label in options}:
            return _("“%(label)s”: what was chosen does not exist any more. Choose another.") % {
                "label": parameter.label
            }
    return ""


def _chosen(book: Book, parameter: Parameter, raw: Any, values: Mapping[str, Any]) -> str:
    options = {known for _group, found in book.choices(parameter, values) for known, _label in found}
    text = str(raw) if isinstance(raw, str | int) and not isinstance(raw, bool) else ""
    if text not in options:
        raise Unreadable(_("Choose one from the list."))
    return text


def _text(book: Book, parameter: Parameter, raw: Any, _values: Mapping[str, Any]) -> str:
    text = _typed(raw)
    if not text:
        raise Unreadable(_("Fill this in."))
    _refuse_long(text, parameter)
    _refuse_unknown(book, text)
    return text if parameter.kind == Kind.LONG_TEXT else " ".join(text.split())


def _days(_book: Book, parameter: Parameter, raw: Any, _values: Mapping[str, Any]) -> int:
    text = str(raw).strip() if isinstance(raw, str | int) and not isinstance(raw, bool) else ""
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise Unreadable(_("Write a whole number of days."))
    if not parameter.least <= int(text) <= parameter.most:
        words = _("Write a number from %(least)s to %(most)s.")
        raise Unreadable(words % {"least": parameter.least, "most": parameter.most})
    return int(text)


def _flag(_book: Book, _parameter: Parameter, raw: Any, _values: Mapping[str, Any]) -> bool:
    if raw in (True, "true", "on"):
        return True
    if raw in (False, "false"):
        return False
    raise Unreadable(_("Write true or false."))


def _value(book: Book, parameter: Parameter, raw: Any, values: Mapping[str, Any]) -> str:
    field = book.field(str(values.get(parameter.of, "")))
    if field is None:
        raise Unreadable(_("Choose the field first."))
    text = _typed(raw)
    if not text:
        raise Unreadable(_("Fill this in."))
    _refuse_long(text, parameter)
    if field.takes_placeholders and placeholders.has_any(text):
        _refuse_unknown(book, text)
        return text
    return field.read(book.account, text)


def _typed(raw: Any) -> str:
    if not isinstance(raw, str):
        raise Unreadable(_("Write a text."))
    return raw.strip().replace("\r\n", "\n")


def _refuse_long(text: str, parameter: Parameter) -> None:
    if len(text) > parameter.most:
        words = _("It has %(count)s characters; %(most)s at most.")
        raise Unreadable(words % {"count": len(text), "most": parameter.most})


def _refuse_unknown(book: Book, text: str) -> None:
    if stranger := placeholders.unknown(text, book.filters):
        raise Unreadable(_("There is no field {%(name)s}.") % {"name": stranger})


_READ = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _text,
    Kind.DAYS: _days,
    Kind.FLAG: _flag,
    Kind.VALUE: _value,
}
