"""One application of a file to an account: each step is done in earnest, and told with why not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.contracting import NotContracted
from accounts.models import Account
from accounts.module_settings import InvalidSettings
from accounts.origin import Origin
from accounts.refusals import Refusal
from accounts.scoping import SomeoneElseChangedThis
from funnels.services import NotAllowed
from integrations.configuration.names import Names, Unresolved, Waiting
from integrations.contract import PartnerError
from integrations.engine.life import WrongState

REFUSALS: tuple[type[Exception], ...] = (
    InvalidSettings,
    NotAllowed,
    NotContracted,
    PartnerError,
    Refusal,
    SomeoneElseChangedThis,
    Unresolved,
    WrongState,
)
"""What services refuse, with words."""


class Act(StrEnum):
    """What becomes of one thing."""

    CREATE = "create"
    CHANGE = "change"
    REMOVE = "remove"
    WAIT = "wait"
    CANNOT = "cannot"
    KEEP = "keep"


NAMING = {
    "profile",
    "team",
    "field",
    "funnel",
    "stage",
    "order",
    "connection",
}  # after these, names are others
DONE = (Act.CREATE, Act.CHANGE, Act.REMOVE)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One property: as it is here, and as the file says; None where it is not there."""

    what: str
    now: Any
    file: Any


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of the plan. `kind`: of words.KINDS, or a partner's list; `path`: names, outermost first."""

    act: Act
    kind: str
    path: Sequence[str]
    changes: Sequence[Change] = ()
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One thing to do, and the step that tells it; `waits` keeps it for later when it raises Waiting."""

    act: Act
    kind: str
    path: Sequence[str]
    do: Callable[[], object]
    changes: Sequence[Change] = ()
    why: str = ""
    waits: Callable[[], None] | None = None


@dataclass(kw_only=True)
class Run:
    """Collects the steps and what has to wait; `waiting` is a document's sections, for later."""

    account: Account
    origin: Origin
    remove: bool = False
    steps: list[Step] = field(default_factory=list)
    waiting: dict[str, Any] = field(default_factory=dict)
    switch_on: list[int] = field(default_factory=list)
    order: list[Mapping[str, Any]] = field(default_factory=list)  # of automations, while some wait
    same: int = 0
    removals: list[Attempt] = field(default_factory=list)  # of what others may hang on, until the end
    names: Names = field(init=False)

    def __post_init__(self) -> None:
        self.names = Names(self.account)

    def attempt(
        self,
        act: Act,
        kind: str,
        path: Sequence[str],
        do: Callable[[], object],
        *,
        changes: Sequence[Change] = (),
        why: str = "",
        waits: Callable[[], None] | None = None,
    ) -> None:
        """Does it and notes the step; what refuses is undone and noted with its words."""
        self.settle([Attempt(act=act, kind=kind, path=path, do=do, changes=changes, why=why, waits=waits)])

    def settle(self, attempts: Iterable[Attempt]) -> None:
        """Does them all; what is refused is tried again after something else was done, until nothing more is.

        So a place that one of them leaves is free for another in the same run, and a second run does no more.
        """
        left = list(attempts)
        while left:
            refused = [(each, why) for each in left if (why := self._done(each)) is not None]
            if len(refused) == len(left):
                for each, why in refused:
                    words = words_of(why)
                    self.note(Act.CANNOT, each.kind, each.path, changes=each.changes, why=words)
                return
            left = [each for each, _why in refused]

    def _done(self, each: Attempt) -> Exception | None:
        """Does one and notes it, also as waiting; what refuses is undone and returned."""
        try:
            with transaction.atomic():
                each.do()
        except Waiting as waiting:
            if each.waits is not None:
                each.waits()
            self.note(Act.WAIT, each.kind, each.path, changes=each.changes, why=waiting.words)
            return None
        except REFUSALS as refused:
            return refused
        except IntegrityError:
            return Unresolved(_("Something else has this name already."))
        finally:
            if each.kind in NAMING:
                self.names.forget()
        self.note(each.act, each.kind, each.path, changes=each.changes, why=each.why)
        return None

    def note(
        self, act: Act, kind: str, path: Sequence[str], *, changes: Iterable[Change] = (), why: str = ""
    ) -> None:
        """A step without doing."""
        self.steps.append(Step(act=act, kind=kind, path=tuple(path), changes=tuple(changes), why=why))

    def change(
        self,
        kind: str,
        path: Sequence[str],
        changes: Sequence[Change],
        do: Callable[[], object],
        **more: Any,
    ) -> None:
        """A change where something differs; else nothing."""
        if changes:
            self.attempt(Act.CHANGE, kind, path, do, changes=changes, **more)
        else:
            self.same += 1

    def put_in_order(
        self,
        path: Sequence[str],
        rows: Mapping[str, Any],
        wanted: Sequence[str],
        do: Callable[[list[Any]], object],
    ) -> None:
        """Brings rows, given by name in their order, into the file's; `do` takes those that it names."""
        known = {name.casefold(): row for name, row in rows.items()}
        asked = [name for name in wanted if name.casefold() in known]
        named = [name.casefold() for name in asked]
        if len(named) < 2:
            return
        now = [name for name in rows if name.casefold() in set(named)]
        same = [name.casefold() for name in now] == named
        changes = [] if same else [Change(what="order", now=now, file=asked)]
        self.change("order", path, changes, lambda: do([known[name] for name in named]))

    def unnamed(
        self,
        kind: str,
        path: Sequence[str],
        do: Callable[[], object] | None,
        *,
        never: str = "",
        at_once: bool = False,
    ) -> None:
        """Something that the file does not have: removed if it says so and nothing hangs on it, else kept.

        It goes at the end, when what hung on it may be gone; `at_once`: nothing ever hangs on it, and its
        place is needed.
        """
        if not self.remove:
            self.note(Act.KEEP, kind, path, why=_("Not in the file; nothing is deleted."))
        elif do is None:
            self.note(Act.KEEP, kind, path, why=never or _("This is never deleted by a file."))
        elif at_once:
            self.attempt(Act.REMOVE, kind, path, do)
        else:
            self.removals.append(Attempt(act=Act.REMOVE, kind=kind, path=path, do=do))

    def take_away(self) -> None:
        """Removes what the file does not name, what stands last in it first, as far as it goes."""
        self.settle(reversed(self.removals))

    @property
    def done(self) -> list[Step]:
        """The steps that change something."""
        return [step for step in self.steps if step.act in DONE]


def words_of(refused: Exception) -> str:
    """The sentence of a refusal; of one with `errors`, all of them."""
    errors = getattr(refused, "errors", None)
    if isinstance(errors, Mapping):
        told = [f"{key}: {' '.join(map(str, words))}" for key, words in errors.items()]
        return "; ".join(told)
    return str(getattr(refused, "words", "") or refused)


def digest_of(account: Account, sections: Mapping[str, Any], remove: bool, steps: Sequence[Step]) -> str:
    """Two plans with the same digest do the same: what the file says, and each step with both sides."""
    told = [
        [step.act, step.kind, list(step.path), [[c.what, c.now, c.file] for c in step.changes]]
        for step in steps
    ]
    raw = json.dumps([account.pk, remove, sections, told], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()[:32]
