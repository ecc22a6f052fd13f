"""Which modules a partner demands of an account, and how to say so (G3)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import Account, Module
from accounts.modules import MODULES
from integrations import contract


def missing_modules(account: Account, partner: str) -> list[str]:
    """The modules that the partner demands and the account has not contracted and switched on (G3)."""
    on = set(Module.objects.of(account).filter(contracted=True, enabled=True).values_list("slug", flat=True))
    return [slug for slug in contract.partner(partner).modules if slug not in on]


def missing_words(account: Account, partner: str) -> list[str]:
    """The same in sentences."""
    return [
        _("The module “%(module)s” has to be contracted and on.") % {"module": MODULES[slug].label}
        for slug in missing_modules(account, partner)
    ]
