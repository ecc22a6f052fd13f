"""Custom fields of all 21 types: made, listed, renamed, filled in on cards, persons, companies and by API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.origin import Origin
from accounts.scoping import SomeoneElseChangedThis
from funnels import services
from funnels.fields import FieldType
from funnels.forms import NewFieldForm
from funnels.models import CustomField, Deal, StoredFile
from funnels.services import FieldExists, NotAllowed
from tests import factories
from tests.api.conftest import Api, caller
from tests.conftest import World
from tests.funnels.conftest import Person
from tests.funnels.pictures import page, picture

ENTITIES = ("deal", "person", "company")


def make(world: World, type: str, *, entity: str = "deal", **more: Any) -> CustomField:
    options = ["Azul", "Verde"] if type == "options" else ()
    values = {"label": f"Campo {type}", "options": options, "origin": factories.SYSTEM, **more}
    return services.create_custom_field(account=world.account, entity=entity, type=type, **values)


# --- Services (M14)


@pytest.mark.parametrize("entity", ENTITIES)
@pytest.mark.parametrize("type", FieldType.values)
def test_m14_a_field_of_every_type_can_be_created(world: World, entity: str, type: str) -> None:
    field = make(world, type, entity=entity, label=" Data de  início ")
    assert (field.key, field.label, field.type, field.writer) == (
        "data_de_inicio",
        "Data de início",
        type,
        "people",
    )


def test_m14_keys_are_unique_and_labels_too(world: World) -> None:
    assert make(world, "text", label="CPF!").key == "cpf"
    assert make(world, "text", label="C.P.F").key == "cpf_2"
    assert make(world, "text", label="日本").key == "field"
    assert make(world, "text", label="CPF!", entity="person").key == "cpf"
    assert make(world, "text", label="2024").key == "field_2024"
    assert make(world, "text", label="erp__id").key == "erp_id"
    for twin in ({"label": "cpf!"}, {"label": "Outro", "key": "cpf_2"}):
        with pytest.raises(FieldExists):
            make(world, "text", **twin)


@pytest.mark.parametrize(
    "bad",
    [
        {"label": "  "},
        {"label": "x" * 121},
        {"key": "com espaço"},
        {"key": "erp__id"},
        {"key": "2024"},
        {"key": "-1"},
        {"type": "nonsense"},
        {"entity": "task"},
        {"type": "options", "options": []},
        {"type": "text", "options": ["a"]},
        {"type": "options", "options": ["Azul", "azul"]},
        {"type": "options", "options": [f"o{i}" for i in range(201)]},
        {"type": "options", "options": ["x" * 251]},
    ],
)
def test_m14_what_does_not_fit_is_refused_in_words(world: World, bad: dict[str, Any]) -> None:
    with pytest.raises(NotAllowed) as refused:
        make(world, **{"type": "text", **bad})
    assert refused.value.words
    assert not CustomField.unscoped.exists()


def test_m14_an_account_has_200_fields_of_deals_at_most(world: World) -> None:
    CustomField.unscoped.bulk_create(
        CustomField(account=world.account, entity="deal", key=f"k{i}", label=f"K{i}", type="text")
        for i in range(200)
    )
    with pytest.raises(NotAllowed):
        make(world, "text")
    make(world, "text", entity="person")


def test_m14_type_and_key_never_change_and_options_never_go(world: World) -> None:
    field = make(world, "options")
    changed = services.update_custom_field(
        field=field, label="Cor", add_options=[" Rosa "], version=1, origin=factories.SYSTEM
    )
    assert (changed.label, changed.options, changed.key, changed.type) == (
        "Cor",
        ["Azul", "Verde", "Rosa"],
        "campo_options",
        "options",
    )
    for name in ("type", "key", "entity", "options", "writer"):
        with pytest.raises(TypeError):
            services.update_custom_field(field=field, origin=factories.SYSTEM, **{name: "text"})
    for bad in ({"add_options": ["AZUL"]}, {"label": ""}):
        with pytest.raises(NotAllowed):
            services.update_custom_field(field=field, origin=factories.SYSTEM, **bad)
    with pytest.raises(NotAllowed):
        services.update_custom_field(field=make(world, "text"), add_options=["a"], origin=factories.SYSTEM)
    with pytest.raises(SomeoneElseChangedThis):
        services.update_custom_field(field=field, label="x", version=1, origin=factories.SYSTEM)


# --- The settings page and the form that other screens include


def test_m14_administrators_make_and_rename_fields_on_the_page(
    world: World, admin: Person, seller: Person
) -> None:
    assert seller.get("fields").status_code == 403
    bad = admin.post("fields", do="create", label="Cor", type="options", options="")
    assert (bad.status_code, "options" in bad.context["form"].errors) == (422, True)
    admin.post("fields", do="create", label="Cor", type="options", options="Azul\n\nVerde")
    field = CustomField.unscoped.get()
    assert (field.entity, field.options) == ("deal", ["Azul", "Verde"])
    assert admin.post("fields", do="create", label="cor", type="text").status_code == 422
    admin.post("fields", do="rename", field=field.pk, label="Cor da massa", version=1)
    admin.post("fields", do="add-options", field=field.pk, options="Rosa", version=2, type="text", key="x")
    field.refresh_from_db()
    assert (field.label, field.options, field.type, field.key) == (
        "Cor da massa",
        ["Azul", "Verde", "Rosa"],
        "options",
        "cor",
    )
    shown = admin.get("fields").content.decode()
    assert "Azul · Verde · Rosa" in shown
    assert admin.post("fields", do="explode").status_code == 404
    person = admin.client.post("/fields/?entity=person", {"account": world.account.pk, "do": "create", "label": "Cargo", "type": "text"})  # fmt: skip
    assert person["Location"] == "/fields/?entity=person"
    assert CustomField.unscoped.get(key="cargo").entity == "person"


def test_m14_a_strangers_field_is_404(stranger: World, admin: Person) -> None:
    theirs = make(stranger, "text")
    for do in ("rename", "add-options"):
        sent = {"do": do, "field": theirs.pk, "label": "x", "options": "x"}
        assert admin.post("fields", **sent).status_code == 404


def test_m14_the_form_for_other_screens_saves_or_says_why(world: World, by_hand: Origin) -> None:
    def form(**data: str) -> NewFieldForm:
        return NewFieldForm(data, account=world.account, entity="company")

    made = form(label="Porte", type="options", options="ME\nEPP").save(origin=by_hand)
    assert made is not None
    assert (made.entity, made.options) == ("company", ["ME", "EPP"])
    twin = form(label="porte", type="text")
    assert twin.save(origin=by_hand) is None
    assert list(twin.errors) == ["label"]
    long = form(label="Ano", type="options", options="x" * 251)
    assert long.save(origin=by_hand) is None
    assert long.non_field_errors()


# --- Values on the pages (M13)


class Shelf:
    """One row of everything that values point at."""

    def __init__(self, world: World) -> None:
        own = {"account": world.account, "origin": factories.SYSTEM}
        factories.module(account=world.account, slug="products")
        self.user = str(world.seller.pk)
        self.product = str(services.create_product(**own, name="Pão").pk)
        self.client = f"company:{services.create_company(**own, name='Casa Luz').pk}"

    def typed(self) -> dict[str, tuple[Any, str, str]]:
        """By type: what is typed, its canonical text, and words that the page then shows."""
        return {
            "text": ("Olá", "Olá", "Olá"),
            "long_text": ("a\r\nb", "a\nb", "a<br>b"),
            "integer": ("1.234", "1234", "1.234"),
            "currency": ("R$ 1.234,5", "1234.50", "R$\xa01.234,50"),
            "decimal": ("0,12345", "0.12345", "0,12345"),
            "options": ("Verde", "Verde", "Verde"),
            "date": ("2026-12-31", "2026-12-31", "31/12/2026"),
            "time": ("14:30", "14:30", "14:30"),
            "checkbox": ("true", "true", "Sim"),
            "cpf": ("123.456.789-09", "12345678909", "123.456.789-09"),
            "cnpj": ("12.ABC.345/01DE-35", "12ABC34501DE35", "12.ABC.345/01DE-35"),
            "percent": ("12,5%", "12.5", "12,5%"),
            "address": ("Rua A\r\nCentro", "Rua A\nCentro", "Rua A<br>Centro"),
            "color": ("#0A7F5A", "#0a7f5a", "background: #0a7f5a"),
            "developer": ('{"a": 1}', '{"a":1}', "{&quot;a&quot;:1}"),
            "user": (self.user, self.user, "Vendas"),
            "product": (self.product, self.product, "Pão"),
            "client": (self.client, self.client, "Casa Luz</a>"),
            "currency_symbol": ("USD", "USD", "US$"),
        }


def row_of(world: World, entity: str) -> Any:
    own = {"account": world.account, "origin": factories.SYSTEM}
    if entity == "deal":
        return factories.deal(funnel=world.funnel)
    if entity == "person":
        return services.create_person(**own, name="Ana")
    return services.create_company(**own, name="Sol")


def sent_with(entity: str, row: Any, custom: dict[str, Any]) -> dict[str, Any]:
    name = {"title": row.title} if entity == "deal" else {"name": row.name}
    return {
        **name,
        "version": str(row.version),
        **{f"custom-campo_{key}": text for key, text in custom.items()},
    }


@pytest.mark.parametrize("entity", ENTITIES)
def test_m13_every_type_is_filled_in_and_shown_on_the_page(world: World, seller: Person, entity: str) -> None:
    for type in FieldType.values:
        make(world, type, entity=entity)
    row, table = row_of(world, entity), Shelf(world).typed()
    form = seller.get(entity, row.pk, query="?edit=1").content.decode()
    assert 'enctype="multipart/form-data"' in form
    for type in FieldType.values:
        assert f'name="custom-campo_{type}' in form, type
    files = {"image": picture(), "attachment": page("laudo.html")}
    custom = {type: typed for type, (typed, _text, _words) in table.items()} | files
    answer = seller.post(entity, row.pk, **sent_with(entity, row, custom))
    assert answer.status_code == 302, answer.context and answer.context["custom_form"].errors
    row.refresh_from_db()
    image, laudo = StoredFile.unscoped.order_by("id")
    for type, (_typed, text, _words) in table.items():
        assert row.custom[f"campo_{type}"] == text, type
    assert (row.custom["campo_image"], row.custom["campo_attachment"]) == (str(image.pk), str(laudo.pk))
    shown = seller.get(entity, row.pk).content.decode()
    for type, (_typed, _text, words) in table.items():
        assert words in shown, type
    assert f'<img src="/files/{image.pk}/"' in shown
    assert "laudo.html" in shown
    # Saved again as the form offers it, nothing changes.
    again = Offered(seller.get(entity, row.pk, query="?edit=1").content.decode()).values
    assert len(again) >= 19
    kept = dict(row.custom)
    seller.post(entity, row.pk, **{**sent_with(entity, row, {}), **again})
    row.refresh_from_db()
    assert row.custom == kept


class Offered:
    """What the inputs of custom fields on a page would send, untouched."""

    def __init__(self, html: str) -> None:
        from html.parser import HTMLParser

        values: dict[str, str] = {}

        class Reader(HTMLParser):
            area = select = ""

            def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
                given = dict(attrs)
                name = given.get("name") or ""
                if not name.startswith("custom-"):
                    if tag == "option" and self.select and "selected" in given:
                        values[self.select] = given.get("value") or ""
                    return
                if tag == "input" and given.get("type") not in ("file", "checkbox"):
                    values[name] = given.get("value") or ""
                if tag == "textarea":
                    self.area, values[name] = name, ""
                if tag == "select":
                    self.select, values[name] = name, ""

            def handle_endtag(self, tag: str) -> None:
                self.area = "" if tag == "textarea" else self.area
                self.select = "" if tag == "select" else self.select

            def handle_data(self, data: str) -> None:
                if self.area:
                    values[self.area] += data.removeprefix("\n")

        Reader().feed(html)
        self.values = values


@pytest.mark.parametrize(
    ("type", "typed"),
    [
        ("integer", "1,5"),
        ("currency", "1,234"),
        ("decimal", "1.234"),
        ("date", "31/02/2026"),
        ("checkbox", "talvez"),
        ("cpf", "123.456.789-00"),
        ("cnpj", "12.345.678/0001-90"),
        ("color", "verde"),
        ("developer", "{"),
        ("currency_symbol", "XXX"),
        ("options", "Rosa"),
        ("user", "999999"),
        ("product", "999999"),
        ("client", "person:999999"),
        ("image", page()),
        ("text", "x" * 251),
        ("address", "x" * 501),
    ],
)
def test_m13_what_does_not_fit_stands_at_its_field(
    world: World, seller: Person, type: str, typed: Any
) -> None:
    make(world, type, entity="person")
    row = row_of(world, "person")
    answer = seller.post("person", row.pk, **sent_with("person", row, {type: typed}))
    assert answer.status_code == 422
    assert list(answer.context["custom_form"].errors) == [f"campo_{type}"]
    row.refresh_from_db()
    assert row.custom == {}
    assert not StoredFile.unscoped.exists()


def test_m13_what_was_stored_before_the_checks_stays_while_nobody_touches_it(
    world: World, seller: Person
) -> None:
    for type in ("cpf", "text"):
        make(world, type, entity="person")
    person = row_of(world, "person")
    old = {"campo_cpf": "12345678900"}
    services.update_person(person=person, custom=old, origin=factories.SYSTEM)
    person.refresh_from_db()
    assert "123.456.789-00" in seller.get("person", person.pk).content.decode()
    sent = sent_with("person", person, {"cpf": "123.456.789-00", "text": "novo"})
    assert seller.post("person", person.pk, **sent).status_code == 302
    person.refresh_from_db()
    assert person.custom == {**old, "campo_text": "novo"}


def test_m13_a_user_field_with_its_own_users_offers_no_others(world: World, seller: Person) -> None:
    services.ensure_custom_field(
        account=world.account,
        entity="deal",
        key="campo_user",
        label="Vendedor",
        type="user",
        options=[str(world.seller.pk)],
        origin=factories.SYSTEM,
    )
    deal = row_of(world, "deal")
    form = seller.get("deal", deal.pk, query="?edit=1").content.decode()
    select = form.partition('name="custom-campo_user"')[2].partition("</select>")[0]
    assert world.seller.name in select
    assert world.admin.name not in select
    sent = sent_with("deal", deal, {"user": str(world.admin.pk)})
    assert seller.post("deal", deal.pk, **sent).status_code == 422


def test_m13_a_file_is_replaced_kept_and_taken_away(world: World, seller: Person) -> None:
    make(world, "attachment", entity="person")
    row = row_of(world, "person")
    seen = []
    for custom in (
        {"attachment": page("a.txt")},
        {},
        {"attachment": page("b.txt")},
        {"attachment_clear": "1"},
    ):
        row.refresh_from_db()
        assert seller.post("person", row.pk, **sent_with("person", row, custom)).status_code == 302
        row.refresh_from_db()
        seen.append(row.custom["campo_attachment"])
    assert seen[0] == seen[1] != seen[2]
    assert seen[3] == ""


def test_m13_a_chosen_file_renames_no_other_input(world: World, seller: Person) -> None:
    """unfold's script writes its name into the first text input three levels up; that is one nobody sends."""
    make(world, "image")
    form = seller.get("deal", row_of(world, "deal").pk, query="?edit=1").content.decode()
    upload = form.partition('<div class="upload">')[2]
    assert '<div class="upload-choose"><span><input type="file" name="custom-campo_image"' in upload
    assert upload.index('<input type="text" disabled hidden></div>') < upload.index('<p class="help">')
    assert '<input type="text"' not in upload.partition('<div class="upload-choose">')[0]


def test_m13_a_save_that_is_refused_leaves_no_file(world: World, seller: Person) -> None:
    make(world, "attachment", entity="person")
    row = row_of(world, "person")
    folder = Path(settings.MEDIA_ROOT) / str(world.account.pk)
    before = set(folder.glob("*"))
    old = {**sent_with("person", row, {"attachment": page("a.txt")}), "version": "99"}
    assert seller.post("person", row.pk, **old).status_code == 422
    assert not StoredFile.unscoped.exists()
    assert set(folder.glob("*")) == before


def test_m13_a_client_is_searched_for_or_found_by_name(world: World, seller: Person) -> None:
    make(world, "client", entity="deal")
    own = {"account": world.account, "origin": factories.SYSTEM}
    ana = services.create_person(**own, name="Ana Luz", email="ana@luz.example")
    casa = services.create_company(**own, name="Casa Luz")
    found = seller.get("choose", "client", query="?q=luz").json()["results"]
    assert {row["id"] for row in found} == {f"person:{ana.pk}", f"company:{casa.pk}"}
    deal = row_of(world, "deal")
    seller.post("deal", deal.pk, **sent_with("deal", deal, {"client": "", "client_words": "ana luz"}))
    deal.refresh_from_db()
    assert deal.custom == {"campo_client": f"person:{ana.pk}"}
    seller.post(
        "deal", deal.pk, **sent_with("deal", deal, {"client": f"person:{ana.pk}", "client_words": ""})
    )
    deal.refresh_from_db()
    assert deal.custom == {"campo_client": ""}


def test_m13_a_page_with_many_values_asks_for_each_kind_once(world: World, seller: Person) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    shelf, person = Shelf(world), row_of(world, "person")

    def asked() -> int:
        seller.get("person", person.pk, query="?edit=1")
        with CaptureQueriesContext(connection) as context:
            seller.get("person", person.pk, query="?edit=1")
        return len(context)

    counts = []
    for round in range(2):
        values = {}
        for type in ("user", "product", "client"):
            for number in range(1 + 4 * round):
                field = make(world, type, entity="person", label=f"{type} {round} {number}")
                values[field.key] = getattr(shelf, type)
        services.update_person(person=person, custom=values, origin=factories.SYSTEM)
        counts.append(asked())
    assert counts[0] == counts[1]


def test_m13_a_change_of_a_client_is_told_by_names(world: World, seller: Person) -> None:
    make(world, "client")
    make(world, "product")
    shelf, deal = Shelf(world), row_of(world, "deal")
    custom = {"client": shelf.client, "product": shelf.product}
    seller.post("deal", deal.pk, **sent_with("deal", deal, custom))
    shown = seller.get("deal", deal.pk).content.decode()
    assert "Campo client: Casa Luz" in shown
    assert "Campo product: Pão" in shown


# --- The API (M13, M14)


@pytest.fixture
def api(world: World) -> Api:
    return caller(world.account)


def test_m14_fields_are_made_renamed_and_given_options_by_api(world: World, api: Api) -> None:
    field = api.made("fields/", {"entity": "deal", "label": "Cor", "type": "options", "options": ["Azul"]})
    path = f"fields/{field['id']}/"
    changed = api.patch(path, {"label": "Tom", "add_options": ["Verde"]}).json()
    assert (changed["label"], changed["options"], changed["key"]) == ("Tom", ["Azul", "Verde"], "cor")
    for stubborn in ({"type": "text"}, {"key": "tom"}, {"entity": "person"}, {"options": []}):
        assert api.patch(path, stubborn).json()["code"] == "unknown_field"
    assert api.patch(path, {"add_options": ["azul"]}).status_code == 422
    assert api.post("fields/", {"entity": "deal", "label": "tom", "type": "text"}).status_code == 409


@pytest.mark.parametrize("entity", ENTITIES)
def test_m13_the_api_takes_every_type_and_refuses_what_does_not_fit(
    world: World, stranger: World, api: Api, entity: str
) -> None:
    for type in FieldType.values:
        make(world, type, entity=entity)
    shelf, row = Shelf(world), row_of(world, entity)
    path = {"deal": "deals", "person": "persons", "company": "companies"}[entity] + f"/{row.pk}/"
    table = shelf.typed()
    sent = {f"campo_{type}": typed for type, (typed, _text, _words) in table.items()}
    answer = api.patch(path, {"custom": sent})
    assert answer.status_code == 200, answer.json()
    assert answer.json()["custom"] == {
        f"campo_{type}": text for type, (_typed, text, _words) in table.items()
    }
    # What it answers can be sent back.
    assert api.patch(path, {"custom": answer.json()["custom"]}).json()["version"] == answer.json()["version"]
    for type, bad in {"cpf": "12345678900", "checkbox": "x", "decimal": "1.234", "image": "foto"}.items():
        refused = api.patch(path, {"custom": {f"campo_{type}": bad}})
        assert (refused.status_code, list(refused.json()["errors"])) == (400, [f"custom.campo_{type}"])
    theirs = Shelf(stranger)
    for type in ("user", "product", "client"):
        refused = api.patch(path, {"custom": {f"campo_{type}": getattr(theirs, type)}})
        assert (refused.status_code, list(refused.json()["errors"])) == (404, [f"custom.campo_{type}"])


def upload(api: Api, file: Any, **headers: str) -> Any:
    given = {"Authorization": f"Bearer {api.key}", **headers}
    return api.client.post("/api/v1/files/", {"file": file}, headers=given)


def test_m13_files_go_through_the_api_and_into_fields(world: World, stranger: World, api: Api) -> None:
    make(world, "image")
    deal = row_of(world, "deal")
    sent = upload(api, picture(name="foto.png"))
    assert sent.status_code == 201, sent.content
    file = sent.json()
    assert (file["name"], file["content_type"], file["size"] > 0) == ("foto.png", "image/png", True)
    assert api.get(f"files/{file['id']}/").json() == file
    content = api.get(f"files/{file['id']}/content/")
    assert content["Content-Disposition"] == 'attachment; filename="foto.png"'
    assert content["X-Content-Type-Options"] == "nosniff"
    assert b"".join(content.streaming_content).startswith(b"\x89PNG")
    taken = api.patch(f"deals/{deal.pk}/", {"custom": {"campo_image": file["id"]}})
    assert taken.json()["custom"] == {"campo_image": file["id"]}
    plain = upload(api, page("laudo.html")).json()
    assert api.patch(f"deals/{deal.pk}/", {"custom": {"campo_image": plain["id"]}}).status_code == 404
    other = caller(stranger.account)
    for path in (f"files/{file['id']}/", f"files/{file['id']}/content/"):
        assert other.get(path).status_code == 404


def test_m13_uploads_are_bounded_and_repeat_safely(world: World, api: Api) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    assert upload(api, SimpleUploadedFile("x.svg", b"<svg/>")).json()["code"] == "not_allowed"
    large = SimpleUploadedFile("x.bin", b"x" * (6 * 1024 * 1024))
    assert upload(api, large).status_code == 413
    assert api.post("files/", {"file": "x"}).status_code == 415
    once = [upload(api, page("a.txt"), **{"Idempotency-Key": "k1"}) for _each in range(2)]
    assert once[0].json() == once[1].json()
    assert once[1]["Idempotency-Replayed"] == "true"
    assert StoredFile.unscoped.count() == 1
    other = upload(api, page("b.txt"), **{"Idempotency-Key": "k1"})
    assert other.json()["code"] == "idempotency_mismatch"
    empty = Client().post("/api/v1/files/", {}, headers={"Authorization": f"Bearer {api.key}"})
    assert (empty.status_code, list(empty.json()["errors"])) == (400, ["file"])
    bad = api.client.post(
        "/api/v1/files/",
        data=b"nonsense",
        content_type="multipart/form-data",
        headers={"Authorization": f"Bearer {api.key}"},
    )
    assert bad.json()["code"] == "malformed"


def test_m26_products_of_deals_by_api(
    world: World, stranger: World, api: Api, django_assert_max_num_queries: Any
) -> None:
    bread = api.made("products/", {"name": "Pão", "code": "P1", "price": "2.50"})
    cake = api.made("products/", {"name": "Bolo"})
    stage = str(world.funnel.stages.first().pk)
    lines = [{"product": bread["id"], "quantity": "3"}, {"product": cake["id"], "price": None}]
    deal = api.made("deals/", {"title": "Sol", "stage": stage, "products": lines})
    assert deal["products"] == [
        {"product": bread["id"], "quantity": "3.000", "price": "2.50"},
        {"product": cake["id"], "quantity": "1.000", "price": None},
    ]
    path = f"deals/{deal['id']}/"
    assert api.patch(path, {"products": deal["products"]}).json()["version"] == deal["version"]
    fewer = api.patch(path, {"products": [{"product": bread["id"], "quantity": "1.5"}]}).json()
    assert fewer["products"] == [{"product": bread["id"], "quantity": "1.500", "price": "2.50"}]
    theirs = services.create_product(account=stranger.account, name="X", origin=factories.SYSTEM)
    for bad, status in (
        ([{"product": str(theirs.pk)}], 404),
        ([{"quantity": "1"}], 400),
        ([{"product": bread["id"], "quantity": "0"}], 400),
        ([{"product": bread["id"]}, {"product": bread["id"]}], 422),
        ([{"product": bread["id"], "extra": 1}], 400),
        ("x", 400),
    ):
        assert api.patch(path, {"products": bad}).status_code == status, bad
    assert [row["id"] for row in api.get(f"deals/?product={bread['id']}").json()["results"]] == [deal["id"]]
    assert api.get(f"deals/?product={cake['id']}").json()["results"] == []
    assert api.delete(f"products/{bread['id']}/").status_code == 204
    assert api.get(path).json()["products"] == fewer["products"]
    assert [row["name"] for row in api.get("products/").json()["results"]] == ["Bolo"]
    assert len(api.get("products/?include_deleted=true").json()["results"]) == 2


def test_m26_many_lines_are_looked_up_at_once(world: World, api: Api) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    made = [
        services.create_product(account=world.account, name=f"P{i}", origin=factories.SYSTEM)
        for i in range(40)
    ]
    stage = str(world.funnel.stages.first().pk)
    counts = []
    for many in (1, 2, 40):  # the first one also makes the counter of numbers
        lines = [{"product": str(row.pk)} for row in made[:many]]
        with CaptureQueriesContext(connection) as context:
            api.made("deals/", {"title": "Sol", "stage": stage, "products": lines})
        counts.append(len(context))
    assert counts[1] == counts[2]


def test_m13_a_cnpj_of_a_company_has_its_check_digits_in_the_api_too(api: Api) -> None:
    assert (
        api.made("companies/", {"name": "A", "document": "12.345.678/0001-95"})["document"]
        == "12345678000195"
    )
    refused = api.post("companies/", {"name": "B", "document": "12345678000190"})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["document"])


# --- The staff admin (M13)


def test_m13_support_staff_edit_custom_values_under_the_same_rules(world: World, db: None) -> None:
    from accounts.models import User

    chief = User.objects.create_superuser(email="suporte@x.example", password="x", name="Suporte")
    desk = Client()
    desk.force_login(chief)
    factories.opened(chief, world.account)
    make(world, "cpf")
    make(world, "product")
    deal = Deal.unscoped.get(pk=row_of(world, "deal").pk)
    product = Shelf(world).product
    address = f"/admin/funnels/deal/{deal.pk}/change/"
    sent = {"title": deal.title, "stage": deal.stage_id, "seen_version": deal.version}

    def post(custom: Any) -> Any:
        return desk.post(address, {**sent, "custom": json.dumps(custom)})

    for bad in ({"campo_cpf": "1"}, {"campo_product": "999"}, {"nada": "x"}, [1], {"campo_cpf": [1]}):
        assert post(bad).status_code == 200, bad
        deal.refresh_from_db()
        assert deal.custom == {}
    assert post({"campo_cpf": "123.456.789-09", "campo_product": int(product)}).status_code == 302
    deal.refresh_from_db()
    assert deal.custom == {"campo_cpf": "12345678909", "campo_product": product}
