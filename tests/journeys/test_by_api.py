"""The whole story through the API alone, as an integrator would tell it (M1-M8, M21, M24-M30, M33, M39)."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import TOKEN, Running, until

pytestmark = [pytest.mark.journey, pytest.mark.any_store]  # a demonstration has its own store


def test_a_card_becomes_a_lead_and_is_won_by_api_alone(empty: Running) -> None:
    api = empty.api
    funnel = api("POST", "funnels", {"name": "Prospecção", "stages": ["Novo", "Enviar", "Proposta"]})
    stages = {stage["name"]: stage["id"] for stage in api("GET", f"stages?funnel={funnel['id']}")["results"]}
    connection = api("POST", "connections", {"partner": "meetime", "flow": "centralisation"})
    path = f"connections/{connection['id']}"
    api("POST", f"{path}/validate", {"credentials": {"token": TOKEN}})
    api("POST", f"{path}/enable", {})
    profile = next(row for row in api("GET", "profiles")["results"] if not row["is_administrator"])
    settings = {"funnels": [funnel["id"]], "default_profile": profile["id"]}
    api("PATCH", f"{path}/settings", settings)
    cadences = until(
        lambda: api("GET", f"{path}/catalog/cadences")["results"], what="the cadences in the catalog"
    )
    cadence = cadences[0]["their_id"]
    api("POST", f"{path}/win-actions", {"funnel": funnel["id"], "cadence": cadence, "action": "win"})
    until(lambda: api("GET", f"{path}/catalog/users")["results"], what="the sellers in the catalog")
    assert api("POST", f"{path}/activate", {})["state"] == "active"
    api(
        "POST",
        "automations",
        {
            "funnel": funnel["id"],
            "stage": stages["Enviar"],
            "description": "Enviar para a Meetime",
            "trigger": "entered",
            "action": "meetime.send_lead",
            "connection": connection["id"],
            "parameters": {"cadence": cadence, "start": "now"},
        },
    )
    ana = until(
        lambda: next(
            (u for u in api("GET", "users")["results"] if u["email"].startswith("ana.souza@")), None
        ),
        what="a seller of the partner as a user here (M22)",
    )
    person = api("POST", "persons", {"name": "Joana Prado", "email": "joana@padariasol.example"})
    deal = api(
        "POST",
        "deals",
        {"title": "Padaria Sol", "stage": stages["Novo"], "person": person["id"], "owner": ana["id"]},
    )
    api("POST", f"deals/{deal['id']}/move", {"stage": stages["Enviar"]})
    lead = until(
        lambda: next(
            (
                row
                for row in empty.control("GET", "meetime/leads")["data"]
                if row["email"] == "joana@padariasol.example"
            ),
            None,
        ),
        what="the lead at the partner (M28)",
    )
    until(lambda: api("GET", f"deals/{deal['id']}/explain"), what="an explanation (X1)")
    until(
        lambda: empty.control("GET", "meetime/state")["webhooks"],
        what="our webhook at the partner",
        seconds=60,
    )
    empty.control("POST", f"meetime/leads/{lead['id']}/activities", {"type": "CALL", "annotation": "Falei"})
    empty.control("POST", f"meetime/leads/{lead['id']}/win", {"lose_others": False})
    until(
        lambda: api("GET", f"deals/{deal['id']}")["status"] == "won", what="the card is won (M39)", seconds=90
    )
    records = api("GET", f"interaction-records?deal={deal['id']}")["results"]
    call = next(record for record in records if record["type"] == "phone")
    assert call["person"] == person["id"]
    assert "Falei" in call["text"]
