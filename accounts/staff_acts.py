"""What support staff do to a row with one press: a table of acts, posted, each through a service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.db import models
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import problems
from accounts.origin import Origin

Words = str | Promise
BULK_ROWS = 100  # at most, of one press on a list
TOLD_REFUSALS = 5


class Declined(Exception):
    """The staff admin itself says no; `words` says why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What a person changed on a row's form: `version` is the one she saw, `values` are cleaned, by field."""

    row: Any
    version: int | None
    values: dict[str, Any]
    origin: Origin


def always(_row: Any) -> bool:
    """For acts that every row offers."""
    return True


def no_options(_row: Any) -> Sequence[tuple[str, str]]:
    """For acts that ask nothing."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Act:
    """`run(row=, origin=)`, with `option=` where there are options, may return a sentence to show.

    `fits(row)` says whether the row offers it; `options(row)` are (value, words) to choose one from;
    `bulk` offers it on the list as well.
    """

    do_not_call_in_templates: ClassVar[bool] = True  # a template must show an act, never run it

    slug: str
    label: Words
    icon: str
    run: Callable[..., str | None]
    fits: Callable[[Any], bool] = always
    options: Callable[[Any], Sequence[tuple[str, str]]] = no_options
    danger: bool = False
    bulk: bool = False

    def __call__(self, *, row: models.Model, origin: Origin, option: str = "") -> str | None:
        """Calls the service."""
        asked = {} if self.options is no_options else {"option": option}
        return self.run(row=row, origin=origin, **asked)


def sentence(refused: Exception) -> str:
    """What a service refused, in words for a person."""
    words = getattr(refused, "words", "")
    known = problems.known(refused)
    return str(words or (known.detail(refused) if known else refused))


def perform(
    request: HttpRequest, act: Act, row: models.Model, *, option: str, refusals: tuple[type[Exception], ...]
) -> bool:
    """Runs one act on one row and tells the person; False when it was refused."""
    try:
        told = act(row=row, origin=Origin.user(request.user), option=option)
    except refusals as refused:
        messages.error(request, sentence(refused))
        return False
    messages.success(request, told or _("Done: %(what)s.") % {"what": act.label})
    return True


def bulk(act: Act) -> Callable[[Any, HttpRequest, models.QuerySet[Any]], None]:
    """The act as an action of a list, for at most BULK_ROWS rows, each in its own transaction."""

    def run(admin: Any, request: HttpRequest, rows: models.QuerySet[Any]) -> None:
        done, refused_words = 0, []
        for row in rows[:BULK_ROWS]:
            try:
                act(row=row, origin=Origin.user(request.user))
            except admin.refusals as refused:
                refused_words.append(f"{row}: {sentence(refused)}")
            else:
                done += 1
                admin.log_change(request, row, str(act.label))
        if done:
            told = ngettext("%(what)s: %(count)d row.", "%(what)s: %(count)d rows.", done)
            messages.success(request, told % {"what": act.label, "count": done})
        for words in refused_words[:TOLD_REFUSALS]:
            messages.error(request, words)
        if (hidden := len(refused_words) - TOLD_REFUSALS) > 0:
            told = ngettext("%(count)d more was refused.", "%(count)d more were refused.", hidden)
            messages.error(request, told % {"count": hidden})

    return run
