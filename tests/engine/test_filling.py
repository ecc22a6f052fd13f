"""The back-fill that a new association offers (X14, pain 9): previewed, asked for, done once."""

from __future__ import annotations

import pytest

from funnels import services
from funnels.models import Deal, Person
from integrations.engine import filling
from mapping.models import FieldMap
from tests import factories
from tests.engine.conftest import Bench
from tests.engine.rows import enter, lead_of, their_id
from tests.engine.test_rows_following import associate, there, updates


@pytest.fixture
def late(bench: Bench, deal: Deal) -> FieldMap:
    return associated_late(bench, deal)


def associated_late(bench: Bench, deal: Deal, theirs: str = "") -> FieldMap:
    """A field associated after the card was sent; the CRM says "Loja", Meetime `theirs`."""
    services.ensure_custom_field(
        account=bench.world.account,
        entity="person",
        key="nota",
        label="Nota",
        type="text",
        origin=factories.SYSTEM,
    )
    services.update_person(person=deal.person, custom={"nota": "Loja"}, origin=factories.SYSTEM)
    enter(bench, deal)
    if theirs:
        bench.act(their_id(lead_of(deal)), "update", custom={"ramoEmpresa": theirs})
        bench.poll()
    associate(bench, "person", "Nota", "text", "custom.ramoEmpresa")
    row: FieldMap = FieldMap.unscoped.get()
    return row


def value_there(bench: Bench, deal: Deal) -> str | None:
    return there(bench, their_id(lead_of(deal)))["customFields"].get("ramoEmpresa")


def test_x14_a_new_row_sends_nothing_by_itself_but_the_next_edit(
    bench: Bench, deal: Deal, late: FieldMap
) -> None:
    services.update_deal(deal=deal, title="Outro título", origin=factories.SYSTEM)
    bench.drain()
    assert value_there(bench, deal) is None
    services.update_person(person=deal.person, custom={"nota": "Loja 2"}, origin=factories.SYSTEM)
    bench.drain()
    assert value_there(bench, deal) == "Loja 2"


def test_x14_the_preview_counts_and_writes_nothing(bench: Bench, deal: Deal, late: FieldMap) -> None:
    seen = filling.preview(connection=bench.connection, field_map=late)
    assert (seen.total, seen.there, seen.here, seen.apart, seen.same) == (1, 1, 0, 0, 0)
    (row,) = seen.rows
    assert (row.ours, row.theirs, row.what) == ("Loja", "", "there")
    assert value_there(bench, deal) is None


@pytest.mark.parametrize(
    ("fill", "theirs", "here", "at_theirs"),
    [
        ("blanks", "", "Loja", "Loja"),
        ("blanks", "Lá", "Loja", "Lá"),
        ("ours", "Lá", "Loja", "Loja"),
        ("theirs", "Lá", "Lá", "Lá"),
    ],
)
def test_x14_a_back_fill_does_what_was_chosen_and_is_done(
    bench: Bench, deal: Deal, fill: str, theirs: str, here: str, at_theirs: str
) -> None:
    late = associated_late(bench, deal, theirs)
    count = len(updates(bench))
    assert filling.ask(connection=bench.connection, field_map=late, fill=fill, origin=factories.SYSTEM) == 1
    bench.drain()
    assert Person.unscoped.get(pk=deal.person_id).custom["nota"] == here
    assert value_there(bench, deal) == at_theirs
    assert filling.progress(connection=bench.connection, field_map=late) == (1, 1)
    assert len(updates(bench)) - count == (1 if at_theirs == "Loja" else 0)
