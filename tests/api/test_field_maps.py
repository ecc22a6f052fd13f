"""M10, M13, M14, M49, X5, X14 through the API: associations, the matrix, back-fills, conflicts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from funnels import services as crm
from integrations.activation import matrices
from integrations.engine import filling
from integrations.models import CatalogItem, Connection
from mapping.models import Conflict, Counterpart, FieldMap
from tests import factories
from tests.api.conftest import Api
from tests.conftest import World
from tests.factories import SYSTEM

Problem = Any


@pytest.fixture
def there(world: World, api: Api) -> Connection:
    """An active connection whose partner lists four fields."""
    matrices.declare_all()
    side = Counterpart.unscoped.create(account=world.account, slug="meetime", remote_id="1")
    row: Connection = Connection.unscoped.create(
        account=world.account, partner="meetime", state="active", flow="centralisation", counterpart=side
    )
    fields = (
        ("custom.cargo", "Cargo", "text", []),
        ("custom.notas", "Notas", "long_text", []),
        ("custom.porte", "Porte", "select", ["Pequeno", "Grande"]),
        ("custom.outro", "Outro", "text", []),
    )
    for key, name, type, options in fields:
        CatalogItem.unscoped.create(
            account=world.account,
            connection=row,
            kind="custom_fields",
            their_id=key,
            name=name,
            data={"key": key, "type": type, "options": options},
        )
    crm.ensure_custom_field(
        account=world.account, entity="person", key="cargo", label="Cargo", type="text", origin=SYSTEM
    )
    crm.ensure_custom_field(
        account=world.account,
        entity="company",
        key="porte",
        label="Porte",
        type="options",
        options=["Pequeno", "Enorme"],
        origin=SYSTEM,
    )
    return row


def path(there: Connection, rest: str = "") -> str:
    return f"connections/{there.pk}/field-maps/{rest}"


CARGO = {"entity": "person", "key": "cargo", "their_key": "custom.cargo"}


def test_m10_a_field_is_associated_changed_with_its_etag_and_removed(api: Api, there, problem) -> None:
    made = api.made(path(there), CARGO)
    assert (made["their_name"], made["our_type"], made["their_type"]) == ("Cargo", "text", "text")
    assert (made["master"], made["empty"], made["drift"], made["warnings"]) == ("both", "keep", "", [])
    assert made["connection"] == str(there.pk)
    one = path(there, f"{made['id']}/")
    read = api.get(one)
    assert read["ETag"] == 'W/"1"'
    changed = api.patch(one, {"master": "ours", "empty": "erase"}, If_Match=read["ETag"])
    assert (changed.json()["master"], changed.json()["empty"]) == ("ours", "erase")
    assert changed["ETag"] == 'W/"2"'
    problem(api.patch(one, {"master": "theirs"}, If_Match=read["ETag"]), 412, "precondition_failed")
    problem(api.patch(one, {"their_key": "custom.outro"}), 400, "unknown_field")
    assert api.delete(one, If_Match=changed["ETag"]).status_code == 204
    assert api.get(path(there)).json()["results"] == []


@pytest.mark.parametrize(
    "body",
    [
        {**CARGO, "their_key": "custom.porte"},  # types that do not fit
        {**CARGO, "their_key": "custom.notas"},
        {**CARGO, "their_key": "custom.nada"},  # not listed there
        {**CARGO, "key": "nada"},
        {**CARGO, "entity": "deal"},
    ],
)
def test_m13_what_does_not_fit_is_422_in_words(api: Api, there, problem, body: dict[str, str]) -> None:
    assert problem(api.post(path(there), body), 422, "not_allowed")["detail"]
    assert not FieldMap.unscoped.exists()


def test_m14_a_field_that_is_gone_there_cannot_be_associated(api: Api, there, problem) -> None:
    CatalogItem.unscoped.filter(their_id="custom.cargo").update(gone_at=timezone.now())
    problem(api.post(path(there), CARGO), 422, "not_allowed")


def test_m49_a_doubled_field_of_theirs_is_422_and_named(api: Api, there, problem) -> None:
    api.made(path(there), CARGO)
    again = {"entity": "deal", "key": "title", "their_key": "custom.cargo"}
    assert "Cargo" in problem(api.post(path(there), again), 422, "not_allowed")["detail"]


def test_m49_the_integrations_own_fields_are_no_choice(api: Api, there, problem) -> None:
    crm.ensure_custom_field(
        account=there.account,
        entity="deal",
        key="meetime_latest_owner",
        label="Responsável",
        type="user",
        origin=SYSTEM,
    )
    body = {"entity": "deal", "key": "meetime_latest_owner", "their_key": "custom.cargo"}
    problem(api.post(path(there), body), 422, "not_allowed")


def test_pain10_missing_options_are_warnings_and_no_refusal(api: Api, there) -> None:
    made = api.made(path(there), {"entity": "company", "key": "porte", "their_key": "custom.porte"})
    found = {each["code"]: each["options"] for each in made["warnings"]}
    assert found == {"missing_there": ["Enorme"], "missing_here": ["Grande"]}


def test_drift_is_told_and_a_type_that_fits_is_followed(api: Api, there) -> None:
    made = api.made(path(there), {"entity": "company", "key": "porte", "their_key": "custom.porte"})
    item = CatalogItem.unscoped.get(their_id="custom.porte")
    one = path(there, f"{made['id']}/")
    for type, gone, drift in (("long_text", None, "unfit"), ("text", None, "retyped")):
        item.data = {**item.data, "type": type}
        item.gone_at = gone
        item.save()
        assert api.get(one).json()["drift"] == drift
    followed = api.patch(one, {}).json()
    assert (followed["their_type"], followed["drift"]) == ("text", "")
    item.gone_at = timezone.now()
    item.save()
    assert api.get(path(there)).json()["results"][0]["drift"] == "gone"


def test_m13_the_matrix_is_the_partners_21_by_3(api: Api, there, problem) -> None:
    shown = api.get(f"connections/{there.pk}/matrix/").json()
    assert len(shown["our_types"]) == 21
    assert {each["type"]: each["longest"] for each in shown["their_types"]} == {
        "text": 255,
        "long_text": None,
        "select": None,
    }
    pairs = {(each["ours"], each["theirs"]) for each in shown["pairs"]}
    assert {theirs for ours, theirs in pairs if ours == "checkbox"} == {"text", "select"}
    assert {theirs for ours, theirs in pairs if ours == "text"} == {"text"}
    assert not {ours for ours, _theirs in pairs} & {"image", "attachment", "color", "developer"}
    assert {(each["entity"], each["ours"]) for each in shown["fixed"]} >= {("person", "email")}
    problem(api.get("connections/987654/matrix/"), 404, "not_found")


def test_m14_a_back_fill_is_previewed_asked_for_and_followed(api: Api, there, monkeypatch) -> None:
    made = api.made(path(there), CARGO)
    fill = path(there, f"{made['id']}/fill/")
    preview = filling.FillPreview(total=7, same=1, there=2, here=3, apart=1, unreadable=0, rows=())
    monkeypatch.setattr(filling, "preview", lambda **_given: preview)
    monkeypatch.setattr(filling, "progress", lambda **_given: (4, 7))
    read = api.get(fill).json()
    assert {name: read[name] for name in ("total", "here", "there", "done", "fill")} == {
        "total": 7,
        "here": 3,
        "there": 2,
        "done": 4,
        "fill": "",
    }
    asked = api.post(fill, {"fill": "blanks"})
    assert asked.status_code == 202
    assert asked.json()["fill"] == "blanks"
    assert asked.json()["asked_at"]
    assert api.post(fill, {"fill": "everything"}).status_code == 400
    assert FieldMap.unscoped.get().fill == "blanks"


def test_m14_nothing_is_filled_before_activation(api: Api, there, problem) -> None:
    made = api.made(path(there), CARGO)
    Connection.unscoped.filter(pk=there.pk).update(state="enabled")
    problem(api.post(path(there, f"{made['id']}/fill/"), {"fill": "ours"}), 422, "not_allowed")
    assert FieldMap.unscoped.get().fill == ""


def conflict(there: Connection, deal: int | None, **given: Any) -> Conflict:
    values = {
        "account": there.account,
        "counterpart": there.counterpart,
        "entity": "person",
        "our_id": 1,
        "their_id": "9",
        "deal_id": deal,
        "their_key": "custom.cargo",
        "label": "Cargo",
        "ours": "Diretora",
        "theirs": "Gerente",
        "winner": "theirs",
        "why": "mais recente",
        "at": timezone.now(),
        **given,
    }
    row: Conflict = Conflict.unscoped.create(**values)
    return row


def test_x5_conflicts_are_listed_by_connection_deal_and_time(api: Api, there, world, stranger) -> None:
    deal = factories.deal(funnel=world.funnel)
    old = conflict(there, None, at=timezone.now() - timedelta(days=3))
    new = conflict(there, deal.pk)
    theirs = Counterpart.unscoped.create(account=stranger.account, slug="meetime", remote_id="1")
    conflict(there, None, account=stranger.account, counterpart=theirs)
    ids = lambda query: {row["id"] for row in api.get(f"conflicts/?{query}").json()["results"]}  # noqa: E731
    assert ids("") == {str(old.pk), str(new.pk)}
    assert ids(f"connection={there.pk}") == {str(old.pk), str(new.pk)}
    assert ids(f"deal={deal.pk}") == {str(new.pk)}
    moment = (timezone.now() - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert ids(f"since={moment}") == {str(new.pk)}
    shown = api.get(f"conflicts/{new.pk}/").json()
    assert (shown["winner"], shown["ours"], shown["theirs"]) == ("theirs", "Diretora", "Gerente")
    assert (shown["deal"], shown["connection"]) == (str(deal.pk), str(there.pk))


def test_a_list_of_associations_asks_as_much_for_many(api: Api, there) -> None:
    def grow(first: int, last: int) -> None:
        for number in range(first, last):
            crm.ensure_custom_field(
                account=there.account,
                entity="deal",
                key=f"k{number}",
                label=f"K {number}",
                type="text",
                origin=SYSTEM,
            )
            FieldMap.unscoped.create(
                account=there.account,
                counterpart=there.counterpart,
                entity="deal",
                key=f"k{number}",
                kind="lead",
                their_key=f"custom.k{number}",
                pair_id="meetime:text:text",
                partner="meetime",
                our_type="text",
                their_type="text",
            )

    grow(0, 2)
    api.get(path(there))
    with CaptureQueriesContext(database) as few:
        api.get(path(there))
    grow(2, 40)
    with CaptureQueriesContext(database) as many:
        assert len(api.get(path(there)).json()["results"]) == 40
    assert len(many) == len(few)
