"""A lead added there to a card of another company: nothing of the card's own company is rewritten (M15, M34)."""

from __future__ import annotations

from typing import Any

import pytest

from funnels import services
from funnels.models import Company, Deal, Person
from mapping.models import Conflict
from tests import factories
from tests.engine.conftest import Bench
from tests.engine.rows import associate_cnpj, enter, lead_of, their_id
from tests.engine.test_rows_following import associate, there, updates

SOL, LUA = ("11444777000161", "11.444.777/0001-61"), ("11222333000181", "11.222.333/0001-81")  # here, there


@pytest.fixture
def sol(bench: Bench, deal: Deal) -> Company:
    """The card's company; its CNPJ is associated, and the card is sent."""
    firm = services.create_company(
        account=bench.world.account, name="Padaria Sol", document=SOL[0], origin=factories.SYSTEM
    )
    services.update_deal(deal=deal, company=firm, origin=factories.SYSTEM)
    associate_cnpj(bench)
    enter(bench, deal)
    return firm


def added(bench: Bench, deal: Deal, **lead: Any) -> str:
    """A lead that Meetime's people add to the card; it is read."""
    given = {"deal": str(deal.pk), "name": "Caio Novo", "email": "caio@lua.example", **lead}
    made = bench.control("POST", "meetime/leads", given)
    bench.poll()
    bench.drain()
    return str(made["id"])


def test_m15_m34_a_lead_of_another_company_is_known_by_its_cnpj_and_rewrites_nothing(
    bench: Bench, deal: Deal, sol: Company
) -> None:
    lua = services.create_company(
        account=bench.world.account, name="Razão Social da Lua", document=LUA[0], origin=factories.SYSTEM
    )
    branch = associate(bench, "company", "Ramo", "text", "custom.ramoEmpresa")
    lead = added(bench, deal, company="Padaria Lua", custom={"cnpj": LUA[1], "ramoEmpresa": "Confeitaria"})
    caio = Person.unscoped.get(account=bench.world.account, email_key="caio@lua.example")
    assert caio.company == lua, "known by CNPJ, whatever name it has there"
    assert Company.unscoped.filter(account=bench.world.account).count() == 2
    sol.refresh_from_db()
    assert (sol.name, sol.document, sol.custom.get(branch.key, "")) == ("Padaria Sol", SOL[0], "")
    assert there(bench, lead)["customFields"]["cnpj"] == LUA[1]
    assert there(bench, their_id(lead_of(deal)))["customFields"]["cnpj"] == SOL[1]
    bench.poll()
    bench.drain()
    sol.refresh_from_db()
    assert (sol.document, updates(bench)) == (SOL[0], [])


def test_m34_a_lead_of_the_cards_company_fills_blanks_and_gets_them(
    bench: Bench, deal: Deal, sol: Company
) -> None:
    branch = associate(bench, "company", "Ramo", "text", "custom.ramoEmpresa")
    size = associate(bench, "company", "Porte", "text", "custom.valorEstimado")
    services.update_company(company=sol, custom={size.key: "Pequeno"}, origin=factories.SYSTEM)
    bench.drain()
    given = {"ramoEmpresa": "Confeitaria", "valorEstimado": "Grande"}
    lead = added(bench, deal, company="Padaria Sol", custom=given)
    sol.refresh_from_db()
    assert (sol.custom[branch.key], sol.custom[size.key]) == ("Confeitaria", "Pequeno")
    row = there(bench, lead)["customFields"]
    assert (row["cnpj"], row["valorEstimado"]) == (SOL[1], "Grande"), (
        "blanks are filled, nothing is overwritten"
    )
    assert [(each.their_key, each.winner) for each in Conflict.unscoped.all()] == [
        ("custom.valorEstimado", "nobody")
    ]


def test_m37_the_company_of_an_added_lead_follows_its_own_lead_and_not_the_cards(
    bench: Bench, deal: Deal, sol: Company
) -> None:
    branch = associate(bench, "company", "Ramo", "text", "custom.ramoEmpresa")
    lead = added(bench, deal, company="Padaria Lua", custom={"cnpj": LUA[1], "ramoEmpresa": "Confeitaria"})
    lua = Company.unscoped.get(account=bench.world.account, name="Padaria Lua")
    assert (lua.document, lua.custom[branch.key]) == (LUA[0], "Confeitaria")
    bench.act(lead, "update", company="Padaria Lua Nova")
    bench.poll()
    bench.drain()
    lua.refresh_from_db()
    sol.refresh_from_db()
    assert (lua.name, sol.name) == ("Padaria Lua Nova", "Padaria Sol")
    services.update_company(company=sol, name="Padaria Sol Nova", origin=factories.SYSTEM)
    bench.drain()
    services.update_company(company=lua, custom={branch.key: "Padaria"}, origin=factories.SYSTEM)
    bench.drain()
    first = there(bench, their_id(lead_of(deal)))
    assert (first["company"], first["customFields"].get("ramoEmpresa")) == ("Padaria Sol Nova", None)
    caio = there(bench, lead)
    assert (caio["company"], caio["customFields"]["ramoEmpresa"]) == ("Padaria Lua Nova", "Padaria")


@pytest.mark.parametrize("works_at", ["nobody", "another"])
def test_m15_a_known_persons_company_takes_nothing_from_a_lead_that_tells_another(
    bench: Bench, deal: Deal, sol: Company, works_at: str
) -> None:
    branch = associate(bench, "company", "Ramo", "text", "custom.ramoEmpresa")
    mar = services.create_company(account=bench.world.account, name="Padaria Mar", origin=factories.SYSTEM)
    services.create_person(
        account=bench.world.account, name="Caio", email="caio@lua.example", origin=factories.SYSTEM,
        company=mar if works_at == "another" else None,
    )  # fmt: skip
    bench.drain()
    added(bench, deal, company="Padaria Lua", custom={"ramoEmpresa": "Confeitaria"})
    rows = Company.unscoped.filter(account=bench.world.account)
    assert {row.name: row.custom.get(branch.key, "") for row in rows} == {
        "Padaria Sol": "", "Padaria Mar": "", "Padaria Lua": "Confeitaria"
    }  # fmt: skip
