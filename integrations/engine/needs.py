"""Which modules a partner demands of an account, and how to say so (G3)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.modules import MODULES, standing_of
from integrations import contract


def missing_modules(account: Account, partner: str, flow: str = "") -> list[str]:
    """The modules that the partner demands in this flow and that are not contracted and on (G3); one query.

    Without a flow: what any of the partner's flows demands.
    """
    demanded = contract.partner(partner).demands(flow)
    on = standing_of(account).on if demanded else frozenset()
    return [slug for slug in demanded if slug not in on]


def missing_by_why(account: Account, partner: str, flow: str = "") -> tuple[list[str], list[str]]:
    """The same, apart: those that are not contracted, and those that are merely off."""
    missing = missing_modules(account, partner, flow)
    contracted = standing_of(account).contracted if missing else frozenset()
    return [each for each in missing if each not in contracted], [
        each for each in missing if each in contracted
    ]


def missing_words(account: Account, partner: str, flow: str = "") -> list[str]:
    """The same in sentences."""
    return [
        _("The module “%(module)s” has to be contracted and on.") % {"module": MODULES[slug].label}
        for slug in missing_modules(account, partner, flow)
    ]
