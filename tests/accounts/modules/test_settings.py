"""What modules can be told: declared, checked, kept, in effect (S3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import nouns
from accounts.contracting import NotContracted, switch_module
from accounts.models import AuditEntry, Module, User
from accounts.module_settings import (
    DECLARED,
    InvalidSettings,
    Kind,
    declared_of,
    set_module_settings,
    settings_of,
)
from accounts.module_settings.counters import counters
from accounts.modules import MODULES
from accounts.scoping import SomeoneElseChangedThis
from tests import factories
from tests.conftest import World

ClientOf = Callable[[User], Client]


@pytest.fixture
def contracted(world: World) -> World:
    for slug in ("workflow", "white_label"):
        factories.module(account=world.account, slug=slug)
    return world


def put(world: World, slug: str, **values: Any) -> Module:
    return set_module_settings(account=world.account, slug=slug, values=values, origin=factories.SYSTEM)


def refused(world: World, slug: str, **values: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidSettings) as caught:
        put(world, slug, **values)
    return caught.value.errors


GOOD: dict[Kind, Any] = {
    Kind.TEXT: "Oportunidade",
    Kind.BOOL: True,
    Kind.NUMBER: 500,
    Kind.COLOUR: "#0a7d5a",
    Kind.GENDER: "feminine",
    Kind.ICON: "rocket_launch",
}
BAD: dict[Kind, list[Any]] = {
    Kind.TEXT: ["x" * 41, "a<b>", "Neg\x00cio", 7, None, {}],
    Kind.BOOL: ["on", 1, None],
    Kind.NUMBER: [9, 100_001, "1.5", "", None, True, -3, "9" * 30],
    Kind.COLOUR: ["red", "#12", "#gggggg", "url(x)", 5, "#0a7d5a;"],
    Kind.GENDER: ["neutral", "", None],
    Kind.CHOICE: ["sometimes", "", None],
    Kind.ICON: ["<svg>", "nothing_like_it", 3],
    Kind.IMAGE: ["1", 99, "abc"],
    Kind.NEXT_NUMBER: [0, "", None, "x", 2_000_000_001],
}


@pytest.mark.parametrize("name", [name for name, each in DECLARED.items() if each.kind in GOOD])
def test_s3_a_setting_is_kept_and_in_effect(contracted: World, name: str) -> None:
    setting = DECLARED[name]
    values = {setting.key: GOOD[setting.kind]}
    if setting.beside:
        values[setting.beside] = "Oportunidades"
    before = settings_of(contracted.account)[setting.module][setting.key]
    row = put(contracted, setting.module, **values)
    assert settings_of(contracted.account)[setting.module][setting.key] == GOOD[setting.kind] != before
    entry = AuditEntry.objects.of(contracted.account).filter(action="module.settings").latest("id")
    assert entry.data["before"][setting.key] == before
    assert entry.data["after"][setting.key] == GOOD[setting.kind]
    assert put(contracted, setting.module, **values).version == row.version, "the same again is no change"


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, each in DECLARED.items() for value in BAD.get(each.kind, ())],
)
def test_s3_a_value_that_does_not_fit_is_refused_in_words(contracted: World, name: str, value: Any) -> None:
    setting = DECLARED[name]
    errors = refused(contracted, setting.module, **{setting.key: value})
    assert list(errors) == [setting.key]
    assert errors[setting.key][0].endswith(".")
    assert not AuditEntry.objects.of(contracted.account).filter(action="module.settings").exists()


def test_s3_the_words_about_signs_name_every_sign_that_is_refused(contracted: World) -> None:
    told = refused(contracted, "deals", singular="R&D", plural="R&Ds")["singular"][0]
    for sign in '%{}<>&"\\|':
        assert f" {sign}" in told
        assert not nouns.plain(f"R{sign}D")


def test_s3_all_or_nothing(contracted: World) -> None:
    errors = refused(contracted, "tasks", check_out=True, radius=3, nothing=1)
    assert set(errors) == {"radius", "nothing"}
    assert settings_of(contracted.account)["tasks"]["check_out"] is False


def test_s3_singular_and_plural_go_together(contracted: World) -> None:
    assert list(refused(contracted, "deals", singular="Oportunidade")) == ["plural"]
    put(contracted, "deals", singular="Oportunidade", plural="Oportunidades")
    assert list(refused(contracted, "deals", plural="")) == ["plural"]
    put(contracted, "deals", singular="", plural="")


def test_s3_the_settings_of_deals_need_workflow_contracted(world: World, client_of: ClientOf) -> None:
    admin, url = client_of(world.admin), reverse("portal:module-settings", args=["deals"])
    assert "Workflow" in refused(world, "deals", singular="Venda", plural="Vendas")["singular"][0]
    assert admin.get(url).status_code == 403
    factories.module(account=world.account, slug="workflow")
    put(world, "deals", singular="Venda", plural="Vendas")
    assert admin.get(url).status_code == 200
    Module.unscoped.filter(slug="workflow").update(enabled=False)
    assert settings_of(world.account)["deals"]["singular"] == "Venda", "contracted is enough"
    Module.unscoped.filter(slug="workflow").update(contracted=False)
    assert settings_of(world.account)["deals"]["singular"] == "", "kept, without effect"
    factories.module(account=world.account, slug="workflow")
    assert settings_of(world.account)["deals"]["singular"] == "Venda"


def test_s3_settings_of_a_module_that_is_not_contracted_are_refused(
    world: World, client_of: ClientOf
) -> None:
    with pytest.raises(NotContracted):
        put(world, "white_label", tab_name="Acme")
    page = client_of(world.admin).get(reverse("portal:module-settings", args=["white_label"]))
    assert page.status_code == 403


def test_s3_an_old_version_is_not_overwritten(contracted: World) -> None:
    row = put(contracted, "tasks", radius=300)
    with pytest.raises(SomeoneElseChangedThis):
        set_module_settings(
            account=contracted.account,
            slug="tasks",
            values={"radius": 400},
            version=row.version - 1,
            origin=factories.SYSTEM,
        )
    assert settings_of(contracted.account)["tasks"]["radius"] == 300


def test_s3_settings_belong_to_one_account(contracted: World, stranger: World) -> None:
    put(contracted, "tasks", radius=300)
    assert settings_of(stranger.account)["tasks"]["radius"] == DECLARED["tasks.radius"].default


def test_s3_settings_cost_one_query(contracted: World, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        settings_of(contracted.account)


def test_s3_defaults_are_values_that_the_service_takes(contracted: World) -> None:
    for setting in DECLARED.values():
        if setting.kind is not Kind.NEXT_NUMBER:
            put(contracted, setting.module, **{setting.key: setting.default})


# --- The page ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", sorted({each.module for each in DECLARED.values()}))
def test_s3_one_page_shows_and_saves_every_declared_setting(
    contracted: World, client_of: ClientOf, slug: str
) -> None:
    admin, url = client_of(contracted.admin), reverse("portal:module-settings", args=[slug])
    page = admin.get(url).content.decode()
    data: dict[str, Any] = {"account": contracted.account.pk, "version": row_version(contracted, slug)}
    for setting in declared_of(slug):
        assert f'name="{setting.key}"' in page, setting.name
        if setting.kind in GOOD:
            data[setting.key] = "on" if setting.kind is Kind.BOOL else GOOD[setting.kind]
        elif setting.kind is Kind.CHOICE:
            data[setting.key] = setting.choices[-1][0]
        elif setting.kind is Kind.NEXT_NUMBER:
            data[setting.key], data[f"{setting.key}_seen"] = "900", "1"
    answer = admin.post(url, data)
    assert answer.status_code == 302, answer.content.decode()
    now = settings_of(contracted.account)[slug]
    for setting in declared_of(slug):
        if setting.kind in GOOD:
            assert now[setting.key] == GOOD[setting.kind]
    if slug == "deals":
        assert now["many_funnels"] == "ask"
        assert counters["deals.next_number"].read(contracted.account)[0] == 900


def row_version(world: World, slug: str) -> str:
    return str(
        Module.objects.of(world.account).filter(slug=slug).values_list("version", flat=True).first() or 0
    )


def test_s3_a_refused_page_says_why_at_the_field_and_keeps_what_was_typed(
    contracted: World, client_of: ClientOf
) -> None:
    url = reverse("portal:module-settings", args=["tasks"])
    answer = client_of(contracted.admin).post(
        url, {"account": contracted.account.pk, "radius": "3", "check_out": "on"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_radius_error"' in page
    assert 'value="3"' in page
    assert settings_of(contracted.account)["tasks"]["check_out"] is False


def test_s3_the_page_of_an_old_version_changes_nothing(contracted: World, client_of: ClientOf) -> None:
    url = reverse("portal:module-settings", args=["tasks"])
    put(contracted, "tasks", radius=300)
    data = {"account": contracted.account.pk, "version": "77", "radius": "400"}
    assert client_of(contracted.admin).post(url, data).status_code == 422
    assert settings_of(contracted.account)["tasks"]["radius"] == 300


def test_s3_the_page_leaves_the_next_number_alone_where_nobody_changed_it(
    contracted: World, client_of: ClientOf
) -> None:
    """Deals that were made while the page was open have moved it on."""
    for title in ("Um", "Dois"):
        factories.deal(funnel=contracted.funnel, title=title)
    data = {"account": contracted.account.pk, "next_number": "1", "next_number_seen": "1"}
    data |= {"gender": "feminine", "funnel_gender": "masculine", "many_funnels": "user"}
    url = reverse("portal:module-settings", args=["deals"])
    assert client_of(contracted.admin).post(url, data).status_code == 302
    assert counters["deals.next_number"].read(contracted.account)[0] == 3


def test_s3_modules_without_settings_have_no_page(world: World, client_of: ClientOf) -> None:
    admin = client_of(world.admin)
    for slug in (*(set(MODULES) - {each.module for each in DECLARED.values()}), "nothing"):
        assert admin.get(reverse("portal:module-settings", args=[slug])).status_code == 404, slug


def test_s4_settings_of_a_module_that_is_off_are_kept_without_effect(contracted: World) -> None:
    put(contracted, "white_label", tab_name="Acme")
    off = {"account": contracted.account, "slug": "white_label", "origin": factories.SYSTEM}
    switch_module(**off, enabled=False)
    assert settings_of(contracted.account)["white_label"]["tab_name"] == ""
    put(contracted, "white_label", tab_name="Acme S.A.")
    switch_module(**off, enabled=True)
    assert settings_of(contracted.account)["white_label"]["tab_name"] == "Acme S.A."
