"""Every address of portal and API is of a module and shut with it, or says here why it is of none (S4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLResolver

from accounts import keys
from accounts.contracting import switch_module
from accounts.modules import MODULES, several
from accounts.sites import portal
from config.api_urls import router
from funnels import services
from tests import factories
from tests.conftest import World

CLIENTS = "of Clients, which is part of every account"
HERSELF = "the person's own, or how she comes in"
SETUP = "of the account itself, whatever its modules"
PARTNER = "the partner says what it demands, and the page has to say what is missing (G3)"
DEALS, PRODUCTS, API = ("deals",), ("products",), ("api",)

# How an address begins → its modules, or why it has none; the longest that fits counts. <> is a parameter.
PORTAL: dict[str, tuple[str, ...] | str] = {
    "funnels/": DEALS,
    "funnels/<>/automations/": ("workflow", "deals"),
    "automations/": ("workflow", "deals"),
    "stages/": DEALS,
    "deals/": DEALS,
    "deals/<>/products/": ("deals", "products"),
    "products/": PRODUCTS,
    "sync/": DEALS,
    "persons/<>/explain/": DEALS,
    "webhooks/": API,
    "api-keys/<>/": API,
    "api-keys/new/": API,
    "api-keys/": "says that the module is off and how to have it",
    "choose/": "by what is chosen; see below",
    "persons/": CLIENTS,
    "companies/": CLIENTS,
    "records/": CLIENTS,
    "files/": CLIENTS,
    "fields/": CLIENTS,
    "tasks/": "of Tasks, which is part of every account",
    "integrations/": PARTNER,
    "privacy/": SETUP,
    "configuration/": SETUP,
    "people/": SETUP,
    "profiles/": SETUP,
    "teams/": SETUP,
    "security/": SETUP,
    "audit/": SETUP,
    "modules/": SETUP,
    "brand": "the account's colours and pictures; without White Label they are ours",
    "invitation/": HERSELF,
    "login/": HERSELF,
    "logout/": HERSELF,
    "password/": HERSELF,
    "me/": HERSELF,
    "notices/": HERSELF,
    "language/": HERSELF,
    "account/": HERSELF,
    "search/": "each finder asks for its module",
    "live/": "tells open pages of news, in numbers",
}
HOME = {"", "funnels/"}  # where she begins: leads to Persons while there are no deals

# First words below /api/v1/, where every call needs the module of the API.
REST: dict[str, tuple[str, ...] | str] = {
    **dict.fromkeys(("funnels", "stages", "loss-reasons", "checklist-items", "requirements", "deals"), DEALS),
    **dict.fromkeys(("leads", "inbox", "outbox", "exchanges", "conflicts", "persons/<>/explain"), DEALS),
    "products": PRODUCTS,
    **dict.fromkeys(("automations", "workflow-runs"), ("workflow", "deals")),
    **dict.fromkeys(("persons", "companies", "fields", "files", "interaction-records"), CLIENTS),
    "tasks": "of Tasks, which is part of every account",
    **dict.fromkeys(("partners", "connections"), PARTNER),
    **dict.fromkeys(("configuration", "privacy", "modules"), SETUP),
    **dict.fromkeys(("users", "invitations", "profiles", "teams"), SETUP),
    **dict.fromkeys(("webhook-endpoints", "events"), "of the API"),
}


def addresses(found: list[Any], prefix: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each address of the portal and the modules that its view asks for."""
    for each in found:
        if isinstance(each, URLResolver):
            yield from addresses(each.url_patterns, prefix + str(each.pattern))
        else:
            yield re.sub("<[^>]+>", "<>", prefix + str(each.pattern)), getattr(each.callback, "modules", ())


def declared(table: dict[str, tuple[str, ...] | str], address: str) -> tuple[str, ...]:
    """The modules of the longest beginning; KeyError for an address that the table does not know."""
    begins = [known for known in table if address.startswith(known)]
    if not begins:
        raise KeyError(f"{address}: say which module it is of, or why of none")
    said = table[max(begins, key=len)]
    return said if isinstance(said, tuple) else ()


def test_s4_every_page_asks_for_the_modules_that_it_is_of() -> None:
    found = [(address, asked) for address, asked in addresses(portal.get_urls()) if address not in HOME]
    assert len(found) > 100
    wrong = {address: asked for address, asked in found if set(asked) != set(declared(PORTAL, address))}
    assert wrong == {}


def test_s4_every_resource_asks_for_the_modules_that_it_is_of() -> None:
    found = [(re.sub(r"\([^)]*\)", "<>", prefix), view.module) for prefix, view, _name in router.registry]
    wrong = {
        address: asked for address, asked in found if set(several(asked)) != set(declared(REST, address))
    }
    assert wrong == {}


@pytest.fixture
def off(world: World) -> Any:
    """Switches modules off."""
    for slug in ("api", "workflow"):
        factories.module(account=world.account, slug=slug)

    def switch(*slugs: str) -> None:
        for slug in slugs:
            switch_module(account=world.account, slug=slug, enabled=False, origin=factories.SYSTEM)

    return switch


def test_s4_without_products_none_is_chosen_and_none_is_put_on_a_card_by_the_api(
    world: World, off: Any, client_of: Any, client: Any
) -> None:
    """An empty list would take the lines off: their rows stay."""
    product = services.create_product(account=world.account, name="Curso", origin=factories.SYSTEM)
    line = services.Line(product=product, quantity=1, price=None)
    deal = factories.deal(funnel=world.funnel, products=[line])
    off("products")
    assert client_of(world.admin).get("/choose/product/?q=cur").status_code == 403
    assert client_of(world.admin).get("/choose/client/?q=cur").status_code == 200
    _row, plain = keys.issue_key(account=world.account, name="ERP", created_by=factories.SYSTEM)
    call = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {plain}"}}
    for lines in ([], [{"product": str(product.pk)}]):
        answer = client.patch(f"/api/v1/deals/{deal.pk}", {"products": lines}, **call)
        assert answer.status_code == 400
        assert str(MODULES["products"].label) in str(answer.json()["errors"]["products"])
    assert client.patch(f"/api/v1/deals/{deal.pk}", {"title": "Outro"}, **call).status_code == 200
    assert deal.products.count() == 1


def test_s4_without_deals_what_tells_of_cards_is_shut_and_hidden(
    world: World, off: Any, client_of: Any, client: Any
) -> None:
    deal = factories.deal(funnel=world.funnel)
    admin = client_of(world.admin)
    _row, plain = keys.issue_key(account=world.account, name="ERP", created_by=factories.SYSTEM)
    pages = (f"/deals/{deal.pk}/explain/", "/sync/", f"/funnels/{world.funnel.pk}/automations/")
    calls = [f"/api/v1/{end}" for end in (f"deals/{deal.pk}/explain", "leads", "outbox", "automations")]
    headers = {"Authorization": f"Bearer {plain}"}
    assert {admin.get(page).status_code for page in pages} == {200}
    assert 'href="/sync/"' in admin.get("/persons/").content.decode()
    assert {client.get(call, headers=headers).status_code for call in calls} == {200}
    off("deals")
    assert {admin.get(page).status_code for page in pages} == {403}
    assert 'href="/sync/"' not in admin.get("/persons/").content.decode()
    for call in calls:
        answer = client.get(call, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "module_off"), call
