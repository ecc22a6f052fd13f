"""Names instead of ids: what an account's rows are called in the file, and which row a name means."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

STEP = " / "
T = TypeVar("T")


def unique(rows: Iterable[T], name: Callable[[T], str]) -> dict[str, T]:
    """Row by a name that is its own, in the order given: of rows called alike the second is "Name #2"."""
    every = list(rows)
    firsts: dict[str, int] = {}
    for place, row in enumerate(every):
        firsts.setdefault(name(row).strip().casefold(), place)
    taken, found = set(firsts), {}
    for place, row in enumerate(every):
        text = name(row).strip()
        if firsts[text.casefold()] != place:
            number = 2
            while f"{text} #{number}".casefold() in taken:
                number += 1
            text = f"{text} #{number}"
            taken.add(text.casefold())
        found[text] = row
    return found


def stage_ref(funnel: str, stage: str) -> Any:
    """ "Funnel / Stage", or both apart where a name has a slash itself."""
    if "/" in funnel or "/" in stage:
        return {"funnel": funnel, "stage": stage}
    return f"{funnel}{STEP}{stage}"


def stage_names(ref: Any) -> tuple[str, str]:
    """(funnel, stage) of a reference; blanks for one that names nothing."""
    if isinstance(ref, str):
        funnel, _step, stage = ref.partition(STEP)
        return funnel.strip(), stage.strip()
    given = ref or {}
    return str(given.get("funnel", "")), str(given.get("stage", ""))


def _stage(given: Mapping[str, Any]) -> Any:
    kept = {key: value for key, value in given.items() if value}
    return stage_ref(kept["funnel"], kept["stage"]) if {"funnel", "stage"} <= set(kept) else kept


def _plain(given: Mapping[str, Any]) -> Any:
    kept = {key: value for key, value in given.items() if value}
    return _stage(kept) if "funnel" in kept else kept


SHORTEST: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "stage": _stage,
    "catalog": lambda given: {key: value for key, value in given.items() if value},
    "any": _plain,
}


def folded(rows: Mapping[str, T]) -> dict[Hashable, T]:
    """The same rows by names as they are compared: without case."""
    return {name.casefold(): row for name, row in rows.items()}


def words(value: Any) -> str:
    """A value of the file as a person reads it in one line."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(words(each) for each in value) or "–"
    if isinstance(value, Mapping):
        if "funnel" in value and "stage" in value:
            return f"{value['funnel']}{STEP}{value['stage']}"
        if "name" in value and set(value) <= {"name", "id"}:
            return f"{value['name']} ({value['id']})" if value.get("id") else str(value["name"])
        return "; ".join(f"{key}: {words(each)}" for key, each in value.items()) or "–"
    return str(value)
