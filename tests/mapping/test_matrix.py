"""M13: the matrix is data, written as declared, and the database holds every association to it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from mapping import matrix
from mapping.models import Counterpart, FieldMap, TypePair
from tests.mapping.sides import PAIRS, PARTNER, add, field, side

pytestmark = pytest.mark.django_db


@pytest.fixture
def there(world) -> Counterpart:
    field(world.account, "cargo")
    return side(world.account)


def raw(counterpart: Counterpart, **given: Any) -> FieldMap:
    """A row as somebody would write it past every service."""
    values = {
        "account": counterpart.account,
        "counterpart": counterpart,
        "entity": "person",
        "key": "cargo",
        "kind": "lead",
        "their_key": "custom.cargo",
        "partner": PARTNER,
        "our_type": "text",
        "their_type": "short",
        "pair_id": f"{PARTNER}:text:short",
        **given,
    }
    return FieldMap.unscoped.create(**values)


def test_m13_it_is_written_exactly_as_declared_and_twice_is_the_same() -> None:
    for _twice in range(2):
        matrix.declare(PARTNER, PAIRS)
        assert matrix.pairs_of(PARTNER) == set(PAIRS)
    assert TypePair.objects.get(partner=PARTNER, ours="options", theirs="list").pk == "alguem:options:list"
    assert matrix.compatible(PARTNER, "options") == {"short", "list"}
    assert matrix.compatible(PARTNER, "image") == set()
    assert matrix.compatible_ours(PARTNER, "list") == {"options"}
    matrix.declare("outro", [("text", "list")])
    assert matrix.pairs_of(PARTNER) == set(PAIRS)


def test_m13_a_vanished_line_goes_unless_it_is_used(there, caplog) -> None:
    used = add(there)
    matrix.declare(PARTNER, [("options", "list")])
    assert matrix.pairs_of(PARTNER) == {("options", "list"), ("text", "short")}
    assert "alguem:text:short" in caplog.text
    used.delete()
    matrix.declare(PARTNER, [("options", "list")])
    assert matrix.pairs_of(PARTNER) == {("options", "list")}


def test_m13_the_database_refuses_a_pair_outside_the_matrix(there) -> None:
    def write() -> None:
        raw(there, pair_id=f"{PARTNER}:text:list", their_type="list")
        connection.check_constraints()  # foreign keys wait for the end of the transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        write()


def test_m13_the_database_refuses_a_pair_of_other_types_than_the_rows_own(there) -> None:
    for lie in ({"our_type": "image"}, {"their_type": "list"}, {"partner": "outro"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            raw(there, **lie)
    row = raw(there)
    with pytest.raises(IntegrityError), transaction.atomic():
        FieldMap.unscoped.filter(pk=row.pk).update(our_type="image")
    with pytest.raises(IntegrityError), transaction.atomic():
        FieldMap.unscoped.filter(pk=row.pk).update(pair_id=f"{PARTNER}:options:list")


def test_m13_the_database_keeps_a_line_that_is_used(there) -> None:
    raw(there)

    def take_away() -> None:
        TypePair.objects.filter(pk=f"{PARTNER}:text:short")._raw_delete("default")
        connection.check_constraints()

    with pytest.raises(IntegrityError), transaction.atomic():
        take_away()


def test_m49_the_database_refuses_a_doubled_field_of_theirs_over_all_entities(there) -> None:
    raw(there)
    with pytest.raises(IntegrityError), transaction.atomic():
        raw(there, entity="deal", key="title")
    with pytest.raises(IntegrityError), transaction.atomic():
        raw(there, their_key="custom.outro")
