"""M10–M14, M49, X14, drift: the section "Field mapping" of a partner's page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from funnels.fields import FieldType
from funnels.models import CustomField
from integrations.activation.mapping.theirs import their_fields
from integrations.contract import partners
from integrations.engine import filling
from integrations.models import CatalogItem, Connection
from integrations.partners.meetime.partner import Meetime
from mapping.models import FieldMap
from mapping.ours import BUILT_IN
from tests.integrations.activation.mapped import listed, mapped, ours, pair
from tests.integrations.shown import connection_of, post, words_of

pytestmark = pytest.mark.django_db
PAGE = "/integrations/meetime/"
PARTS, ACTS = f"{PAGE}parts/field-mapping/", f"{PAGE}settings/field-mapping/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def there(world) -> Connection:
    ours(world.account, "cargo")
    ours(world.account, "foto", "image")
    ours(world.account, "porte", "options", entity="company", options=["Pequeno", "Enorme"])
    return mapped(world.account)


def asked(client: Any, name: str, **query: str) -> Any:
    return client.get(f"{PARTS}{name}/", query)


def row_of(html: str, row: FieldMap) -> str:
    return html[html.index(f'id="map-{row.pk}"') :].split("</li>")[0]


@pytest.mark.parametrize(("state", "open"), [("validated", False), ("enabled", True), ("active", True)])
def test_m10_the_section_opens_with_enabling_with_three_groups(world, client_of, state, open) -> None:
    mapped(world.account, state=state)
    page = client_of(world.admin).get(PAGE).content.decode()
    assert ('id="field-mapping"' in page) is open
    groups = re.findall(r'id="map-(\w+)-title"', page)
    assert groups == (["person", "company", "deal"] if open else [])


def test_m10_a_partner_without_fields_has_no_such_section(world, client_of, there, monkeypatch) -> None:
    monkeypatch.setattr(Meetime, "mappable", None)
    assert 'id="field-mapping"' not in client_of(world.admin).get(PAGE).content.decode()
    assert asked(client_of(world.admin), "lists").status_code == 404


def test_m11_the_fixed_rows_are_shown_with_their_direction_and_without_buttons(
    world, client_of, there
) -> None:
    html = asked(client_of(world.admin), "lists").content.decode()
    fixed = re.findall(r'<li class="pair always-pair">(.*?)</li>', html, re.DOTALL)
    assert len(fixed) == len(partners()["meetime"].mappable.fixed) >= 10
    assert not any("<button" in each for each in fixed)
    ways = [re.search(r"arrow_forward|arrow_back|sync_alt", each)[0] for each in fixed]
    assert ways.count("arrow_back") == 3  # initial owner, both cadences
    noted = [each for each in fixed if 'class="small"' in each]
    assert len(noted) == 2, "X14: the phones' rows say that nothing is removed"


def test_m13_the_matrix_shows_all_21_types(world, client_of, there) -> None:
    matrix = client_of(world.admin).get(PAGE).content.decode().split('class="matrix"')[1]
    assert matrix.count('<th scope="row">') == 21
    assert matrix.count('class="unsupported"') == 4
    assert matrix.count('class="fit ') == 22  # the seed's table: 12 by one, 5 by two


def test_m13_only_fitting_unused_fields_are_offered_and_the_others_say_why(world, client_of, there) -> None:
    pair(there, "deal", "title", "custom.outro")
    form = asked(client_of(world.admin), "form", entity="person", ours="cargo").context["form"]
    assert [each.value for each in form["their_offers"]] == ["custom.cargo"]
    why = {each.value: each.why for each in form["refused"]}
    assert why["custom.notas"] == why["custom.porte"]  # the type does not fit
    assert len({why["custom.notas"], why["custom.outro"], why["custom.estranho"]}) == 3
    assert str(BUILT_IN["deal", "title"][0]) in why["custom.outro"]  # with what it is associated
    assert set(why) == {"custom.notas", "custom.porte", "custom.outro", "custom.estranho"}
    offers = {each.value: each.why for each in form["our_offers"]}
    assert offers["cargo"] == ""
    assert offers["foto"]  # greyed: not supported


def test_m13_their_field_chosen_first_leaves_ours_that_fit(world, client_of, there) -> None:
    form = asked(client_of(world.admin), "form", entity="company", theirs="custom.porte").context["form"]
    offers = {each.value: bool(each.why) for each in form["our_offers"]}
    assert offers == {"porte": False, "document": True}
    new = asked(client_of(world.admin), "form", entity="company", theirs="custom.porte", new="1")
    fitting = [each.value for each in new.context["form"]["type_offers"] if not each.why]
    assert fitting == ["options", "checkbox", "user", "product", "client"]
    assert new.context["form"]["label"] == "Porte"


def test_m13_a_choice_that_stopped_fitting_is_let_go(world, client_of, there) -> None:
    form = asked(
        client_of(world.admin), "form", entity="person", ours="cargo", theirs="custom.porte"
    ).context["form"]
    assert form["picked"] is None


def test_m14_fields_of_the_partner_cannot_be_made_here_and_gone_ones_are_not_offered(
    world, client_of, there
) -> None:
    CatalogItem.unscoped.filter(their_id="custom.cargo").update(gone_at=timezone.now())
    form = asked(client_of(world.admin), "form", entity="person", ours="cargo").context["form"]
    assert [each.value for each in form["their_offers"]] == ["custom.outro"]
    answer = client_of(world.admin).post(
        f"{ACTS}add/", {"account": world.account.pk, "entity": "person", "ours": "cargo", "theirs": "x"}
    )
    assert answer.status_code == 302
    assert not FieldMap.unscoped.exists()


def test_m14_a_new_crm_field_is_made_with_its_association_or_not_at_all(world, client_of, there) -> None:
    new = {"entity": "deal", "new": "1", "label": "Tamanho", "type": "options", "options": "Pequeno\nGrande"}
    admin = client_of(world.admin)
    post(admin, world.account, f"{ACTS}add/", **new, theirs="custom.notas")  # a type that does not fit
    assert not CustomField.objects.of(world.account).filter(label="Tamanho").exists()
    post(admin, world.account, f"{ACTS}add/", **new, theirs="custom.porte")
    row = FieldMap.objects.of(world.account).get()
    assert (row.field.label, row.field.options, row.their_key) == (
        "Tamanho",
        ["Pequeno", "Grande"],
        "custom.porte",
    )


@pytest.mark.parametrize("theirs", ["", "custom.segmento", "nothing"])
@pytest.mark.parametrize("type", ["", *FieldType.values, "nothing"])
def test_m14_the_form_of_a_new_field_answers_for_every_type_whatever_is_chosen_there(
    world, client_of, there, type, theirs
) -> None:
    client = client_of(world.admin)
    for entity in ("person", "company", "deal"):
        page = asked(client, "form", entity=entity, new="1", type=type, theirs=theirs)
        assert page.status_code == 200
        assert ('name="options" rows' in page.content.decode()) is (type == "options")


def test_m14_a_new_field_of_options_begins_with_theirs_and_keeps_what_was_typed(
    world, client_of, there
) -> None:
    client = client_of(world.admin)
    theirs = next(each for each in their_fields(there).values() if each.options)
    given = {"entity": "deal", "new": "1", "type": "options", "theirs": theirs.key}
    assert "\n".join(theirs.options) in asked(client, "form", **given).content.decode()
    typed = asked(client, "form", **given, options="Um\nDois").content.decode()
    assert "Um\nDois</textarea>" in typed


def test_m14_the_list_of_fields_is_read_live(world, client_of, there) -> None:
    page = client_of(world.admin).get(PAGE).content.decode().split('id="field-mapping"')[1]
    assert f'hx-post="{PAGE}catalog/custom_fields/"' in page
    lists = asked(client_of(world.admin), "lists").content.decode()
    assert 'hx-trigger="shelf-read from:body"' in lists


def test_m49_a_field_of_theirs_is_refused_a_second_time(world, client_of, there) -> None:
    pair(there, "person", "cargo", "custom.cargo")
    answer = client_of(world.admin).post(
        f"{ACTS}add/",
        {"account": world.account.pk, "entity": "deal", "ours": "title", "theirs": "custom.cargo"},
        follow=True,
    )
    assert "Cargo" in words_of(answer)[0]
    assert FieldMap.unscoped.count() == 1


def test_x14_rules_are_shown_and_changed_with_words_about_deleting(world, client_of, there) -> None:
    row = pair(there, "person", "cargo", "custom.cargo")
    admin = client_of(world.admin)
    html = row_of(asked(admin, "lists").content.decode(), row)
    assert "shield" in html  # an empty value erases nothing
    form = asked(admin, "row", map=str(row.pk), mode="edit").content.decode()
    assert 'value="keep" selected' in form
    post(admin, world.account, f"{ACTS}change/", map=row.pk, version=1, master="theirs", empty="erase")
    row.refresh_from_db()
    assert (row.master, row.empty, row.version) == ("theirs", "erase", 2)
    assert "ink_eraser" in row_of(asked(admin, "lists").content.decode(), row)
    stale = admin.post(
        f"{ACTS}change/",
        {"account": world.account.pk, "map": row.pk, "version": 1, "master": "ours"},
        follow=True,
    )
    assert len(words_of(stale)) == 2  # saved, then somebody else's
    row.refresh_from_db()
    assert row.master == "theirs"


def test_x14_removing_asks_first(world, client_of, there) -> None:
    row = pair(there, "person", "cargo", "custom.cargo")
    admin = client_of(world.admin)
    assert 'role="alertdialog"' in asked(admin, "row", map=str(row.pk), mode="remove").content.decode()
    assert FieldMap.unscoped.exists()
    post(admin, world.account, f"{ACTS}remove/", map=row.pk)
    assert not FieldMap.unscoped.exists()


def test_pain10_missing_options_are_named_on_the_row_and_in_the_form(world, client_of, there) -> None:
    admin = client_of(world.admin)
    form = asked(admin, "form", entity="company", ours="porte", theirs="custom.porte").content.decode()
    assert "Enorme" in form
    row = pair(there, "company", "porte", "custom.porte")
    html = row_of(asked(admin, "lists").content.decode(), row)
    assert "Enorme" in html
    assert "Grande" in html


@pytest.mark.parametrize(
    ("gone", "type", "sign"),
    [(True, "text", "link_off"), (False, "long_text", "link_off"), (False, "text", "")],
)
def test_drift_stops_one_row_and_says_why(world, client_of, there, gone, type, sign) -> None:
    row = pair(there, "person", "cargo", "custom.cargo")
    other = pair(there, "company", "porte", "custom.porte")
    item = CatalogItem.unscoped.get(their_id="custom.cargo")
    item.gone_at = timezone.now() if gone else None
    item.data = {**item.data, "type": type}
    item.save()
    html = asked(client_of(world.admin), "lists").content.decode()
    assert ("sync_disabled" in row_of(html, row)) is bool(sign)
    assert sign in row_of(html, row)
    assert "sync_disabled" not in row_of(html, other)


def test_drift_to_a_type_that_fits_is_followed_by_one_button(world, client_of, there) -> None:
    row = pair(there, "company", "porte", "custom.porte")
    item = CatalogItem.unscoped.get(their_id="custom.porte")
    item.name, item.data = "Porte novo", {**item.data, "type": "text"}
    item.save()
    admin = client_of(world.admin)
    assert "published_with_changes" in row_of(asked(admin, "lists").content.decode(), row)
    post(admin, world.account, f"{ACTS}change/", map=row.pk, version=1)
    row.refresh_from_db()
    assert (row.their_type, row.their_name, row.master) == ("text", "Porte novo", "both")
    assert "sync_disabled" not in row_of(asked(admin, "lists").content.decode(), row)


def test_suggestions_are_alike_in_name_fit_in_type_and_wait_for_a_person(world, client_of, there) -> None:
    ours(world.account, "notas")  # called the same, but the type does not fit
    CatalogItem.unscoped.filter(their_id="custom.cargo").update(name=" CÁRGO ")
    admin = client_of(world.admin)
    found = asked(admin, "suggestions").context["suggestions"]
    assert [(each.ours.key, each.theirs.key) for each in found] == [
        ("porte", "custom.porte"),
        ("cargo", "custom.cargo"),
    ]
    assert not FieldMap.unscoped.exists()
    posted = {"entity": "company", "ours": "porte", "theirs": "custom.porte", "suggested": "1"}
    answer = admin.post(f"{ACTS}add/", {"account": world.account.pk, **posted}, headers=HTMX)
    assert FieldMap.unscoped.get().their_key == "custom.porte"
    assert 'class="suggestions"' in answer.content.decode()  # the next one is at hand


def test_what_htmx_posts_is_answered_with_the_section_or_the_refusal_only(world, client_of, there) -> None:
    admin, own = client_of(world.admin), {"account": world.account.pk}
    good = admin.post(
        f"{ACTS}add/", {**own, "entity": "person", "ours": "cargo", "theirs": "custom.cargo"}, headers=HTMX
    )
    html = good.content.decode()
    assert html.lstrip().startswith('<div id="mapping"')
    assert "tomada:toast" in good["HX-Trigger"]
    assert 'class="fill-offer"' in html  # the cards there are
    kept = f'name="open" value="map-{FieldMap.unscoped.get().pk}"'
    assert kept in html.split('class="fill-offer"')[1]  # a new reading of the list does not take it away
    bad = admin.post(
        f"{ACTS}add/", {**own, "entity": "deal", "ours": "title", "theirs": "custom.cargo"}, headers=HTMX
    )
    assert bad["HX-Reswap"] == "none"
    assert bad.content == b""
    assert "danger" in bad["HX-Trigger"]


def test_m14_before_activation_no_back_fill_is_offered(world, client_of) -> None:
    ours(world.account, "cargo")
    mapped(world.account, state="enabled")
    admin, own = client_of(world.admin), {"account": world.account.pk}
    answer = admin.post(
        f"{ACTS}add/", {**own, "entity": "person", "ours": "cargo", "theirs": "custom.cargo"}, headers=HTMX
    )
    assert "fill-offer" not in answer.content.decode()
    row = FieldMap.unscoped.get()
    refused = admin.post(f"{ACTS}fill/", {**own, "map": row.pk, "fill": "ours"}, headers=HTMX)
    assert "danger" in refused["HX-Trigger"]


def test_m14_a_back_fill_is_previewed_chosen_and_followed(world, client_of, there, monkeypatch) -> None:
    row = pair(there, "person", "cargo", "custom.cargo")
    admin, own = client_of(world.admin), {"account": world.account.pk}
    line = filling.FillRow(deal_id=1, deal="Sol", lead="Ana", ours="", theirs="Gerente", what="here")
    preview = filling.FillPreview(total=9, same=2, there=3, here=1, apart=2, unreadable=1, rows=[line])
    monkeypatch.setattr(filling, "preview", lambda **_given: preview)
    panel = asked(admin, "fill", map=str(row.pk))
    html = panel.content.decode()
    assert panel.context["more"] == 6
    assert "Gerente" in html
    assert re.search(r'name="fill" value="" checked', html)  # only from now on
    done = iter([(4, 9), (9, 9)])
    monkeypatch.setattr(filling, "progress", lambda **_given: next(done))
    answer = admin.post(f"{ACTS}fill/", {**own, "map": row.pk, "fill": "blanks"}, headers=HTMX)
    row.refresh_from_db()
    assert row.fill == "blanks"
    assert f'id="filling-{row.pk}"' in answer.content.decode()
    assert 'hx-trigger="load delay:2s"' in answer.content.decode()
    assert "hx-trigger" not in asked(admin, "progress", map=str(row.pk)).content.decode()


def test_parts_being_edited_survive_a_new_reading_of_the_list(world, client_of, there) -> None:
    row = pair(there, "person", "cargo", "custom.cargo")
    other = pair(there, "company", "porte", "custom.porte")
    html = (
        client_of(world.admin).get(f"{PARTS}lists/", {"open": [f"map-{row.pk}", "add-deal"]}).content.decode()
    )
    assert re.search(rf'id="map-{row.pk}"[^>]*hx-preserve', html)
    assert not re.search(rf'id="map-{other.pk}"[^>]*hx-preserve', html)
    assert re.search(r'id="add-deal"[^>]*hx-preserve', html)
    assert not re.search(r'id="add-person"[^>]*hx-preserve', html)


def test_a_strangers_association_is_not_here(world, stranger, client_of, there) -> None:
    ours(stranger.account, "cargo")
    theirs = pair(mapped(stranger.account), "person", "cargo", "custom.cargo")
    admin, own = client_of(world.admin), {"account": world.account.pk}
    for part in ("row", "fill", "progress"):
        assert asked(admin, part, map=str(theirs.pk)).status_code == 404
    for act in ("change", "remove", "fill"):
        assert admin.post(f"{ACTS}{act}/", {**own, "map": theirs.pk, "fill": "ours"}).status_code == 404
    assert client_of(world.seller).get(f"{PARTS}lists/").status_code == 403
    assert FieldMap.unscoped.filter(pk=theirs.pk, version=1).exists()


def test_a_connection_without_an_account_over_there_refuses_in_words(world, client_of) -> None:
    connection_of(world.account)
    answer = client_of(world.admin).post(
        f"{ACTS}add/",
        {"account": world.account.pk, "entity": "deal", "ours": "title", "theirs": "x"},
        follow=True,
    )
    assert len(words_of(answer)) == 1


def test_the_page_asks_as_much_for_10_rows_as_for_200(world, client_of, there) -> None:
    def grow(first: int, last: int) -> None:
        for number in range(first, last):
            entity = ("person", "company", "deal")[number % 3]
            ours(world.account, f"k{number}", "user" if number == 0 else "text", entity=entity)
            listed(there, f"custom.k{number}", f"Campo {number}", "select" if number == 0 else "text")
            pair(there, entity, f"k{number}", f"custom.k{number}")

    admin = client_of(world.admin)
    grow(0, 10)
    admin.get(PAGE)
    with CaptureQueriesContext(database) as few:
        admin.get(PAGE)
    grow(10, 200)
    with CaptureQueriesContext(database) as many:
        assert admin.get(PAGE).content.decode().count('class="pair-row') == 200
    assert len(many) == len(few)


def test_m45_in_the_flow_that_only_receives_no_word_speaks_of_sending(world, client_of, there) -> None:
    row = pair(there, "company", "porte", "custom.porte")
    admin = client_of(world.admin)

    def told() -> tuple[bool, list[str]]:
        answer = asked(admin, "row", map=str(row.pk))
        return answer.context["sends"], [each.code for each in answer.context["line"].warnings]

    assert told() == (True, ["missing_there", "missing_here"])
    Connection.unscoped.filter(pk=there.pk).update(flow="won_leads")
    assert told() == (False, ["missing_here"])
    html = asked(admin, "lists").content.decode()
    assert "sync_alt" not in html
    form = asked(admin, "form", entity="company", ours="porte").content.decode()
    assert "sync_alt" not in form
