"""The whole story in Chromium: sign in, activate, automate, drag a card, and win it at the partner.

Rows: G1, M1, M3-M5, M7, M8, M21, M22, M24, M27, M28, M33, M39, X1. Takes the pictures of README and docs
into $TOMADA_PICTURES when it is set.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journeys.conftest import TOKEN, Running, chromium, until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600), pytest.mark.any_store]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURES = os.environ.get("TOMADA_PICTURES", "")
SHAPES = ((1280, 800, "light"), (1280, 800, "dark"), (390, 844, "light"), (390, 844, "dark"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip("no Chromium")
    with sync_playwright() as play:
        yield play.chromium.launch(executable_path=path, args=FLAGS)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="pt-BR")
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None
    )
    yield page
    assert not wrong, wrong
    context.close()


def picture(page: Page, name: str, *, part: str = "") -> None:
    """The page, or a part of it, at four sizes and themes, where pictures are asked for.

    No page may be wider than the phone.
    """
    for width, height, theme in SHAPES if PICTURES else SHAPES[2:3]:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(400 if PICTURES else 0)  # drawers and toasts glide
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{name} is {overflow} px wider than {width}"
        if PICTURES:
            shown = page.locator(part).first if part else page
            if part:  # a bar that stays at the top would stand in the middle of a tall part
                page.evaluate("document.querySelectorAll('header').forEach(e => e.style.position = 'static')")
            shown.screenshot(path=Path(PICTURES) / f"{name}-{width}-{theme}.png")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=False).first.click()


def test_g5_a_card_moves_by_keyboard_and_another_screen_follows(
    running: Running, browser: Browser, page: Page
) -> None:
    sign_in(page, running)
    other = browser.new_context(viewport={"width": 1280, "height": 800}, locale="pt-BR").new_page()
    sign_in(other, running)
    card = page.locator(".column").nth(0).locator(".deal-card").first
    title = card.get_attribute("data-title") or ""
    card.focus()
    for key in ("Space", "ArrowRight", "Space"):
        page.keyboard.press(key)
    for screen in (page, other):
        column = screen.locator(".column").nth(1)
        expect(column.locator(".deal-card", has_text=title)).to_have_count(1, timeout=10_000)
    expect(page.locator("#board-says")).to_contain_text(title)
    other.context.close()


def sign_in(page: Page, running: Running) -> None:
    page.goto(running.facts["portal"])
    page.get_by_label("E-mail").fill(running.facts["admin"]["username"])
    page.get_by_label("Senha").fill(running.facts["admin"]["password"])
    button(page, "Entrar")
    expect(page.locator("[data-board]")).to_be_visible()


def test_from_sign_in_to_a_won_card(running: Running, page: Page) -> None:
    portal, admin = running.facts["portal"], running.facts["admin"]
    page.goto(portal)
    picture(page, "sign-in")
    page.get_by_label("E-mail").fill(admin["username"])
    page.get_by_label("Senha").fill("errada")
    button(page, "Entrar")
    expect(page.get_by_role("alert").first).to_be_visible()
    sign_in(page, running)

    activate(page)
    automate(page, portal)
    title = drag(page, running)
    their_id = lead_of(running, title)
    page.get_by_role("link", name=title).first.click()
    expect(page.get_by_text("virou um lead", exact=False).first).to_be_visible(timeout=15_000)
    expect(page.get_by_text("enviado para a Meetime", exact=False).first).to_be_visible(timeout=15_000)
    picture(page, "card-sent")

    until(lambda: running.control("GET", "meetime/state")["webhooks"], what="our webhook at the partner")
    running.control(
        "POST", f"meetime/leads/{their_id}/activities", {"type": "CALL", "annotation": "Quer uma proposta."}
    )
    expect(page.get_by_text("Quer uma proposta.").first).to_be_visible(timeout=20_000)
    running.control("POST", f"meetime/leads/{their_id}/win", {"lose_others": False})
    expect(page.locator(".badge", has_text="Ganho").first).to_be_visible(timeout=20_000)
    picture(page, "card-won")
    contact = page.locator("main a[href*='/persons/']").first
    contact.click()
    expect(page.get_by_text("Quer uma proposta.").first).to_be_visible()
    page.goto(f"{portal}/sync/")
    picture(page, "sync")


def activate(page: Page) -> None:
    """Administração → Integrações plug-and-play → Meetime, all five steps."""
    page.get_by_role("link", name="Integrações plug-and-play").click()
    picture(page, "catalogue")
    page.get_by_role("link", name=re.compile("Meetime")).first.click()
    picture(page, "wizard-flow")
    button(page, "Continuar")
    page.get_by_label("Token da API").fill("errado")
    button(page, "Validar token")
    expect(page.get_by_text("inválido ou expirou", exact=False).first).to_be_visible()
    picture(page, "wizard-token")
    page.get_by_label("Token da API").fill(TOKEN)
    button(page, "Validar token")
    button(page, "Habilitar integração")
    page.get_by_role("checkbox").first.check()
    button(page, "Salvar funis")
    page.get_by_label("Perfil padrão", exact=False).select_option(label="Vendedor")
    button(page, "Salvar perfil")
    win = page.locator("#win-form")
    win.get_by_label("Funil").select_option(index=1)
    cadence = win.get_by_label("Cadência")
    expect(cadence.locator("option", has_text="Cadência de Prospecção")).to_have_count(1, timeout=30_000)
    cadence.select_option(label="Cadência de Prospecção")
    win.locator("select[name$=action]").select_option(label="Ganhar o negócio")
    button(page, "Adicionar ação")
    expect(page.get_by_role("cell", name="Cadência de Prospecção", exact=True)).to_be_visible()
    picture(page, "wizard-settings")
    associate(page)
    rehearse(page)
    button(page, "Ativar integração")
    expect(page.get_by_text("Ativa", exact=True).first).to_be_visible()


def associate(page: Page) -> None:
    """M10, M13, M14, M48: a CRM field made inside the mapping and associated; the matrix."""
    group = page.get_by_role("region", name=re.compile("Negócio.*Lead"))
    group.get_by_role("button", name="Associar um campo").click()
    group.get_by_role("button", name="Novo campo do CRM").click()
    group.get_by_label("Novo campo").fill("Data da visita")
    group.get_by_label("Tipo").select_option(label="Data")
    theirs = group.get_by_label("Campo da Meetime")
    expect(theirs.locator("option", has_text="Data prevista")).to_have_count(1, timeout=30_000)
    expect(theirs.locator("option", has_text="Segmento")).to_have_count(0)  # a selection takes no date
    theirs.select_option(label="Data prevista · Texto (255)")
    group.get_by_role("button", name="Criar e associar").click()
    expect(group.get_by_text("Data da visita").first).to_be_visible()
    page.get_by_text("Quais tipos combinam").first.click()
    picture(page, "mapping", part="#mapping")


def rehearse(page: Page) -> None:
    """X2: the account's own cards against a private world, before anything is active."""
    page.get_by_role("link", name="Ensaiar").click()
    page.get_by_label("Os negócios entram no estágio").select_option(label="Enviar para prospecção")
    page.get_by_label("Cadência").select_option(label="Cadência de Prospecção")
    button(page, "Ensaiar")
    expect(page.locator("#found-title")).to_be_visible()
    expect(page.locator(".rehearsed-card:not(.not-sent)").first).to_be_visible()
    picture(page, "rehearsal", part="section:has(> .card-head #found-title)")
    page.locator(".rehearsed-card summary").first.click()
    picture(page, "rehearsal-card", part=".rehearsed-card[open]")
    page.go_back()
    page.go_back()


def automate(page: Page, portal: str) -> None:
    """Funil → Configurar Automações → "Enviar lead para a Meetime"."""
    page.goto(portal)
    page.get_by_role("link", name="Configurar Automações").click()
    page.get_by_role("link", name="Nova automação").first.click()
    page.get_by_label("Descrição da Automação").fill("Enviar para a Meetime")
    page.locator("#trigger").select_option(label="Card entrou neste estágio")
    page.locator("#stage").select_option(label="Enviar para prospecção")
    page.locator("#offer").select_option(label="Enviar lead para a Meetime")
    page.locator("#param-cadence").select_option(label="Cadência de Prospecção")
    page.get_by_label("Início imediato").check()
    picture(page, "automation")
    button(page, "Salvar automação")
    expect(page.get_by_text("Enviar para a Meetime").first).to_be_visible()
    picture(page, "automations")


def drag(page: Page, running: Running) -> str:
    """Drags the first card of a linked seller into the sending stage; returns its title."""
    page.goto(running.facts["portal"])
    picture(page, "board")
    linked = {user["email"] for user in running.control("GET", "meetime/state")["users"] if user["active"]}
    users = {
        user["id"] for user in running.api("GET", "users?limit=100")["results"] if user["email"] in linked
    }
    deals = running.api("GET", "deals?limit=100")["results"]
    shown = page.locator(".deal-card")
    for index in range(shown.count()):
        card = shown.nth(index)
        deal = next(each for each in deals if each["id"] == card.get_attribute("data-deal"))
        if deal["owner"] in users and deal["person"] and card.is_visible():
            break
    else:
        pytest.fail("no card of a seller whom the partner knows")
    title = card.get_attribute("data-title")
    assert title
    column = page.locator("section.column[data-name='Enviar para prospecção']")
    card.drag_to(column.locator("[data-cards]"))
    expect(column.locator(".deal-card", has_text=title)).to_have_count(1)
    return title


def lead_of(running: Running, title: str) -> str:
    """The id at the partner of the card's main contact."""
    deal = next(each for each in running.api("GET", "deals?limit=100")["results"] if each["title"] == title)
    person = running.api("GET", f"persons/{deal['person']}")
    found = until(
        lambda: next(
            (
                lead
                for lead in running.control("GET", "meetime/leads")["data"]
                if (lead["externalReference"] or "").split(".")[0] == deal["id"]
            ),
            None,
        ),
        what=f"the lead of {person['name']} at the partner (M28)",
    )
    return str(found["id"])
