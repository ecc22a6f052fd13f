"""What a profile may allow, as data, and whether a member may do it (R3)."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership


@dataclass(frozen=True, kw_only=True)
class Permission:
    """One thing that a profile allows; `help` says to administrators what it opens."""

    slug: str
    label: str | Promise
    help: str | Promise


PERMISSIONS: dict[str, Permission] = {
    each.slug: each
    for each in (
        Permission(
            slug="records.write",
            label=gettext_lazy("Create and change records"),
            help=gettext_lazy(
                "Clients, cards, tasks, interaction records and products. Without it everything is read only."
            ),
        ),
        Permission(
            slug="records.delete",
            label=gettext_lazy("Delete records"),
            help=gettext_lazy("Clients, cards and products."),
        ),
        Permission(
            slug="cards.close",
            label=gettext_lazy("Win, lose and reopen cards"),
            help=gettext_lazy("Without it cards move between stages and somebody else closes them."),
        ),
        Permission(
            slug="cards.team",
            label=gettext_lazy("See the cards of the own teams"),
            help=gettext_lazy("Cards of everyone in a team to which the member belongs."),
        ),
        Permission(
            slug="cards.all",
            label=gettext_lazy("See all cards"),
            help=gettext_lazy(
                "Cards of everyone, and the page Sync. Without this and without the teams' cards, a member "
                "sees the own cards and those without an owner."
            ),
        ),
    )
}

ADMINISTRATOR = "Administrador"
_SALES = ("records.write", "cards.close")
STANDARD: dict[str, tuple[str, ...]] = {  # profile of a new account → what it allows
    ADMINISTRATOR: (),  # administrators may all
    "Gestor": ("records.write", "records.delete", "cards.close", "cards.all"),
    "Supervisor": (*_SALES, "cards.team"),
    "Vendedor": _SALES,
    "Operador": ("records.write",),
}


def may(membership: Membership, slug: str) -> bool:
    """Whether the member's profile allows it; administrators may all. KeyError for an unknown slug."""
    known = PERMISSIONS[slug]
    profile = membership.profile
    return bool(profile.is_administrator) or known.slug in profile.permissions


def demand(membership: Membership, slug: str) -> None:
    """Raises PermissionDenied, in words, where the profile does not allow it."""
    if not may(membership, slug):
        words = _("Your profile does not allow this: %(permission)s. Ask an administrator.")
        raise PermissionDenied(words % {"permission": PERMISSIONS[slug].label})
