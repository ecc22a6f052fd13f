"""The partner's page in Chromium: what is not saved yet is marked, and no other form takes it away unasked."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, expect, sync_playwright

from integrations.partners.meetime import setup
from tests import factories
from tests.availability import require
from tests.conftest import make_world
from tests.integrations.shown import connection_of
from tests.integrations.sync.test_in_the_browser import sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120), pytest.mark.any_store]


def test_what_is_not_saved_yet_is_marked_and_asked_about_M4(live_server) -> None:
    path = require("chromium")
    world = make_world("Casa", "casa.example")
    connection = connection_of(world.account)
    profile = factories.profile(account=world.account, administrator=False)
    admin, funnel = world.admin, world.funnel.pk
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if len(asked) == 1:
            dialog.dismiss()
        else:
            dialog.accept()

    with sync_playwright() as play:  # from here on the browser alone: its loop forbids the tables
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(locale="en").new_page()
        page.on("dialog", answer)
        sign_in(page, live_server.url, admin)
        page.goto(f"{live_server.url}/integrations/meetime/")
        tick = page.locator(f"input[name=funnels][value='{funnel}']")
        tick.check()
        expect(page.locator(".unsaved")).to_have_count(1)
        page.locator("select[name=profile]").select_option(str(profile.pk))
        expect(page.locator(".unsaved")).to_have_count(2)
        save = page.locator("form[action$='/sellers/profile/'] .btn-primary")
        save.click()
        expect(tick).to_be_checked()
        save.click()
        expect(page.locator(".unsaved")).to_have_count(0)
        expect(tick).not_to_be_checked()
        tick.check()
        page.locator("form[action$='/leads/funnels/'] .btn-primary").click()
        expect(page.locator(".unsaved")).to_have_count(0)
        expect(tick).to_be_checked()
        browser.close()
    assert len(asked) == 2
    assert setup.default_profile(connection=connection) == profile
    assert setup.allowed_funnel_ids(connection=connection) == {funnel}
