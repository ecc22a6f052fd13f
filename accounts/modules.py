"""Which modules are on in an account (S2), the doors that ask, and who hears of a switch (S4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.dispatch import Signal
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import Account, Module
from accounts.module_names import MODULES, ModuleName

__all__ = [
    "MODULES",
    "ModuleName",
    "Standing",
    "module_on",
    "modules_on",
    "off_words",
    "require",
    "several",
    "standing",
    "standing_of",
    "stops",
    "switched",
]

switched = Signal()
"""Sent with account=, slug=, on= in the transaction in which a module goes on or off (S4, G3)."""

stops: list[Callable[[Account, str], Sequence[str]]] = []
"""Each says what stops in an account when the module goes off, in sentences with counts; apps add theirs."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How an account's modules stand; `settings` are the values as they are kept, by module."""

    on: frozenset[str]
    contracted: frozenset[str]
    settings: Mapping[str, Mapping[str, Any]]


def standing_of(account: Account | int) -> Standing:
    """All of an account's modules; one query. A basic module without a row is on, as in a new account."""
    columns = ("slug", "contracted", "enabled", "settings")
    rows = {row[0]: row[1:] for row in Module.objects.of(account).values_list(*columns)}
    default = {slug: (each.basic, each.basic, {}) for slug, each in MODULES.items()}
    known = {slug: rows.get(slug, default[slug]) for slug in MODULES}
    return Standing(
        on=frozenset(slug for slug, row in known.items() if _counts(slug, enabled=row[1])),
        contracted=frozenset(slug for slug, row in known.items() if row[0] or MODULES[slug].basic),
        settings={slug: row[2] for slug, row in known.items()},
    )


def standing(request: HttpRequest) -> Standing:
    """The same of the request's account; one query for each request."""
    known: Standing | None = getattr(request, "_modules", None)
    if known is None:
        known = standing_of(request.account)  # type: ignore[attr-defined]  # set by CurrentAccountMiddleware
        request._modules = known  # type: ignore[attr-defined]  # noqa: SLF001  # kept for this request only
    return known


def module_on(account: Account | int, slug: str) -> bool:
    """Whether the module is contracted and on in the account; one query. KeyError for an unknown slug."""
    name = MODULES[slug]
    if name.fixed:
        return True
    enabled = Module.objects.of(account).filter(slug=slug).values_list("enabled", flat=True).first()
    return _counts(slug, enabled=name.basic if enabled is None else enabled)


def modules_on(request: HttpRequest) -> frozenset[str]:
    """The slugs that are on in the request's account; one query for each request."""
    return standing(request).on


def off_words(slug: str) -> str:
    """What a person or a program hears at a door of a module that is off (S4)."""
    words = _("The module “%(module)s” is off in this account. An administrator can switch it on.")
    return words % {"module": MODULES[slug].label}


def several(module: str | tuple[str, ...]) -> tuple[str, ...]:
    """The modules that a door names: none, one, or all that have to be on."""
    return (module,) if isinstance(module, str) and module else tuple(module)


def require(request: HttpRequest, slug: str) -> None:
    """Raises PermissionDenied with the module's name while it is off; its rows stay (S4)."""
    if slug not in modules_on(request):
        raise PermissionDenied(off_words(slug))


def _counts(slug: str, *, enabled: bool) -> bool:
    return MODULES[slug].fixed or (enabled and not MODULES[slug].later)
