"""The file's grammar: sections and keys, and what a valid file says as plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.utils.translation import gettext as _

from accounts.modules import MODULES
from accounts.permissions import PERMISSIONS
from funnels.fields import FieldType
from funnels.models import CustomField
from integrations.configuration import references
from integrations.configuration.kinds import (
    Flag,
    Kind,
    ListOf,
    MapOf,
    Mistake,
    NotReadable,
    Number,
    Object,
    Reader,
    Scalar,
    Text,
    Word,
)
from integrations.configuration.partners import part_of
from integrations.configuration.pointing import ANY, CATALOG, NAME, STAGE, Reference
from integrations.configuration.reading import root_of
from integrations.contract import partners
from integrations.contract.configuration import Rows, Setting
from integrations.endpoints.kinds import ALL
from integrations.endpoints.kinds import KINDS as EVENTS
from integrations.models import Automation
from mapping.models import FieldMap

FORMAT = 1
SECTIONS = (
    "account_settings",
    "modules",
    "profiles",
    "teams",
    "fields",
    "funnels",
    "connections",
    "automations",
    "endpoints",
)


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file that was read: its sections as plain data; what it does not name is not touched."""

    sections: Mapping[str, Any]
    remove: bool = False
    account: str = ""
    format: int = FORMAT
    product: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


def _named(value: Mapping[str, Any] | None) -> object:
    return str((value or {}).get("name") or "").casefold() or None


def _folded(value: str | None) -> object:
    return value.casefold() if value else None


RULES = ListOf(
    item=Object(
        keys={"field": Text(most=80), "operator": Text(most=20, loose=True), "value": ANY},
        required=("field", "operator"),
    ),
)
CONDITION = Object(keys={"match": Word(choices=("all", "any")), "rules": RULES})
STAGE_ITEM = Object(
    keys={
        "name": NAME,
        "checklist": ListOf(
            item=Object(keys={"text": Text(most=200), "mandatory": Flag()}, required=("text",)),
            once=lambda value: _folded(value["text"]),
        ),
        "requirements": ListOf(
            item=Object(
                keys={
                    "text": Text(most=200),
                    "field": Text(most=80),
                    "only_if": CONDITION,
                    "enabled": Flag(),
                },
                required=("text", "field"),
            ),
            once=lambda value: _folded(value["text"]),
        ),
    },
    required=("name",),
)
FUNNEL = Object(
    keys={
        "name": NAME,
        "stages": ListOf(item=STAGE_ITEM, once=_named),
        "loss_reasons": ListOf(item=NAME, once=_folded),
    },
    required=("name",),
)
FIELD = Object(
    keys={
        "key": Text(most=60),
        "label": NAME,
        "type": Word(choices=FieldType.values),
        "options": ListOf(item=Text(most=250, loose=True), once=_folded),
        "writer": Word(choices=CustomField.Writer.values),
    },
    required=("key", "label", "type"),
)
PROFILE = Object(
    keys={
        "name": Text(most=80),
        "administrator": Flag(),
        "permissions": ListOf(item=Word(choices=tuple(PERMISSIONS))),
    },
    required=("name",),
)
MODULE = Object(
    keys={
        "enabled": Flag(),
        "settings": MapOf(value=Scalar()),
    }
)
FIELD_MAP = Object(
    keys={
        "ours": Text(most=80),
        "theirs": Reference(keys=("name", "id"), shape="catalog"),
        "master": Word(choices=FieldMap.Master.values),
        "empty": Word(choices=FieldMap.Empty.values),
    },
    required=("ours", "theirs"),
)
AUTOMATION = Object(
    keys={
        "description": Text(most=200),
        "stage": STAGE,
        "trigger": Word(choices=Automation.Trigger.values),
        "trigger_values": MapOf(value=ANY),
        "match": Word(choices=("all", "any")),
        "filters": RULES,
        "action": Text(most=60),
        "connection": Text(most=40),
        "parameters": MapOf(value=ANY),
        "enabled": Flag(),
    },
    required=("description", "stage", "trigger", "action"),
)
ENDPOINT = Object(
    keys={
        "url": Text(most=500),
        "description": Text(most=200, blank=True),
        "events": ListOf(item=Word(choices=(ALL, *EVENTS))),
        "enabled": Flag(),
    },
    required=("url", "events"),
)


def kind_of(setting: Setting) -> Kind:
    """What may stand for a partner's setting."""
    return {
        "flag": Flag(),
        "number": Number(),
        "text": Text(most=1000, blank=True, loose=True),
        "word": Word(choices=tuple(setting.choices)),
        "funnels": ListOf(item=NAME, once=_folded),
        "stage": STAGE,
        "catalog": CATALOG,
    }.get(setting.ref, NAME)


def _told_apart(rows: Rows) -> Callable[[Any], object]:
    return lambda value: tuple(references.words(value.get(name)).casefold() for name in rows.once)


def connection_kind(slug: str) -> Kind | None:
    """The keys of a partner's connection; None for a partner that is not installed here."""
    if slug not in partners():
        return None
    part = part_of(slug)
    keys: dict[str, Kind] = {"flow": Text(most=20, blank=True)}
    if part.settings:
        keys["settings"] = Object(keys={each.name: kind_of(each) for each in part.settings})
    for rows in part.rows:
        row = Object(
            keys={each.name: kind_of(each) for each in rows.columns},
            required=[each.name for each in rows.columns if each.required],
        )
        keys[rows.name] = ListOf(item=row, once=_told_apart(rows))
    if partners()[slug].mappable:
        keys["field_maps"] = ListOf(item=FIELD_MAP, once=lambda value: value["ours"])
    return Object(keys=keys)


FILE = Object(
    keys={
        "format": Number(least=1),
        "product": Text(most=40, loose=True, blank=True),
        "account": Text(most=120, loose=True, blank=True),
        "exported_at": Text(most=60, loose=True, blank=True),
        "remove": Flag(),
        "account_settings": Object(
            keys={"time_zone": Text(most=64), "payload_days": Number(), "second_factor": Flag()}
        ),
        "modules": MapOf(
            value=lambda slug: MODULE if slug in MODULES else None,
            unknown=lambda slug: _("There is no module “%(slug)s”.") % {"slug": slug[:60]},
        ),
        "profiles": ListOf(item=PROFILE, once=_named),
        "teams": ListOf(item=Text(most=80), once=_folded),
        "fields": Object(
            keys={
                entity: ListOf(item=FIELD, once=lambda value: _folded(value["key"]))
                for entity in CustomField.Entity.values
            }
        ),
        "funnels": ListOf(item=FUNNEL, once=_named),
        "connections": MapOf(
            value=connection_kind,
            unknown=lambda slug: _("The partner “%(slug)s” is not installed here.") % {"slug": slug[:60]},
        ),
        "automations": ListOf(item=AUTOMATION, once=lambda value: automation_key(value)),
        "endpoints": ListOf(item=ENDPOINT),
    },
    required=("format",),
)


def automation_key(value: Mapping[str, Any]) -> object:
    """What tells automations apart: the funnel and the description."""
    funnel, _stage = references.stage_names(value["stage"])
    return (funnel.casefold(), value["description"].casefold())


def parse(raw: bytes | str) -> Document:
    """The file as data; raises NotReadable with every mistake, its line and its path.

    A file of a later format is refused as such, whatever else stands in it.
    """
    root = root_of(raw)
    reader = Reader()
    _refuse_later(root)
    found = reader.read(FILE, root, "")
    if reader.mistakes:
        raise NotReadable(sorted(reader.mistakes, key=lambda mistake: mistake.line))
    return Document(
        sections={name: found[name] for name in SECTIONS if found.get(name) is not None},
        remove=bool(found.get("remove", False)),
        account=str(found.get("account", "")),
        format=found["format"],
        product=str(found.get("product", "")),
    )


def _refuse_later(root: yaml.Node) -> None:
    if not isinstance(root, yaml.MappingNode):
        return
    for key, value in root.value:
        if key.value != "format" or not isinstance(value, yaml.ScalarNode):
            continue
        if value.value.isascii() and value.value.isdigit() and int(value.value[:9]) > FORMAT:
            words = _(
                "The file has format %(theirs)s; this installation reads up to %(ours)s. Update the "
                "product, or export the file from an installation of this version."
            )
            words %= {"theirs": value.value[:9], "ours": FORMAT}
            raise NotReadable([Mistake(line=value.start_mark.line + 1, path="format", words=words)])
