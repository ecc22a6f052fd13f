"""The assumed CRM interface: funnels published, cards moved at Meetime, runs closed by the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.partners.meetime.sandbox import MeetimeSandbox
from integrations.partners.meetime.sandbox_board import Funnel, Standing
from integrations.sandbox.server import Sandbox

FUNNEL = {
    "name": "Vendas",
    "stages": [{"id": "33", "name": "Contato"}, {"id": "34", "name": "Proposta"}],
    "lostReasons": [{"id": "7", "name": "Preço"}, {"id": "8", "name": "Prazo"}],
}


@pytest.fixture
def listening(talker: Any, inbox: Any) -> Any:
    """Meetime tells the inbox of moves and results."""
    events = ["LEAD.WON", "LEAD.LOST", "DEAL.STAGE_MOVED"]
    assert talker.api("POST", "/webhooks", {"target_url": inbox.url, "events": events})[0] == 201
    return inbox


@pytest.fixture
def lead(talker: Any) -> dict[str, Any]:
    """An open lead of deal 900, which stands in the published funnel's first stage."""
    talker.send(name="Iara", email="iara@negocio.com.br", externalReference="900.1", status="EXECUTING")
    assert talker.api("PUT", "/crm/funnels/12", FUNNEL)[:2] == (200, {"id": "12"})
    _stands(talker, "33")
    return talker.lead("iara@negocio.com.br")


@pytest.fixture
def without_crm(talker: Any) -> Iterator[None]:
    talker.control("POST", "meetime/quirks", {"crm": False})
    yield
    talker.control("POST", "meetime/quirks", {"crm": True})


def _stands(talker: Any, stage_id: str, *, deal: str = "900", **more: str) -> None:
    told = talker.api("PUT", f"/crm/deals/{deal}", {"funnelId": "12", "stageId": stage_id, **more})
    assert told[:2] == (200, {"id": deal})


def _move(talker: Any, lead: dict[str, Any], stage_id: str, **more: Any) -> Any:
    return talker.control("POST", f"meetime/leads/{lead['id']}/stage", {"stage_id": stage_id, **more})


def test_m36_a_funnel_is_published_replaced_and_taken_away(talker: Any) -> None:
    assert talker.api("GET", "/crm/funnels")[1]["data"] == []
    assert talker.api("PUT", "/crm/funnels/12", FUNNEL)[0] == 200
    talker.api("PUT", "/crm/funnels/x-2", {"name": "Pós", "stages": [{"id": "1", "name": "Início"}]})
    shorter = {**FUNNEL, "stages": FUNNEL["stages"][:1], "lostReasons": []}
    assert talker.api("PUT", "/crm/funnels/12", shorter)[0] == 200
    page = talker.api("GET", "/crm/funnels")[1]
    assert page["data"] == [
        {"id": "12", **shorter},
        {"id": "x-2", "name": "Pós", "stages": [{"id": "1", "name": "Início"}], "lostReasons": []},
    ]
    assert (page["totalItems"], page["limit"], page["next"]) == (2, 50, None)
    assert talker.state()["funnels"] == page["data"]
    assert talker.api("DELETE", "/crm/funnels/12")[:2] == (204, "")
    assert talker.api("DELETE", "/crm/funnels/12")[:2] == (404, {"error": "funnel not found"})
    assert [row["id"] for row in talker.api("GET", "/crm/funnels")[1]["data"]] == ["x-2"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"stages": FUNNEL["stages"]},
        {"name": "x"},
        {"name": "x", "stages": [{"id": "1"}]},
        {"name": "x", "stages": "1"},
        {"name": "x", "stages": FUNNEL["stages"] * 2},
        {"name": "x", "stages": FUNNEL["stages"], "lostReasons": [{"name": "sem id"}]},
    ],
)
def test_m36_what_cannot_be_published_is_refused(talker: Any, wrong: dict[str, Any]) -> None:
    status, answer, _ = talker.api("PUT", "/crm/funnels/12", wrong)
    assert status == 400
    assert answer["error"]
    assert talker.api("GET", "/crm/funnels")[1]["data"] == []


def test_m36_a_deal_stands_in_a_published_stage_only(talker: Any, lead: dict[str, Any]) -> None:
    put = "/crm/deals/900"
    assert talker.api("PUT", put, {"funnelId": "99", "stageId": "33"})[0] == 400
    assert talker.api("PUT", put, {"funnelId": "12", "stageId": "99"})[0] == 400
    assert talker.api("PUT", put, {"funnelId": "12"})[0] == 400
    assert talker.lead("iara@negocio.com.br")["stage"]["stage_id"] == "33"
    deal = talker.state()["deals"][0]
    assert (deal["id"], deal["funnelId"], deal["stageId"], deal["message"]) == ("900", "12", "33", None)


def test_m36_the_user_moves_the_card_and_is_told(talker: Any, listening: Any, lead: dict[str, Any]) -> None:
    seq = len(talker.happened())
    carla = next(user for user in talker.state()["users"] if user["name"] == "Carla Mendes")
    moved = _move(talker, lead, "34", user_id=carla["id"])
    told = listening.events(1)[0]
    assert told == {
        "event": "DEAL.STAGE_MOVED",
        "id": moved["stage"]["pending"]["id"],
        "deal": {"id": "900", "stageId": "34"},
        "lead": {"id": lead["id"]},
        "prospection": {"id": lead["prospections"][0]["id"]},
        "movedBy": {"id": int(carla["id"]), "name": "Carla Mendes"},
        "movedAt": moved["stage"]["pending"]["moved_date"],
    }
    assert len(told["id"]) == 36
    row = talker.api("GET", "/crm/moves")[1]["data"]
    assert row == [
        {
            "id": told["id"],
            "deal_id": "900",
            "stage_id": "34",
            "lead_id": str(lead["id"]),
            "prospection_id": str(lead["prospections"][0]["id"]),
            "moved_by_name": "Carla Mendes",
            "moved_date": told["movedAt"],
        }
    ]
    line = talker.happened(seq, "deal.stage")[0]
    assert (line["by"], line["body"]["stage_id"], line["ids"]["lead"]) == ("user", "34", lead["id"])
    assert moved["stage"]["stage_id"] == "33", "it moves when our side says so"
    _stands(talker, "34")
    stage = talker.lead("iara@negocio.com.br")["stage"]
    assert (stage["stage"], stage["pending"], stage["declined"]) == ("Proposta", None, None)
    assert talker.state()["moves"][0]["pending"] is False


def test_m36_a_declined_move_says_why_until_the_next_word(talker: Any, lead: dict[str, Any]) -> None:
    _move(talker, lead, "34")
    _stands(talker, "33", message="Falta: proposta assinada")
    declined = talker.lead("iara@negocio.com.br")["stage"]
    assert (declined["stage_id"], declined["pending"]) == ("33", None)
    assert declined["declined"] == "Falta: proposta assinada"
    assert talker.state()["moves"][0]["declined"] == "Falta: proposta assinada"
    assert "Recusado: Falta: proposta assinada" in talker.ask("GET", f"/meetime/leads/{lead['id']}")[1]
    _stands(talker, "34")
    assert talker.lead("iara@negocio.com.br")["stage"]["declined"] is None
    assert talker.state()["moves"][0]["declined"] == "Falta: proposta assinada", "history stays"


def test_m36_only_open_leads_of_a_deal_move_and_only_to_published_stages(
    talker: Any, listening: Any, lead: dict[str, Any], sandbox: Any
) -> None:
    alone = talker.lead("cliente.aberto@exemplo.com.br")
    talker.send(name="Sem lugar", email="outro@negocio.com.br", externalReference="901.1")
    elsewhere = talker.lead("outro@negocio.com.br")
    at = "meetime/leads/%s/stage"
    talker.control("POST", at % lead["id"], {"stage_id": "99"}, status=400)
    talker.control("POST", at % lead["id"], {}, status=400)
    talker.control("POST", at % elsewhere["id"], {"stage_id": "34"}, status=400)
    talker.control("POST", at % alone["id"], {"stage_id": "34"}, status=409)
    talker.control("POST", f"meetime/leads/{lead['id']}/win", {})
    talker.control("POST", at % lead["id"], {"stage_id": "34"}, status=409)
    assert sandbox.courier.settle(timeout=2)
    assert [each["event"] for each in listening.events(1)] == ["LEAD.WON"]
    assert talker.api("GET", "/crm/moves")[1]["data"] == []


def test_m36_moves_are_listed_oldest_first_after_a_moment(talker: Any, lead: dict[str, Any]) -> None:
    for stage_id in ("34", "33", "34"):
        _move(talker, lead, stage_id)
    rows = talker.api("GET", "/crm/moves")[1]["data"]
    assert [row["stage_id"] for row in rows] == ["34", "33", "34"]
    dates = [row["moved_date"] for row in rows]
    assert dates == sorted(set(dates))
    after = talker.api("GET", f"/crm/moves?moved_after={dates[0]}")[1]["data"]
    assert [row["id"] for row in after] == [row["id"] for row in rows[1:]]
    assert talker.api("GET", f"/crm/moves?moved_after={dates[-1]}")[1]["data"] == []
    assert talker.api("GET", "/crm/moves?limit=1&start=1")[1]["data"] == rows[1:2]
    assert talker.api("GET", "/crm/moves?moved_after=ontem")[0] == 400
    _stands(talker, "33")
    assert not any(move["pending"] for move in talker.state()["moves"]), "one word answers them all"


def test_m36_moves_of_one_millisecond_are_told_apart() -> None:
    sandbox = Sandbox(partners={"meetime": MeetimeSandbox}, clock=lambda: 1_700_000_000.0)
    try:
        partner = sandbox.partners["meetime"]
        order = {"name": "Iara", "deal": "900"}
        number = partner.control("POST", "leads", order)[1]["id"]
        board = partner.account("").board  # type: ignore[attr-defined]
        board.funnels["12"] = Funnel(id="12", name="Vendas", stages={"33": "a", "34": "b"}, lost_reasons=[])
        board.standings["900"] = Standing(funnel_id="12", stage_id="33", message=None, at=0)
        for stage_id in ("34", "33", "34"):
            partner.control("POST", f"leads/{number}/stage", {"stage_id": stage_id})
        dates = [each["moved_date"] for each in partner.control("GET", "state", {})[1]["moves"]]
        assert dates == sorted(set(dates))
    finally:
        sandbox.close()


def test_m47_the_api_wins_and_loses_an_open_run(talker: Any, listening: Any, lead: dict[str, Any]) -> None:
    seq = len(talker.happened())
    run = lead["prospections"][0]["id"]
    other = talker.lead("cliente.aberto@exemplo.com.br")
    status, row, _ = talker.api("PUT", f"/prospections/{run}", {"status": "WON"})
    assert (status, row["id"], row["status"]) == (200, str(run), "WON")
    assert row["lost_reason"] is None
    path = f"/prospections/{other['prospections'][0]['id']}"
    assert talker.api("PUT", path, {"status": "LOST", "lostReason": "Motivo nenhum"})[0] == 400
    assert talker.lead(other["email"])["open"]
    lost = talker.api("PUT", path, {"status": "LOST", "lostReason": "sem ORÇAMENTO"})[1]
    assert (lost["status"], lost["lost_reason"]) == ("LOST", "Sem orçamento")
    told = {each["event"]: each["prospection"] for each in listening.events(2)}
    assert told["LEAD.WON"]["lead"]["id"] == lead["id"]
    assert told["LEAD.LOST"]["lostReason"]["name"] == "Sem orçamento"
    lines = talker.happened(seq, "lead.*")
    assert [(line["kind"], line["by"]) for line in lines] == [("lead.won", "api"), ("lead.lost", "api")]
    assert lines[1]["body"] == {"reason": "Sem orçamento"}


def test_m47_what_the_api_cannot_close(talker: Any, lead: dict[str, Any]) -> None:
    run = lead["prospections"][0]["id"]
    assert talker.api("PUT", "/prospections/1", {"status": "WON"})[0] == 404
    assert talker.api("PUT", f"/prospections/{run}", {"status": "FINISHED"})[0] == 400
    assert talker.api("PUT", f"/prospections/{run}", {"status": "LOST"})[0] == 200, "a reason is optional"
    for status in ("WON", "LOST"):
        assert talker.api("PUT", f"/prospections/{run}", {"status": status})[:2] == (
            409,
            {"error": "the prospection is closed"},
        )
    cadence = talker.state()["cadences"][1]
    reopened = talker.control("POST", f"meetime/leads/{lead['id']}/reopen", {"cadence_id": cadence["id"]})
    assert talker.api("PUT", f"/prospections/{run}", {"status": "WON"})[0] == 409, "not the current run"
    assert talker.lead(lead["email"])["open"]
    last = reopened["prospections"][-1]["id"]
    assert talker.api("PUT", f"/prospections/{last}", {"status": "WON"})[0] == 200


def test_m41_a_lead_shows_the_reasons_of_its_deals_funnel_only(
    talker: Any, listening: Any, lead: dict[str, Any]
) -> None:
    alone = talker.lead("cliente.aberto@exemplo.com.br")
    assert lead["lost_reasons"] == FUNNEL["lostReasons"]
    assert [each["name"] for each in alone["lost_reasons"]][:2] == ["Sem interesse", "Sem orçamento"]
    page = talker.ask("GET", f"/meetime/leads/{lead['id']}")[1]
    assert '<option value="7">Preço</option>' in page
    assert "Sem interesse" not in page
    assert "Sem interesse" in talker.ask("GET", f"/meetime/leads/{alone['id']}")[1]
    at = f"meetime/leads/{lead['id']}/lose"
    own = talker.state()["lost_reasons"][0]
    talker.control("POST", at, {"reason_id": own["id"]}, status=400)
    talker.control("POST", at, {"reason": own["name"]}, status=400)
    assert len(talker.state()["lost_reasons"]) == 6, "nothing was taken up"
    assert talker.lead(lead["email"])["open"]
    talker.control("POST", at, {"reason": "prazo", "annotations": "Ficou para 2027"})
    told = listening.events(1)[0]["prospection"]
    assert told["lostReason"] == {"id": "8", "name": "Prazo"}
    row = talker.api("GET", f"/prospections?lead_id={lead['id']}")[1]["data"][-1]
    assert (row["lost_reason"], row["lost_reason_id"]) == ("Prazo", "8")
    # renamed and deleted with the funnel, the closed run keeps its word
    talker.api("DELETE", "/crm/funnels/12")
    assert talker.api("GET", f"/prospections?lead_id={lead['id']}")[1]["data"][-1]["lost_reason"] == "Prazo"
    assert talker.lead(lead["email"])["lost_reasons"] == alone["lost_reasons"]


def test_m41_by_its_id_by_the_api_and_a_reason_from_outside(talker: Any, lead: dict[str, Any]) -> None:
    talker.send(name="Rui", email="rui@negocio.com.br", externalReference="900.2")
    talker.send(name="Lia", email="lia@negocio.com.br", externalReference="900.3")
    rui, lia = talker.lead("rui@negocio.com.br"), talker.lead("lia@negocio.com.br")
    talker.control("POST", f"meetime/leads/{lead['id']}/lose", {"reason_id": "7"})
    talker.control("POST", f"meetime/leads/{rui['id']}/lose", {"reason": "Só de lá", "any_reason": True})
    put = f"/prospections/{lia['prospections'][0]['id']}"
    assert talker.api("PUT", put, {"status": "LOST", "lostReason": "Sem orçamento"})[0] == 400
    assert talker.api("PUT", put, {"status": "LOST", "lostReason": "Prazo"})[0] == 200
    names = [
        talker.api("GET", f"/prospections?lead_id={each['id']}")[1]["data"][-1]["lost_reason"]
        for each in (lead, rui, lia)
    ]
    assert names == ["Preço", "Só de lá", "Prazo"]
    assert "Só de lá" not in [each["name"] for each in talker.state()["lost_reasons"]]


def test_m39_lost_with_the_winner_they_take_a_reason_they_show(talker: Any, lead: dict[str, Any]) -> None:
    talker.send(name="Rui", email="rui@negocio.com.br", externalReference="900.2")
    rui = talker.lead("rui@negocio.com.br")
    talker.control("POST", f"meetime/leads/{lead['id']}/win", {"lose_others": True})
    row = talker.api("GET", f"/prospections?lead_id={rui['id']}")[1]["data"][-1]
    assert (row["status"], row["lost_reason"]) == ("LOST", "Preço")


def test_an_account_without_crm_has_none_of_it(
    talker: Any, listening: Any, lead: dict[str, Any], without_crm: None, sandbox: Any
) -> None:
    run = lead["prospections"][0]["id"]
    for method, path, body in (
        ("GET", "/crm/funnels", None),
        ("PUT", "/crm/funnels/12", FUNNEL),
        ("DELETE", "/crm/funnels/12", None),
        ("PUT", "/crm/deals/900", {"funnelId": "12", "stageId": "34"}),
        ("GET", "/crm/moves", None),
        ("PUT", f"/prospections/{run}", {"status": "WON"}),
    ):
        assert talker.api(method, path, body)[:2] == (404, {"error": "Not Found"}), path
    talker.control("POST", f"meetime/leads/{lead['id']}/stage", {"stage_id": "34"}, status=404)
    assert sandbox.courier.settle(timeout=1)
    assert listening.arrived == []
    inside = talker.lead("iara@negocio.com.br")
    assert (inside["open"], inside["stage"]) == (True, None)
    assert inside["lost_reasons"][0]["name"] == "Sem interesse"
    assert "Proposta" not in talker.ask("GET", f"/meetime/leads/{lead['id']}")[1]


def test_quirks_change_only_those_named(talker: Any) -> None:
    assert talker.state()["quirks"] == {"refuse_filters": [], "crm": True, "numeric_custom": False}
    talker.control("POST", "meetime/quirks", {"refuse_filters": ["status"]})
    told = talker.control("POST", "meetime/quirks", {"crm": False})
    assert told == {"refuse_filters": ["status"], "crm": False, "numeric_custom": False}
    assert talker.control("POST", "meetime/quirks", {"refuse_filters": [], "crm": True})["crm"] is True


def test_the_page_moves_the_card(talker: Any, lead: dict[str, Any]) -> None:
    at = f"/meetime/leads/{lead['id']}"
    page = talker.ask("GET", at)[1]
    assert "Contato" in page
    assert '<option value="34">Proposta</option>' in page
    status, back = talker.post_form(f"{at}/stage", stage_id="34")
    assert status == 303
    shown = talker.ask("GET", back)[1]
    assert "Mudança de etapa pedida ao CRM." in shown
    assert "Aguardando o CRM: Proposta" in shown
    _stands(talker, "33", message="Checklist pendente")
    shown = talker.ask("GET", at)[1]
    assert "Recusado: Checklist pendente" in shown
    assert "Aguardando o CRM" not in shown
