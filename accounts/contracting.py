"""The only writer of an account's modules: contracted by staff, switched by administrators (S2, S4, S5)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import mail, notices
from accounts.models import Account, Module, ModuleRequest, User
from accounts.modules import MODULES, ModuleName, switched
from accounts.origin import Origin
from accounts.scoping import SomeoneElseChangedThis
from accounts.services import audit


class NotContracted(Exception):
    """The modules' own rules forbid it; `words` says why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def locked_module(*, account: Account, slug: str, version: int | None) -> Module:
    """The module's row under lock, made when an account has none; SomeoneElseChangedThis for an old version.

    Raises NotContracted for a module that the system does not have.
    """
    name = MODULES.get(slug)
    if name is None:
        raise NotContracted(_("There is no module with this name."))
    rows = Module.objects.of(account).select_for_update()
    row: Module | None = rows.filter(slug=slug).first()
    if row is None:
        # Two at once would both make it: they pass the account's row one after the other.
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        row = rows.filter(slug=slug).first()
    if row is None:
        row = Module(account=account, slug=slug, contracted=name.basic, enabled=name.basic, version=0)
    elif version is not None and row.version != version:
        raise SomeoneElseChangedThis
    return row


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
    """Sets both switches of one module, for support staff; each change is a line of the audit trail (S5).

    A module that is taken out of the contract goes off as well; one that is contracted answers the account's
    request for it. Raises NotContracted for a fixed module that would go off, for one that is on without a
    contract and for one whose functions come later; SomeoneElseChangedThis for an old version.
    """
    row = locked_module(account=account, slug=slug, version=version)
    name = MODULES[slug]
    if name.fixed and not (contracted and enabled):
        raise NotContracted(_("“%(module)s” is part of every account.") % {"module": name.label})
    if enabled and not contracted:
        if not row.enabled:
            raise NotContracted(_("Contract the module before switching it on."))
        enabled = False
    new = contracted and not row.contracted
    _write(row, contracted=contracted, enabled=enabled, origin=origin, action="module.contracted")
    if new:
        _tell_contracted(row, now=timezone.now())
    return row


@transaction.atomic
def switch_module(
    *, account: Account, slug: str, enabled: bool, origin: Origin, version: int | None = None
) -> Module:
    """Switches a contracted module on or off, for the account's administrators (S2, S4); its data stays.

    Raises NotContracted for a fixed module, one that is not contracted and one whose functions come later;
    SomeoneElseChangedThis for an old version.
    """
    row = locked_module(account=account, slug=slug, version=version)
    name = MODULES[slug]
    if name.fixed and not enabled:
        words = _("“%(module)s” is part of every account and cannot be switched off.")
        raise NotContracted(words % {"module": name.label})
    if enabled and not row.contracted and not name.fixed:
        words = _("“%(module)s” is not contracted. Ask for it: CS or support will answer.")
        raise NotContracted(words % {"module": name.label})
    _write(row, contracted=row.contracted, enabled=enabled, origin=origin, action="module.switched")
    return row


def refuse_later(name: ModuleName) -> None:
    """Raises NotContracted for a module whose functions are not in the product yet."""
    if name.later and not name.fixed:
        words = _("“%(module)s” comes in a later version: it cannot be switched on yet.")
        raise NotContracted(words % {"module": name.label})


def _write(row: Module, *, contracted: bool, enabled: bool, origin: Origin, action: str) -> bool:
    """Whether anything changed; it is then in the audit trail, and who listens to `switched` has heard."""
    if enabled and not row.enabled:
        refuse_later(MODULES[row.slug])
    before = {"contracted": row.contracted, "enabled": row.enabled}
    after = {"contracted": contracted, "enabled": enabled}
    if row.pk is not None and before == after:
        return False
    row.contracted, row.enabled = contracted, enabled
    row.version += 1
    row.save()
    audit(
        account=row.account,
        origin=origin,
        action=action,
        subject=row.slug,
        data={"before": before, "after": after},
    )
    if before["enabled"] != enabled:
        switched.send(sender=Module, account=row.account, slug=row.slug, on=enabled)
    return True


@transaction.atomic
def ask_for_module(
    *, account: Account, slug: str, text: str = "", user: User | None, origin: Origin
) -> ModuleRequest:
    """An administrator asks for a module that is not contracted (S2); asking again adds nothing.

    Support staff see it in their list and, where SUPPORT_EMAIL is set, get an e-mail. NotContracted for a
    module that the account has already.
    """
    row = locked_module(account=account, slug=slug, version=None)
    name = MODULES[slug]
    if row.contracted or name.basic:
        raise NotContracted(_("“%(module)s” is contracted already.") % {"module": name.label})
    words = " ".join(text.split())[:500]
    asked, new = ModuleRequest.objects.of(account).get_or_create(
        account=account, slug=slug, answered_at=None, defaults={"asked_by": user, "text": words}
    )
    if new:
        audit(account=account, origin=origin, action="module.asked", subject=slug, data={"text": words})
        if settings.SUPPORT_EMAIL:
            context = {"account": account, "module": name.label, "user": origin.label, "text": words}
            mail.post(to=[settings.SUPPORT_EMAIL], template="module_request", context=context)
    return asked


@transaction.atomic
def answer_request(*, request: ModuleRequest, origin: Origin, now: datetime) -> ModuleRequest:
    """Support staff have spoken with the account; it may ask again."""
    row: ModuleRequest = ModuleRequest.objects.of(request.account_id).select_for_update().get(pk=request.pk)
    if row.answered_at is None:
        row.answered_at = now
        row.save(update_fields=["answered_at"])
        audit(account=row.account, origin=origin, action="module.answered", subject=row.slug)
    return row


def _tell_contracted(row: Module, *, now: datetime) -> None:
    """A contract is the answer to a request, and the administrators hear of it."""
    ModuleRequest.objects.of(row.account).filter(slug=row.slug, answered_at=None).update(answered_at=now)
    notices.tell(
        account=row.account,
        kind="module",
        words=gettext_noop("The module “%(module)s” was contracted."),
        values={"modules": [row.slug]},
        link=reverse("portal:modules"),
        source=f"module:{row.slug}:contracted",
        now=now,
    )
