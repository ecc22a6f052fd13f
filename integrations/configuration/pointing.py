"""What may stand where the file names something: a stage, a partner's item, a row of the account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml
from django.utils.translation import gettext as _

from integrations.configuration import references
from integrations.configuration.kinds import Kind, Object, Reader, Text, Unfit


@dataclass(frozen=True, kw_only=True)
class Reference(Kind):
    """Something by name: text, or a mapping with some of these keys."""

    keys: tuple[str, ...]
    shape: str

    def read(self, node: yaml.Node, path: str, reader: Reader) -> Any:
        if isinstance(node, yaml.MappingNode):
            kinds: dict[str, Kind] = {key: Text(most=250, blank=True, loose=True) for key in self.keys}
            return references.SHORTEST[self.shape](Object(keys=kinds).read(node, path, reader))
        text = Text(most=10_000, loose=self.shape == "any", blank=self.shape == "any").read(
            node, path, reader
        )
        if self.shape == "stage" and len(text.split(references.STEP)) != 2:
            raise Unfit(_("Name a stage by its funnel: “Funnel / Stage”."))
        return {"name": text} if self.shape == "catalog" else text


STAGE = Reference(keys=("funnel", "stage", "unknown"), shape="stage")
CATALOG = Reference(keys=("name", "id"), shape="catalog")
ANY = Reference(keys=("name", "id", "funnel", "stage", "unknown"), shape="any")
NAME = Text()
