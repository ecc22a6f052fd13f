"""What partners put into the file: each partner's folder may hold `configuration.py` with PART."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from integrations.contract import partners
from integrations.contract.configuration import ConfigurationPart

NOTHING = ConfigurationPart()


@cache
def parts() -> Mapping[str, ConfigurationPart]:
    """The part of every registered partner that has one, by slug."""
    found: dict[str, ConfigurationPart] = {}
    for slug, partner in partners().items():
        name = f"{type(partner).__module__.rpartition('.')[0]}.configuration"
        if find_spec(name):
            found[slug] = import_module(name).PART
    return found


def part_of(slug: str) -> ConfigurationPart:
    """The partner's part; one without settings of its own has an empty one."""
    return parts().get(slug, NOTHING)
