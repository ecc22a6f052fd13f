"""X2, M48: associated fields in a rehearsal: what travels, what cannot and why, and what stands still."""

from __future__ import annotations

from typing import Any

import pytest

from funnels import services
from integrations import contract
from integrations.models import CatalogItem, Connection
from integrations.rehearsal.result import Became, Same
from mapping import matrix
from mapping.models import Counterpart, FieldMap
from mapping.services import add_map
from tests.integrations.rehearsal.conftest import ORIGIN, House


@pytest.fixture
def counterpart(house: House) -> Counterpart:
    """What the connection's fields are associated with."""
    spec = contract.partner("meetime").mappable
    assert spec is not None
    matrix.declare("meetime", spec.pairs)
    row = Counterpart.unscoped.create(account=house.world.account, slug="meetime", remote_id="1")
    Connection.unscoped.filter(pk=house.connection.pk).update(counterpart=row)
    house.connection.refresh_from_db()
    house.listed("custom_fields", "501", "Valor", key="custom.valor", type="text", options=[])
    house.listed(
        "custom_fields", "502", "Segmento", key="custom.segmento", type="select", options=["Indústria"]
    )
    house.listed("custom_fields", "native.city", "Cidade", key="native.city", type="text", options=[])
    return row


def associate(counterpart: Counterpart, key: str, their_key: str, their_type: str, **more: Any) -> FieldMap:
    given = {"entity": "deal", "their_name": their_key, "kind": "lead", **more}
    return add_map(
        counterpart=counterpart, key=key, their_key=their_key, their_type=their_type, origin=ORIGIN, **given
    )


def own_field(house: House, key: str, type: str, **more: Any) -> None:
    services.ensure_custom_field(
        account=house.world.account,
        entity="deal",
        key=key,
        label=key.title(),
        type=type,
        origin=ORIGIN,
        **more,
    )


def test_a_mapped_value_reads_as_it_was_said(house: House, counterpart: Counterpart, field_of: Any) -> None:
    associate(counterpart, "amount", "custom.valor", "text")
    own_field(house, "cidade", "text")
    associate(counterpart, "cidade", "native.city", "text")
    house.deal(house.person(), amount="1234.50", custom={"cidade": "Florianópolis"})
    card = house.only()
    value, city = field_of(card, "custom.valor"), field_of(card, "native.city")
    assert (value.ours, value.theirs, value.result) == ("1.234,50", "1.234,50", Same.SAME)
    assert (city.ours, city.theirs, city.result) == ("Florianópolis", "Florianópolis", Same.SAME)
    assert card.differences == 0


def test_m48_a_value_that_cannot_travel_is_told_with_its_reason(
    house: House, counterpart: Counterpart, field_of: Any
) -> None:
    own_field(house, "segmento", "options", options=["Indústria", "Foguetes"])
    associate(counterpart, "segmento", "custom.segmento", "select")
    house.deal(house.person("Rui", "rui@lua.example"), custom={"segmento": "Indústria"})
    house.deal(house.person(), custom={"segmento": "Foguetes"})
    bad, good = house.rehearse().cards
    assert (good.became, field_of(good, "custom.segmento").result) == (Became.SENT, Same.SAME)
    line = field_of(bad, "custom.segmento")
    assert (bad.became, line.result, line.ours, line.theirs) == (
        Became.SENT,
        Same.NOT_SENT,
        "Foguetes",
        "",
    )
    assert "Foguetes" in line.why
    assert bad.differences == 1
    assert field_of(bad, "name").result is Same.SAME


def test_m14_an_association_that_stands_still_is_told(
    house: House, counterpart: Counterpart, field_of: Any
) -> None:
    associate(counterpart, "amount", "custom.valor", "text")
    CatalogItem.unscoped.filter(connection=house.connection, their_id="501").delete()
    house.deal(house.person(), amount="10")
    line = field_of(house.only(), "custom.valor")
    assert line.result is Same.NOT_SENT
    assert line.why.startswith("This association stands still")


def test_m31_deal_fields_travel_with_a_ghost_that_does_not_exist_yet(
    house: House, counterpart: Counterpart, field_of: Any
) -> None:
    associate(counterpart, "amount", "custom.valor", "text")
    company = services.create_company(account=house.world.account, name="Padaria Sol", origin=ORIGIN)
    house.deal(None, company=company, amount="99.90")
    card = house.only()
    assert card.leads[0].is_ghost
    line = field_of(card, "custom.valor")
    assert (line.ours, line.theirs, line.result) == ("99,90", "99,90", Same.SAME)
