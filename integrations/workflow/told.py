"""Runs as people and programs read them: state, reason, chain, and what was seen (X1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from integrations.engine.explain import in_words
from integrations.models import WorkflowRun
from integrations.workflow.queueing import chain_words

State = WorkflowRun.State
A_TASK = gettext_noop("Created a task.")
TONES: Mapping[str, str] = {
    State.WAITING: "info",
    State.DONE: "ok",
    State.SKIPPED: "",
    State.REFUSED: "danger",
    State.LOOP: "warn",
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """One run in the reader's language; `chain` is "A → B → A", blank where nothing led to it."""

    run: WorkflowRun
    tone: str
    sentence: str
    chain: str
    again: bool


def tell_all(runs: Iterable[WorkflowRun], *, hidden: Collection[int] = ()) -> list[Told]:
    """The runs in words; `automation` is read with them. `hidden`: runs whose task the reader may not see."""
    return [
        Told(
            run=run,
            tone=TONES[run.state],
            sentence=_(A_TASK) if run.pk in hidden else sentence(run),
            chain=chain_words(run) if run.chain else "",
            again=run.state == State.REFUSED,
        )
        for run in runs
    ]


def sentence(run: WorkflowRun) -> str:
    """What became of it: why it stopped, or what it did."""
    if run.reason:
        return _fill(run.reason, {"automation": run.automation.description})
    return "; ".join(_fill(rule["words"], rule["saw"]) for rule in run.tried if rule.get("row") == "S7")


def _fill(words: str, saw: Mapping[str, Any]) -> str:
    """A message id in the reader's language; the CRM's own refusals are words already."""
    return in_words(words, saw) if "%(" in words else _(words)
