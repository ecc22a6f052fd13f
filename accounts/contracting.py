"""The only writer of what an account has contracted: support staff's side of its modules (S5)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, Module
from accounts.modules import MODULES
from accounts.origin import Origin
from accounts.scoping import SomeoneElseChangedThis
from accounts.services import audit


class NotContracted(Exception):
    """The modules' own rules forbid it; `words` says why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@transaction.atomic
def contract_module(
    *,
    account: Account,
    slug: str,
    contracted: bool,
    enabled: bool,
    origin: Origin,
    version: int | None = None,
) -> Module:
    """Sets both switches of one module; each change is a line of the audit trail (S5).

    A module that is taken out of the contract goes off as well. Raises NotContracted for a fixed module that
    would go off and for one that is on without a contract; SomeoneElseChangedThis for an old version.
    """
    name = MODULES.get(slug)
    if name is None:
        raise NotContracted(_("There is no module with this name."))
    row = Module.objects.of(account).select_for_update().filter(slug=slug).first()
    if row is None:
        row = Module(account=account, slug=slug, version=0)
    elif version is not None and row.version != version:
        raise SomeoneElseChangedThis
    if name.fixed and not (contracted and enabled):
        raise NotContracted(_("“%(module)s” is part of every account.") % {"module": name.label})
    if enabled and not contracted:
        if not row.enabled:
            raise NotContracted(_("Contract the module before switching it on."))
        enabled = False
    before = {"contracted": row.contracted, "enabled": row.enabled}
    after = {"contracted": contracted, "enabled": enabled}
    if row.pk is None or before != after:
        row.contracted, row.enabled = contracted, enabled
        row.version += 1
        row.save()
        audit(
            account=account,
            origin=origin,
            action="module.contracted",
            subject=slug,
            data={"before": before, "after": after},
        )
    return row
