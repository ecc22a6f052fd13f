"""A card's panels in Chromium: what they asked for stays when the page is refreshed under them (X1, M48)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from funnels import services
from tests import factories
from tests.availability import require
from tests.conftest import make_world
from tests.integrations.shown import connection_of
from tests.integrations.sync.told import associated, linked_lead, person_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120), pytest.mark.any_store]
CHANGED = "document.body.dispatchEvent(new CustomEvent('tomada:changed', {bubbles: true, detail: {now: 1}}))"
WIDER = "document.documentElement.scrollWidth - window.innerWidth"


def sign_in(page: Page, address: str, user: Any) -> None:
    page.goto(f"{address}/login/")
    page.fill("input[name=username]", user.email)
    page.fill("input[name=password]", factories.PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def test_x1_panels_survive_a_refresh_and_fit_a_phone(live_server) -> None:
    path = require("chromium")
    world = make_world("Casa", "casa.example")
    connection = connection_of(world.account)
    associated(connection)
    rita = person_of(world)
    services.update_person(person=rita, custom={"cargo": "Diretora" * 9}, origin=factories.SYSTEM)
    deal = factories.deal(funnel=world.funnel, person=rita, title="Padaria Sol")
    lead = linked_lead(connection, deal, ours={"name": "Rita", "custom.cargo": "Gerente"})
    pages = (f"/deals/{deal.pk}/", f"/sync/leads/{lead.pk}/", f"/persons/{rita.pk}/", "/sync/?tab=conflicts")
    with sync_playwright() as play:  # from here on the browser alone: its loop forbids the tables
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": 390, "height": 844}, locale="en").new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        sign_in(page, live_server.url, world.seller)
        page.goto(live_server.url + pages[0])
        page.locator(".lead-fields summary").click()
        told = (page.locator("#panel-explain .explanation-head"), page.locator(".lead-fields th[scope=row]"))
        expect(told[0]).to_be_visible()
        expect(told[1].filter(has_text="Cargo")).to_be_visible()
        for _twice in range(2):
            with page.expect_response(lambda answer: answer.url.endswith("/explain/")):
                page.evaluate(CHANGED)
            expect(told[0]).to_be_visible()
            expect(told[1].filter(has_text="Cargo")).to_be_visible()
            expect(page.locator("#panels .explain .spinner")).to_have_count(0)
        for each in pages:
            page.goto(live_server.url + each)
            page.wait_for_load_state("networkidle")
            assert page.evaluate(WIDER) <= 0, each
        assert wrong == []
        browser.close()
