"""The system's modules (S2): their names, and which are on in an account."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Module


@dataclass(frozen=True, kw_only=True)
class ModuleName:
    """One module: `basic` ones come with every account, `fixed` ones cannot be switched off."""

    slug: str
    label: str | Promise
    basic: bool = False
    fixed: bool = False


MODULES: dict[str, ModuleName] = {
    module.slug: module
    for module in (
        ModuleName(slug="clients", label=_("Clients"), basic=True, fixed=True),
        ModuleName(slug="email", label=_("E-mail"), basic=True, fixed=True),
        ModuleName(slug="tasks", label=_("Tasks"), basic=True, fixed=True),
        ModuleName(slug="deals", label=_("Deals"), basic=True),
        ModuleName(slug="products", label=_("Products"), basic=True),
        ModuleName(slug="workflow", label=_("Workflow")),
        ModuleName(slug="proposals", label=_("Proposals and documents")),
        ModuleName(slug="forms", label=_("External forms")),
        ModuleName(slug="cpq", label=_("CPQ")),
        ModuleName(slug="analytics", label=_("Analytics")),
        ModuleName(slug="client_products", label=_("Client's products")),
        ModuleName(slug="library", label=_("Library")),
        ModuleName(slug="white_label", label=_("White Label")),
        ModuleName(slug="api", label=_("API access")),
    )
}


def module_on(account: Account | int, slug: str) -> bool:
    """Whether the module is contracted and on in the account; one query. KeyError for an unknown slug."""
    name = MODULES[slug]
    return name.fixed or Module.objects.of(account).filter(slug=slug, enabled=True).exists()


def modules_on(request: HttpRequest) -> frozenset[str]:
    """The slugs that are on in the request's account; one query for each request."""
    known: frozenset[str] | None = getattr(request, "_modules_on", None)
    if known is None:
        account = request.account  # type: ignore[attr-defined]  # set by CurrentAccountMiddleware
        rows = Module.objects.of(account).filter(enabled=True).values_list("slug", flat=True)
        known = frozenset(rows) | {name.slug for name in MODULES.values() if name.fixed}
        request._modules_on = known  # type: ignore[attr-defined]  # noqa: SLF001  # kept for this request only
    return known
