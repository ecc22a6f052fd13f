"""The pictures of docs/ that no story takes: the rooms of administrators, wide and narrow, light and dark.

Taken into $TOMADA_PICTURES, and only then.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.availability import require
from tests.journeys.conftest import ROOT, start, stop

PICTURES = os.environ.get("TOMADA_PICTURES", "")
pytestmark = [
    pytest.mark.journey,
    pytest.mark.timeout(600),
    pytest.mark.any_store,
    pytest.mark.skipif(not PICTURES, reason="TOMADA_PICTURES names no folder"),
]
LIVED_IN = """
from datetime import timedelta
from django.utils import timezone
from accounts import notices, support
from accounts.models import Account, Membership, User
from accounts.module_settings import set_module_settings
from accounts.origin import Origin
from accounts.teams import create_team
from funnels import services
from funnels.models import Deal, Funnel
from integrations.automations.services import create_automation
from integrations.endpoints.services import create_endpoint

account, now = Account.objects.order_by("pk").first(), timezone.now()
admin = User.objects.get(email="admin@tomada.example")
me, deals = Origin.user(admin), Deal.objects.of(account).filter(status="open").order_by("pk")
create_team(account=account, name="Vendas Sul", origin=me,
    members=list(Membership.objects.of(account).exclude(user=admin)[:2]))
set_module_settings(account=account, slug="tasks", values={"check_out": True, "radius": 300}, origin=me)
for days, title, deal in ((-1, "Levar amostras", deals[0]), (0, "Visitar a padaria", deals[1]), (2, "Enviar proposta", deals[2])):
    services.create_task(account=account, title=title, deal=deal, assignee=admin, due_at=now + timedelta(days=days), origin=me)
funnel = Funnel.objects.of(account).order_by("pk").first()
stages = list(funnel.stages.all())
def automate(stage, words, trigger, action, parameters, **more):
    create_automation(funnel=funnel, stage=stage, description=words, trigger=trigger, connection=None,
        action=action, parameters=parameters, origin=me, **more)
automate(stages[1], "Ligar em um dia", "entered", "crm.create_task", {"title": "Ligar", "days": 1, "assignee": "owner"})
automate(stages[4], "Proposta parada há 7 dias", "idle", "crm.create_task",
    {"title": "Retomar a proposta", "days": 0, "assignee": "owner"}, trigger_values={"days": 7})
automate(stages[3], "Degustação feita", "entered", "crm.move", {"stage": str(stages[4].pk)}, enabled=False)
create_endpoint(account=account, url="https://93.184.216.34/tomada", events=["deal.won", "deal.lost"], description="ERP", origin=me)
create_endpoint(account=account, url="https://93.184.216.34/bi", events=["*"], description="BI", origin=me)
notices.tell(account=account, kind="module", words="The module “%(module)s” was contracted.", values={"modules": ["white_label"]}, now=now)
notices.tell(account=account, kind="task", words="%(card)s: %(text)s",
    values={"card": deals[1].title, "text": "Confirmar o horário da visita"}, link=f"/deals/{deals[1].pk}/", now=now)
"""
PLAN = """format: 1
teams:
  - Vendas Sul
  - Pós-venda
funnels:
  - name: Pós-venda
    stages:
      - name: Implantação
      - name: Acompanhamento
"""
"""A file that makes a little more than the demonstration has."""
SHAPES = ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"))
PAGES = {
    "people": "/people/",
    "modules": "/modules/",
    "module-deals": "/modules/deals/",
    "security": "/security/",
    "second-factor": "/me/second-factor/",
    "notices": "/notices/",
    "tasks": "/tasks/",
    "workflow": "/funnels/1/automations/",
    "workflow-new": "/funnels/1/automations/new/",
    "webhooks": "/webhooks/",
    "privacy": "/privacy/",
    "person-privacy": "/persons/1/privacy/",
    "api-key": "/api-keys/new/",
    "white-label": "/modules/white_label/",
}


def shoot(page: Page, name: str) -> None:
    """The page at four sizes and themes, in 128 colours: small files."""
    for width, theme in SHAPES:
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, name
        path = Path(PICTURES) / f"{name}-{width}-{theme}.png"
        page.screenshot(path=path)
        Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)
    page.set_viewport_size({"width": 1280, "height": 844})
    page.emulate_media(color_scheme="light")


def test_pictures_of_the_rooms_of_administrators(tmp_path: Path) -> None:
    process, facts = start(tmp_path)
    environment = {**os.environ, "DATA_DIR": str(tmp_path)}
    try:
        subprocess.run(
            [sys.executable, "manage.py", "shell", "-c", LIVED_IN], cwd=ROOT, env=environment, check=True
        )
        with sync_playwright() as play:
            flags = ["--no-sandbox", "--disable-gpu", "--lang=pt-BR"]
            browser = play.chromium.launch(
                executable_path=require("chromium"), args=flags, env={**os.environ, "LANGUAGE": "pt_BR"}
            )
            page = browser.new_page(viewport={"width": 1280, "height": 844}, locale="pt-BR")
            portal = facts["portal"]
            page.goto(portal)
            page.get_by_label("E-mail").fill(facts["admin"]["username"])
            page.get_by_label("Senha").fill(facts["admin"]["password"])
            page.get_by_role("button", name="Entrar").click()
            page.wait_for_selector("[data-board]")
            for name, path in PAGES.items():
                page.goto(f"{portal}{path}")
                shoot(page, name)
            page.locator("[name=logo_color]").fill("#8a3ffc")
            page.locator("[name=confirm_color]").fill("#0f62fe")
            page.locator("[name=tab_name]").fill("Casa do Pão")
            page.wait_for_timeout(900)
            shoot(page, "white-label-chosen")
            page.goto(f"{portal}/configuration/")
            page.locator("[name=text]").fill(PLAN)
            page.get_by_role("button", name="mudaria").click()
            page.wait_for_load_state()
            shoot(page, "configuration-plan")
            browser.close()
    finally:
        stop(process)
