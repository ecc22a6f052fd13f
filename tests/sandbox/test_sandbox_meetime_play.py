"""Playing Meetime's user: wins, losses, activities, their webhooks, and the pages with buttons."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any


def _deal(talker: Any, count: int = 3) -> list[dict[str, Any]]:
    for at in range(count):
        email = f"pessoa{at}@negocio.com.br"
        talker.send(name=f"Pessoa {at}", email=email, externalReference=f"500.{at}", status="EXECUTING")
    return [talker.lead(f"pessoa{at}@negocio.com.br") for at in range(count)]


def test_m39_win_and_lose_the_others_at_the_same_instant(talker: Any, inbox: Any, subscribed: str) -> None:
    first, *others = _deal(talker)
    talker.control(
        "POST", f"meetime/leads/{first['id']}/activities", {"type": "MEETING", "annotation": "Demonstração"}
    )
    won = talker.control(
        "POST", f"meetime/leads/{first['id']}/win", {"lose_others": True, "annotations": "Fechou"}
    )
    assert (won["status"], won["open"], won["annotations"]) == ("WON", False, "Fechou")
    events = {
        (each["event"], each["prospection"]["lead"]["id"]): each["prospection"] for each in inbox.events(4)
    }
    told = events["LEAD.WON", first["id"]]
    for other in others:
        lost = events["LEAD.LOST", other["id"]]
        assert lost["endDate"] == told["endDate"]
        assert set(lost["lostReason"]) == {"id", "name"}
    assert " ".join(sorted(told)) == (
        "activities cadence dealFeedback endDate extraActivities id inbound lead meetings origin originType "
        "rdStationInfo salesman salesmanTeam startDate status"
    )
    assert isinstance(told["id"], int)
    assert " ".join(sorted(told["lead"])) == (
        "annotations city company customFields email facebook firstName id linkedIn name phones position "
        "publicUrl site state twitter"
    )
    assert [each["title"] for each in told["meetings"]] == ["Reunião"]
    assert told["extraActivities"][0]["type"] == "MEETING"
    assert "executedByteam" in told["extraActivities"][0]


def test_m39_without_it_the_others_stay_open_and_other_deals_are_untouched(talker: Any) -> None:
    first, second, _ = _deal(talker)
    talker.control("POST", f"meetime/leads/{first['id']}/win", {"lose_others": False})
    assert talker.lead(second["email"])["open"]
    talker.control(
        "POST", f"meetime/leads/{second['id']}/lose", {"reason": "Sem orçamento", "lose_others": True}
    )
    assert talker.lead("pessoa2@negocio.com.br")["status"] == "LOST"
    assert talker.lead("cliente.aberto@exemplo.com.br")["open"]
    talker.control("POST", f"meetime/leads/{first['id']}/win", {}, status=409)


def test_m40_lost_with_its_reason(talker: Any, inbox: Any, subscribed: str) -> None:
    lead = talker.lead("cliente.aberto@exemplo.com.br")
    reason = talker.state()["lost_reasons"][2]
    lost = talker.control("POST", f"meetime/leads/{lead['id']}/lose", {"reason_id": reason["id"]})
    told = inbox.events(1)[0]
    assert told["event"] == "LEAD.LOST"
    assert told["prospection"]["lostReason"] == {"id": int(reason["id"]), "name": reason["name"]}
    rows = talker.api("GET", f"/prospections?lead_id={lost['id']}")[1]["data"]
    assert rows[-1]["lost_reason_id"] == reason["id"]


def test_m33_every_kind_of_activity_is_listed_and_told(talker: Any, inbox: Any, subscribed: str) -> None:
    lead = talker.lead("cliente.aberto@exemplo.com.br")
    kinds = ["SEARCH", "CALL", "E_MAIL", "SOCIAL_POINT", "WHATSAPP", "MEETING", "OTHER"]
    for kind in kinds:
        talker.control("POST", f"meetime/leads/{lead['id']}/activities", {"type": kind, "annotation": kind})
    rows = talker.api("GET", f"/prospections/activities?lead_id={lead['id']}")[1]["data"]
    assert [row["activity_annotation"] for row in rows] == kinds
    assert rows[4]["type"] == "SOCIAL_POINT"
    assert rows[4]["social_network"] == "WHATSAPP"
    assert rows[0]["status"] == "FINISHED"
    told = inbox.events(7)
    assert {each["event"] for each in told} == {"ACTIVITY.FINISHED"}
    assert {each["activity"]["annotation"] for each in told} == set(kinds)
    assert told[0]["activity"]["leadId"] == lead["id"]
    assert told[0]["prospection"]["lead"]["id"] == lead["id"]
    late = talker.control(
        "POST",
        f"meetime/leads/{lead['id']}/activities",
        {"type": "CALL", "executed_at": "2026-01-02T03:04:05Z"},
    )
    assert late["activities"][-1]["execution_date"] == "2026-01-02T03:04:05.000Z"


def test_m34_a_lead_added_by_hand_shares_the_deal(talker: Any) -> None:
    first, *_ = _deal(talker, 1)
    added = talker.control(
        "POST", "meetime/leads", {"name": "Nova", "email": "nova@negocio.com.br", "same_deal_as": first["id"]}
    )
    assert added["deal"] == first["deal"] == "500"
    row = talker.api("GET", f"/leads?id={added['id']}")[1]["data"][0]
    assert row["external_reference"] == "500"
    talker.control("POST", "meetime/leads", {"name": "x", "email": "NOVA@negocio.com.br"}, status=409)
    talker.control("POST", f"meetime/leads/{first['id']}/win", {"lose_others": True})
    assert talker.lead("nova@negocio.com.br")["status"] == "LOST"


def test_m16_m20_owner_cadence_start_and_pause(talker: Any) -> None:
    lead = talker.lead("cliente.aberto@exemplo.com.br")
    state = talker.state()
    bruno = next(user for user in state["users"] if user["name"] == "Bruno Lima")
    inactive = next(user for user in state["users"] if not user["active"])
    base = next(each for each in state["cadences"] if each["name"] == "Nutrição de base")
    at = f"meetime/leads/{lead['id']}"
    assert talker.control("POST", f"{at}/owner", {"user_id": bruno["id"]})["owner_id"] == int(bruno["id"])
    talker.control("POST", f"{at}/owner", {"user_id": inactive["id"]}, status=400)
    moved = talker.control("POST", f"{at}/cadence", {"cadence_id": base["id"]})
    assert [run["status"] for run in moved["prospections"]] == ["SWITCHED_CADENCE", "EXECUTING"]
    assert moved["owner_id"] == int(bruno["id"])
    assert talker.control("POST", f"{at}/pause", {})["status"] == "PAUSED_FROM_EXECUTING"
    assert talker.control("POST", f"{at}/start", {})["status"] == "EXECUTING"
    edited = talker.control(
        "POST", f"{at}/update", {"name": "Corrigido", "phones": [{"phone": "+5511999990000"}]}
    )
    assert edited["name"] == "Corrigido"


def test_m22_users_come_and_go(talker: Any) -> None:
    made = talker.control("POST", "meetime/users", {"email": "novo.sdr@exemplo.com.br", "name": ""})
    assert made["name"] is None
    assert talker.control("POST", f"meetime/users/{made['id']}/deactivate", {})["active"] is False
    listed = talker.api("GET", "/users")[1]["data"][-1]
    assert (listed["email"], listed["active"]) == ("novo.sdr@exemplo.com.br", False)


def test_contract_10_webhook_is_signed_and_resent_with_the_same_id(
    talker: Any, inbox: Any, subscribed: str, sandbox: Any
) -> None:
    inbox.answers = [500, 404, 302]
    lead = talker.lead("cliente.aberto@exemplo.com.br")
    talker.control("POST", f"meetime/leads/{lead['id']}/win", {})
    arrived = inbox.wait_for(3)
    assert sandbox.courier.settle(timeout=3)
    assert len(inbox.arrived) == 3, "302 counts as delivered"
    assert len({headers["X-Meetime-Delivery"] for headers, _ in arrived}) == 1
    headers, body = arrived[0]
    digest = hmac.new(subscribed.encode(), body, hashlib.sha256).digest()
    assert headers["X-Meetime-Signature"] == base64.urlsafe_b64encode(digest).decode()
    hooks = [
        entry for entry in sandbox.ledger if entry["kind"].startswith("webhook.") and entry.get("attempt")
    ]
    assert [(entry["attempt"], entry["status"]) for entry in hooks[-3:]] == [(1, 500), (2, 404), (3, 302)]


def test_contract_10_webhooks_are_listed_disabled_and_deleted(talker: Any, inbox: Any, sandbox: Any) -> None:
    order = {"target_url": inbox.url, "events": ["LEAD.WON"], "enabled": False}
    _, hook, _ = talker.api("POST", "/webhooks", order)
    assert len(hook["secret"]) > 16
    listed = talker.api("GET", "/webhooks")[1]["data"]
    assert [each["id"] for each in listed] == [hook["id"]]
    lead = talker.lead("cliente.aberto@exemplo.com.br")
    talker.control("POST", f"meetime/leads/{lead['id']}/win", {})
    assert sandbox.courier.settle(timeout=1)
    assert inbox.arrived == []
    assert talker.api("DELETE", f"/webhooks/{hook['id']}")[0] == 204
    assert talker.api("DELETE", f"/webhooks/{hook['id']}")[0] == 404
    assert talker.api("POST", "/webhooks", {**order, "events": ["LEAD.DANCED"]})[0] == 400
    assert talker.api("POST", "/webhooks", {**order, "target_url": "ftp://x"})[0] == 400


def test_pages_let_a_person_play(talker: Any) -> None:
    first, second = _deal(talker, 2)
    page = talker.ask("GET", "/meetime/")[1]
    assert "Pessoa 0" in page
    assert "DealID 500" in page
    at = f"/meetime/leads/{first['id']}"
    lead_page = talker.ask("GET", at)[1]
    for words in ("Ganhar lead", "Perder os demais", "Motivo de perda", "Pesquisa", "Social Point – WhatsApp",
                  "Reunião", "Pausar", "Trocar responsável", "Trocar cadência", "mesmo negócio"):  # fmt: skip
        assert words in lead_page
    status, back = talker.post_form(f"{at}/activities", type="WHATSAPP", annotation="Oi <b>")
    assert status == 303
    shown = talker.ask("GET", back)[1]
    assert "Atividade registrada." in shown
    assert "Oi &lt;b&gt;" in shown
    talker.post_form(f"{at}/win", lose_others="on", annotations="Fechado")
    assert talker.lead(first["email"])["status"] == "WON"
    assert talker.lead(second["email"])["status"] == "LOST"
    _, back = talker.post_form(f"{at}/pause")
    assert "Este lead já está encerrado." in talker.ask("GET", back)[1]
    _, back = talker.post_form("/meetime/leads", name="Digitado", email="digitado@x.com.br")
    assert talker.lead("digitado@x.com.br")["open"]
    assert "Digitado" in talker.ask("GET", back)[1]
    talker.post_form("/meetime/users", email="pagina@exemplo.com.br")
    assert "pagina@exemplo.com.br" in talker.ask("GET", "/meetime/team")[1]
    assert talker.ask("GET", "/meetime/leads/1")[0] == 404


def test_pages_edit_every_field_and_send_only_what_changed(talker: Any) -> None:
    first, _ = _deal(talker, 2)
    at = f"/meetime/leads/{first['id']}"
    phones = [{"phone": "+5511911110000", "label": "Casa"}, {"phone": "+5511911112222"}]
    talker.api("PUT", f"/leads/{first['id']}", {"phones": phones, "customFields": {"segmento": "Comércio"}})
    segment = next(each for each in talker.state()["custom_fields"] if each["key"] == "segmento")
    talker.control("POST", f"meetime/custom-fields/{segment['id']}/options", {"options": ["Serviços"]})
    page = talker.ask("GET", at)[1]
    for words in ("Telefones (um por linha)", "Cargo", "LinkedIn", "custom.cnpj", "custom.observacoes"):
        assert words in page
    assert '<option value="Comércio" selected>' in page, "held still, though no option any more"
    seq = len(talker.happened())
    sent = {
        "name": first["name"],
        "email": first["email"],
        "position": "Sócia",
        "annotations": "Uma\r\nDuas",
        "phones": "+5511911110000\r\n+5511977778888",
        "custom.segmento": "Comércio",
        "custom.cnpj": "01234567000195",
    }
    _, back = talker.post_form(f"{at}/update", **sent)
    assert "Dados do lead salvos." in talker.ask("GET", back)[1]
    told = talker.happened(seq, "lead.edited")[0]["body"]
    assert told == {
        "position": "Sócia",
        "annotations": "Uma\nDuas",
        "phones": [
            {"phone": "+5511911110000", "label": "Casa", "lastUsage": None},
            {"phone": "+5511977778888", "label": "Celular"},
        ],
        "customFields": {"cnpj": "01234567000195"},
    }
    talker.post_form(f"{at}/update", **{"position": "", "custom.cnpj": "", "phones": ""})
    cleared = talker.lead(first["email"])
    assert (cleared["position"], cleared["customFields"]["cnpj"], cleared["phones"]) == (None, None, [])
    assert (cleared["annotations"], cleared["customFields"]["segmento"]) == ("Uma\nDuas", "Comércio")


def test_pages_add_to_the_deal_reopen_and_show_what_is_published(talker: Any) -> None:
    first, *_ = _deal(talker, 1)
    at = f"/meetime/leads/{first['id']}"
    assert "O CRM não publicou o funil deste negócio." in talker.ask("GET", at)[1]
    fields = {"same_deal_as": str(first["id"]), "name": "Nova", "email": "nova@x.com.br", "phone": "119"}
    talker.post_form("/meetime/leads", **fields, **{"custom.segmento": "Indústria"}, started="on")
    new = talker.lead("nova@x.com.br")
    assert (new["deal"], new["status"], new["phones"][0]["phone"]) == ("500", "EXECUTING", "119")
    assert new["customFields"]["segmento"] == "Indústria"
    talker.post_form(f"{at}/win")
    assert "Reabrir lead" in talker.ask("GET", at)[1]
    cadence = talker.state()["cadences"][1]
    _, back = talker.post_form(f"{at}/reopen", cadence_id=cadence["id"], started="on")
    shown = talker.ask("GET", back)[1]
    assert "Lead reaberto." in shown
    assert "Reabrir lead" not in shown
    assert talker.lead(first["email"])["status"] == "EXECUTING"
    funnel = {"name": "Vendas", "stages": [{"id": "1", "name": "Entrada"}, {"id": "2", "name": "Visita"}]}
    talker.api("PUT", "/crm/funnels/9", funnel)
    assert "Entrada → Visita" in talker.ask("GET", "/meetime/team")[1]


def test_pages_escape_what_leads_bring(talker: Any) -> None:
    talker.send(name="<script>alert(1)</script>", email="x@x.com.br", company='"><img src=x onerror=1>')
    for path in (
        "/meetime/",
        "/meetime/?q=%22%3E%3Cscript%3E",
        f"/meetime/leads/{talker.lead('x@x.com.br')['id']}",
    ):
        page = talker.ask("GET", path)[1]
        assert "<script" not in page
        assert "<img" not in page
