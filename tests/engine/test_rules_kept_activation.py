"""Rules of activation and sellers that no other test would miss, were they taken out (tests/mutants; M1–M23)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape

from accounts.models import User
from funnels.models import Stage
from integrations import contract
from integrations.engine import catalog, jobs, life, sellers
from integrations.models import CatalogItem, Connection, Exchange, LinkedUser
from integrations.partners.meetime import setup
from integrations.partners.meetime.forms import ProfileForm, WinActionForm
from integrations.sandbox.server import Sandbox
from tests import factories
from tests.conftest import World
from tests.engine.conftest import TOKEN, Bench
from tests.integrations.shown import connection_of, post, ready

PAGE = "/integrations/meetime/"


def test_m1_continue_goes_on_with_the_chosen_flow(world: World, client_of: Callable[[User], Client]) -> None:
    post(client_of(world.admin), world.account, f"{PAGE}flow/", flow="won_leads")
    found = Connection.objects.of(world.account).get()
    assert (found.flow, found.state) == ("won_leads", "draft")


def refusal(world: World, token: str) -> tuple[type[Exception], str]:
    """What a person reads of a token that was not accepted, in English; the connection is as it was."""
    row = life.start(account=world.account, partner="meetime", flow="centralisation", origin=factories.SYSTEM)
    with translation.override("en"), pytest.raises(contract.PartnerError) as refused:
        life.validate(connection=row, credentials={"token": token}, origin=factories.SYSTEM)
    row.refresh_from_db()
    assert (row.state, row.sealed) == ("draft", "")
    return type(refused.value), refused.value.words


def test_m3_unreachable_and_invalid_are_told_apart(world: World, sandbox: Sandbox, settings: Any) -> None:
    settings.PARTNERS_ON_PRIVATE_ADDRESSES = True
    settings.PARTNER_URLS = {"meetime": f"{sandbox.url}/meetime/v2"}
    assert refusal(world, "errado") == (
        contract.Denied,
        "Meetime does not accept this token: it is invalid or has expired.",
    )
    settings.PARTNER_URLS = {"meetime": "http://127.0.0.1:9/meetime/v2"}
    kind, words = refusal(world, TOKEN)
    assert kind is contract.Unavailable
    assert words.startswith("Meetime could not be reached. The token was not checked")


SAID = {
    "leads": (
        "Created: interaction records, related contacts for leads that are added there, four fields of the deal. "
        "Edited: fields that follow, the deal's stage, status and loss reason.",
        "Created: leads in the cadence that the automation names. Edited: fields that follow, and known leads "
        "that are reopened or take a cadence of higher priority.",
    ),
    "sellers": (
        "Created: a user for every Meetime user whose e-mail is not known here. Existing users are linked; their "
        "name and profile stay.",
        "Nothing is created or edited: users of the CRM are never created at Meetime.",
    ),
}


@pytest.mark.parametrize("state", ["enabled", "active"])
def test_m4_each_section_says_what_is_created_and_edited_on_which_side(
    world: World, client_of: Callable[[User], Client], state: str
) -> None:
    connection_of(world.account, state=state)
    page = client_of(world.admin).get(PAGE).content.decode()
    with translation.override("pt-br"):
        for section, both_sides in SAID.items():
            shown = page.split(f'id="{section}"')[1].split("</section>")[0]
            for words in both_sides:
                assert (
                    f">{translation.gettext(words)}<" in shown
                    or f">{escape(translation.gettext(words))}<" in shown
                )


def test_m5_activation_comes_after_enabling(world: World) -> None:
    row = connection_of(world.account, state="validated")
    setup.allow_funnels(connection=row, funnels=[world.funnel], origin=factories.SYSTEM)
    profile = factories.profile(account=world.account, administrator=False)
    setup.set_default_profile(connection=row, profile=profile, origin=factories.SYSTEM)
    with pytest.raises(life.WrongState):
        life.activate(connection=row, origin=factories.SYSTEM)


def test_m8_every_stage_of_the_chosen_funnel_is_offered(world: World) -> None:
    row = ready(world.account, world.funnel)
    other = factories.funnel(account=world.account, name="Outro")
    offered = WinActionForm(connection=row, funnel=world.funnel).fields["stage"].queryset  # type: ignore[attr-defined]
    assert set(offered) == set(Stage.objects.of(world.account).filter(funnel=world.funnel))
    assert not set(offered) & set(other.stages.all())


def test_m21_the_list_is_the_accounts_own_profiles(world: World, stranger: World) -> None:
    row = connection_of(world.account)
    offered = ProfileForm(connection=row).fields["profile"].queryset  # type: ignore[attr-defined]
    assert {each.account_id for each in offered} == {world.account.pk}
    assert [each.is_administrator for each in offered] == [False]


def test_m22_the_worker_brings_users_that_are_new_there(bench: Bench) -> None:
    bench.control("POST", "meetime/users", {"email": "nova@exemplo.com.br", "name": "Nova Pessoa"})
    catalog.want(bench.connection, "users")
    jobs.sync_connection(bench.connection.pk)
    assert LinkedUser.unscoped.filter(user__email="nova@exemplo.com.br").count() == 1


def test_m22_an_email_is_the_same_whatever_its_case(world: World) -> None:
    row = connection_of(world.account)
    profile = factories.profile(account=world.account, administrator=False)
    setup.set_default_profile(connection=row, profile=profile, origin=factories.SYSTEM)
    CatalogItem.unscoped.create(
        account=world.account,
        connection=row,
        kind="users",
        their_id="7",
        name="Outro nome",
        data={"email": "ADMIN@Casa.Example", "active": True},
    )
    before = User.objects.count()
    assert sellers.sync(row) == 0
    assert (User.objects.count(), LinkedUser.unscoped.get().user) == (before, world.admin)


def test_m22_a_user_disabled_there_is_neither_made_nor_switched_off(world: World) -> None:
    row = connection_of(world.account)
    profile = factories.profile(account=world.account, administrator=False)
    setup.set_default_profile(connection=row, profile=profile, origin=factories.SYSTEM)
    for their_id, email in (("7", world.seller.email), ("8", "nova@exemplo.com.br")):
        CatalogItem.unscoped.create(
            account=world.account,
            connection=row,
            kind="users",
            their_id=their_id,
            name="Alguém",
            data={"email": email, "active": False},
        )
    LinkedUser.unscoped.create(account=world.account, connection=row, their_id="7", user=world.seller)
    assert sellers.sync(row) == 0
    assert not User.objects.filter(email="nova@exemplo.com.br").exists()
    world.seller.refresh_from_db()
    assert (world.seller.is_active, world.seller.memberships.get().is_active) == (True, True)
    assert LinkedUser.unscoped.get().user == world.seller


def test_m23_no_user_of_ours_is_told_there(bench: Bench) -> None:
    factories.member(account=bench.world.account, email="so.daqui@casa.example", name="Só Daqui")
    catalog.want(bench.connection, "users")
    jobs.sync_connection(bench.connection.pk)
    bench.drain()
    asked = Exchange.unscoped.filter(url__contains="/users")
    assert set(asked.values_list("method", flat=True)) == {"GET"}
    assert bench.ledger("user.created") == []


# --- The document's own words on screen (pt-BR) ---


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, ("Recebimento de leads ganhos", "Centralização de leads no CRM", "Recomendado", "Continuar")),
        ("draft", ("Token da API", "Validar token</button>")),
        ("validated", ("Habilitar integração",)),
        ("enabled", ("Leads", "Vendedores", "Ativar integração")),
        (
            "active",
            (
                "Ganhar o negócio",
                "Manter o negócio na mesma etapa",
                "Avançar o negócio para uma etapa específica",
            ),
        ),
    ],
)
def test_m1_m3_m4_m5_m8_the_wizard_speaks_the_documents_words(
    world: World, client_of: Callable[[User], Client], state: str | None, words: tuple[str, ...]
) -> None:
    if state:
        row = connection_of(world.account, state=state)
        setup.allow_funnels(connection=row, funnels=[world.funnel], origin=factories.SYSTEM)
    page = client_of(world.admin).get(PAGE).content.decode()
    assert [each for each in words if not shown(each, page)] == []


def shown(words: str, page: str) -> bool:
    """Whether an element holds just these words: a guide's running text does not count."""
    if "<" in words:
        return words in page
    return re.search(rf">\s*{re.escape(words)}\s*[<(—]", page) is not None


def test_m24_m25_m27_the_automation_speaks_the_documents_words(
    world: World, client_of: Callable[[User], Client]
) -> None:
    ready(world.account, world.funnel)
    address = reverse("portal:automation-new", args=[world.funnel.pk])
    page = client_of(world.admin).get(address).content.decode()
    words = (
        "Descrição da Automação",
        "Gatilho",
        "Filtros",
        "Ação ao ser disparada",
        "Enviar lead para a Meetime",
        "Card entrou neste estágio",
        "Card reaberto neste estágio",
        "Card ganho",
        "Card perdido",
        "Início imediato",
        "Aguardar início",
    )
    assert [each for each in words if not shown(each, page)] == []
    board = client_of(world.admin).get(reverse("portal:board", args=[world.funnel.pk])).content.decode()
    assert "Configurar Automações" in board
