"""M10, M13, M49, X14: the only writers of associated fields, what they refuse and in which words."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.utils import translation

from accounts.models import AuditEntry
from accounts.scoping import SomeoneElseChangedThis
from funnels.models import CustomField
from funnels.services import NotAllowed
from mapping import matrix, ours, services
from mapping.models import Counterpart, FieldMap
from tests.factories import SYSTEM
from tests.mapping.sides import add, field, side

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english() -> object:
    with translation.override("en"):
        yield


@pytest.fixture
def there(world) -> Counterpart:
    field(world.account, "cargo")
    field(world.account, "foto", "image")
    field(world.account, "porte", "options", entity="company", options=["Pequeno", "Grande"])
    return side(world.account)


def test_m10_a_field_is_associated_and_the_trail_says_who(there) -> None:
    row = add(there)
    assert (row.pair_id, row.our_type, row.their_type) == ("alguem:text:short", "text", "short")
    assert row.field.label == "Cargo"
    assert (row.master, row.empty, row.fill) == ("both", "keep", "")  # X14: an empty value erases nothing
    line = AuditEntry.objects.of(there.account).get(action="mapping.add")
    assert line.data["theirs"] == "custom.cargo"
    assert line.actor_label == SYSTEM.label


def test_m10_built_in_fields_have_no_custom_field(there) -> None:
    row = add(there, entity="company", key="document")
    assert (row.field, row.our_type) == (None, "cnpj")
    assert ours.field_of(row).label == "CNPJ"


@pytest.mark.parametrize("key", ["nada", "name", ""])
def test_m10_an_unknown_field_is_refused(there, key: str) -> None:
    with pytest.raises(NotAllowed, match="no field “"):
        add(there, key=key)


def test_m10_a_strangers_field_is_unknown(there, stranger) -> None:
    field(stranger.account, "segredo")
    with pytest.raises(NotAllowed, match="no field “segredo”"):
        add(there, key="segredo")


@pytest.mark.parametrize("writer", ["system", "once"])
def test_m10_fields_that_integrations_write_are_not_associated(there, writer: str) -> None:
    field(there.account, "deles", writer=writer)
    with pytest.raises(NotAllowed, match="no field “deles”"):
        add(there, key="deles")


def test_m16_a_field_that_an_integration_keeps_is_not_associated(there, monkeypatch) -> None:
    add(there)
    monkeypatch.setattr(ours, "_taken", [lambda: {("person", "dono")}])
    field(there.account, "dono")
    with pytest.raises(NotAllowed, match="no field “dono”"):
        add(there, key="dono", their_key="custom.dono")


def test_m13_types_that_do_not_fit_are_refused_naming_those_that_do(there, monkeypatch) -> None:
    monkeypatch.setattr(matrix, "_sources", [lambda partner: {"short": "Short text", "list": "List"}])
    with pytest.raises(NotAllowed) as refused:
        add(there, their_type="list")
    assert "“Cargo” (Simple text) and “Cargo lá” (List) do not fit" in refused.value.words
    assert "fit: Short text." in refused.value.words
    with pytest.raises(NotAllowed, match="type Image are not supported"):
        add(there, key="foto")
    assert not FieldMap.unscoped.exists()


def test_m49_their_field_is_associated_once_and_the_words_say_where(there) -> None:
    add(there)
    with pytest.raises(NotAllowed, match=r"“Cargo lá” is already associated with “Cargo” \(Person\)"):
        add(there, entity="deal", key="title")


def test_m10_our_field_is_associated_once_at_a_partner(there) -> None:
    add(there)
    with pytest.raises(NotAllowed, match="“Cargo” is already associated with “Cargo lá”"):
        add(there, their_key="custom.outro")
    other = Counterpart.unscoped.create(account=there.account, slug=there.slug, remote_id="2")
    assert add(other).pk  # another account over there has its own


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"their_key": "x" * 121}, "120 characters"),
        ({"their_name": "x" * 251}, "250 characters"),
        ({"their_key": ""}, "Choose the field"),
        ({"master": "nobody"}, "who decides"),
        ({"empty": "perhaps"}, "empty value"),
    ],
)
def test_m13_what_cannot_be_kept_is_refused(there, given: dict[str, str], words: str) -> None:
    with pytest.raises(NotAllowed, match=words):
        add(there, **given)


def test_m49_who_comes_second_reads_the_same_words_from_the_constraint(there, monkeypatch) -> None:
    add(there)
    real, seen = services._check_free, []

    def late(*given: object) -> None:
        seen.append(given)
        if len(seen) > 1:  # the first look was before the other one had committed
            real(*given)

    monkeypatch.setattr(services, "_check_free", late)
    with pytest.raises(NotAllowed, match="already associated with “Cargo”"):
        add(there, entity="deal", key="title")
    assert len(seen) == 2
    monkeypatch.setattr(services, "_check_free", lambda *given: None)
    with pytest.raises(IntegrityError):  # nothing else is made a sentence of
        add(there, entity="deal", key="title")


def test_x14_a_rule_is_changed_with_its_version_and_the_trail(there) -> None:
    row = add(there)
    changed = services.change_map(row, master="ours", empty="erase", version=1, origin=SYSTEM)
    assert (changed.master, changed.empty, changed.version) == ("ours", "erase", 2)
    assert AuditEntry.objects.of(there.account).get(action="mapping.change").data["master"] == [
        "both",
        "ours",
    ]
    with pytest.raises(SomeoneElseChangedThis):
        services.change_map(row, master="theirs", version=1, origin=SYSTEM)
    with pytest.raises(NotAllowed, match="who decides"):
        services.change_map(row, master="x", origin=SYSTEM)
    services.change_map(row, master="ours", origin=SYSTEM)
    assert FieldMap.unscoped.get().version == 2  # nothing differed


def test_m13_a_new_type_over_there_is_followed_only_if_it_fits(there) -> None:
    row = add(there, entity="company", key="porte")
    changed = services.change_map(row, their_type="list", their_name="Porte", origin=SYSTEM)
    assert (changed.pair_id, changed.their_name) == ("alguem:options:list", "Porte")
    with pytest.raises(NotAllowed, match="do not fit"):
        services.change_map(row, their_type="long", origin=SYSTEM)
    assert FieldMap.unscoped.get().their_type == "list"


def test_x14_removing_deletes_no_field_and_no_value(there) -> None:
    row = add(there)
    services.remove_map(row, version=1, origin=SYSTEM)
    assert not FieldMap.unscoped.exists()
    assert CustomField.objects.of(there.account).filter(key="cargo").exists()
    assert AuditEntry.objects.of(there.account).filter(action="mapping.remove").count() == 1
    services.remove_map(row, origin=SYSTEM)  # twice is once
    assert AuditEntry.objects.of(there.account).filter(action="mapping.remove").count() == 1
