"""What portal.js does by itself in Chromium: asks before a form[data-confirm], takes settled errors away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, sync_playwright

from tests.journeys.conftest import chromium

pytestmark = [pytest.mark.journey, pytest.mark.any_store]

SCRIPT = Path(settings.BASE_DIR) / "static" / "portal" / "portal.js"
BODY = """
<form id="f" data-confirm="Excluir?" data-confirm-text="Sem volta."><button name="to" value="off">Vai</button></form>
<dialog id="confirm-dialog"><h2></h2><p></p><button type="button" data-close-dialog>Não</button>
<button type="button" data-confirm-go>x</button></dialog><div id="toasts" data-dismiss="Fechar"></div>
"""


@pytest.fixture
def page() -> Iterator[Page]:
    path = chromium()
    if path is None:
        pytest.skip("no Chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_content(BODY)
        page.evaluate(
            "window.sent = []; document.addEventListener('submit', event => {"
            " event.preventDefault(); window.sent.push(event.submitter.value); })"
        )
        page.add_script_tag(path=SCRIPT)
        yield page
        browser.close()


def test_a_destructive_form_is_sent_only_after_it_was_asked_about(page: Page) -> None:
    page.click("#f button")
    assert page.evaluate("window.sent") == []
    assert page.inner_text("#confirm-dialog h2") == "Excluir?"
    assert page.inner_text("[data-confirm-go]") == "Vai"
    page.click("[data-close-dialog]")
    assert page.evaluate("window.sent") == []
    page.click("#f button")
    page.click("[data-confirm-go]")
    assert page.evaluate("window.sent") == ["off"]
    page.click("#f button")  # the next time it asks again
    assert page.evaluate("window.sent") == ["off"]


def test_tabs_scroll_sideways_only(page: Page) -> None:
    page.set_content(
        '<body class="portal"><div class="tabs"><a aria-current="page">Minhas</a><a>Todas</a></div>'
    )
    page.add_style_tag(path=SCRIPT.with_name("portal.css"))
    over = "document.querySelector('.tabs').scrollHeight - document.querySelector('.tabs').clientHeight"
    assert page.evaluate(over) == 0


def test_a_success_takes_earlier_errors_away(page: Page) -> None:
    page.evaluate("['a', 'b'].forEach(words => tomada.toast(words, 'danger'))")
    assert page.locator(".toast.danger").count() == 2
    page.evaluate("tomada.toast('c', 'ok')")
    page.locator(".toast.danger").first.wait_for(state="detached", timeout=5000)
    page.wait_for_function("document.querySelectorAll('.toast').length === 1")
    assert page.inner_text(".toast-words") == "c"
