"""axe on every page of the portal, light and dark; each fits a phone and breaks no policy (G5)."""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import chain
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.http import HttpResponse
from playwright.sync_api import Page, sync_playwright

from tests.availability import require
from tests.conftest import World, make_world
from tests.house.addresses import Visit, furnished, is_page, walk
from tests.house.desk import walk_desk
from tests.journeys.stage import Stage, staged

pytestmark = [pytest.mark.timeout(600), pytest.mark.any_store]

RUN = """async ([rules, framed]) => {
    const runOnly = rules.length ? {type: "rule", values: rules} : {type: "tag", values: %s};
    const where = framed ? {exclude: [[".side"], [".top"]]} : document;
    const found = await axe.run(where, {runOnly, resultTypes: ["violations"], elementRef: false});
    return found.violations.filter((each) => ["serious", "critical"].includes(each.impact)).flatMap((each) =>
        each.nodes.slice(0, 3).map((node) => `${each.id} (${each.impact}) ${node.target} ${node.html.slice(0, 120)}`));
}""" % ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DARK_TOO = ["color-contrast", "image-alt", "button-name", "link-name"]  # what a theme paints, shows or hides
WIDER = "document.documentElement.scrollWidth - window.innerWidth"
DARK = """() => [document.documentElement, document.body].some((each) => each.classList.contains("dark"))
    && !document.getAnimations().some((each) => each instanceof CSSTransition)"""
# One base makes every screen of the staff admin: two tables stand for all of them.
DESK = ("accounts_account", "accounts_user")
CHANGING = re.compile(rb'(csrfmiddlewaretoken" value=|X-CSRFToken&quot;: &quot;|name="version" value=)"?\w+')


def rendered(stage: Stage, world: World) -> list[tuple[str, str]]:
    """(address, how a failure names it) of every page that differs from those before.

    A form with what is wrong beside its fields stands for the same form without.
    """
    known: set[bytes] = set()
    found: dict[str, tuple[Visit, HttpResponse]] = {}
    desk = walk_desk(make_world("Mesa", "mesa.example"), tables=DESK)
    for visit, answer in chain(walk(world, furnished(world)), desk):
        if answer.status_code == 200 and not is_page(answer) and visit.data is None and not answer.streaming:
            stage.show(visit.path, answer)  # a part, a script or colours that a page asks for
        digest = sha256(CHANGING.sub(b"", bytes(b"" if answer.streaming else answer.content))).digest()
        if is_page(answer) and answer.status_code != 404 and digest not in known:
            plain = visit.state == "enabled" and (visit.data is None or answer.status_code == 422)
            found[f"{visit.who} {visit.path} {'' if plain else len(found)}"] = (visit, answer)
        known.add(digest)
    return [(stage.show(visit.path, answer), visit.words) for visit, answer in found.values()]


def looked_at(page: Page, url: str, words: str, *, framed: bool) -> set[str]:
    """What axe finds serious in the light and in the dark, and whether it fits a phone.

    `framed`: the menu and the bar at the top were looked at on another page; they are the same on every one.
    """
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(url, wait_until="load")
    page.evaluate(Axe().axe_script)
    wrong = {f"{words}: {each}" for each in page.evaluate(RUN, [[], framed])}
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_function(DARK)
    wrong |= {f"{words}: dark {each}" for each in page.evaluate(RUN, [DARK_TOO, framed])}
    page.set_viewport_size({"width": 390, "height": 844})
    if (wider := page.evaluate(WIDER)) > 0:
        wrong.add(f"{words}: wider than a phone by {wider} px")
    page.set_viewport_size({"width": 1280, "height": 900})
    return wrong


def test_g5_axe_finds_no_serious_problem_on_any_page(world: World) -> None:
    browser_path = require("chromium")
    wrong: set[str] = set()
    words = ""

    def told(message: Any) -> None:
        if "Content Security Policy" in message.text:
            wrong.add(f"{words}: {message.text}")

    def broken(error: Any) -> None:
        wrong.add(f"{words}: script: {error}")

    with staged() as stage:
        addresses = rendered(stage, world)
        with sync_playwright() as play:
            browser = play.chromium.launch(
                executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.on("pageerror", broken)
            page.on("console", told)
            for number, (address, words) in enumerate(addresses):
                wrong |= looked_at(
                    page, stage.url + address, words, framed=number > 1 and "/admin/" not in address
                )
            browser.close()
    assert len(addresses) > 90
    assert not wrong, "\n".join(sorted(wrong))
