"""Meetime's stand-in answers as contract sheet 1 to 11 says."""

from __future__ import annotations

import http.client
import re
import threading
import time
from typing import Any

import pytest

from integrations.partners.meetime.sandbox import DEFAULT_TOKEN

ISO = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


@pytest.mark.parametrize("token", [f"Bearer {DEFAULT_TOKEN}", "outro", "", None])
def test_contract_1_only_the_raw_token_opens(talker: Any, token: str | None) -> None:
    status, body, _ = talker.api("GET", "/leads?limit=1", token=token)
    assert (status, body) == (401, {"error": "Unauthorized"})


def test_m3_an_expired_token_is_refused_until_restored(talker: Any) -> None:
    talker.control("POST", "meetime/tokens/expire", {"token": DEFAULT_TOKEN})
    assert talker.api("GET", "/company")[0] == 401
    talker.control("POST", "meetime/tokens/restore", {"token": DEFAULT_TOKEN})
    status, company, _ = talker.api("GET", "/company")
    assert status == 200
    assert set(company) == {"id", "name"}


def test_contract_2_envelope_pages_oldest_first_and_total_vanishes_past_the_end(talker: Any) -> None:
    _, first, _ = talker.api("GET", "/leads?limit=5&lead_created_after=2020-01-01")
    assert first["size"] == 5 == len(first["data"])
    assert first["limit"] == 5
    assert first["start"] == 0
    assert first["totalItems"] == 12
    assert first["parameters"] == {"lead_created_after": "2020-01-01"}
    assert first["next"].startswith("/v2/leads?")
    rows, page = list(first["data"]), first
    while page["next"]:
        _, page, _ = talker.api("GET", page["next"].removeprefix("/v2"))
        rows += page["data"]
    assert len(rows) == 12 == len({row["id"] for row in rows})
    assert [row["lead_created_date"] for row in rows] == sorted(row["lead_created_date"] for row in rows)
    _, past, _ = talker.api("GET", "/leads?start=12")
    assert past["data"] == []
    assert past["size"] == 0
    assert "totalItems" not in past
    assert talker.api("GET", "/prospections")[1]["totalItems"] != 12


def test_contract_2_refusals_are_plain_text(talker: Any) -> None:
    status, text, headers = talker.api("GET", "/leads?limit=101")
    assert (status, text) == (400, "limit must be at most 100")
    assert headers["content-type"].startswith("text/plain")
    for unknown in ("sort", "page", "offset", "created_after", "cnpj"):
        assert talker.api("GET", f"/leads?{unknown}=1")[0] == 400
    assert talker.api("GET", "/leads?lead_created_after=ontem")[0] == 400


@pytest.mark.parametrize("path", ["/account", "/loss-reasons", "/custom-fields", "/v2/leads", "/activities"])
def test_contract_3_paths_that_do_not_exist(talker: Any, path: str) -> None:
    assert talker.api("GET", path)[0] == 404


def test_contract_4_lead_rows_are_flat(talker: Any) -> None:
    status, body, _ = talker.send(
        name="Rui Barbosa",
        email="rui@exemplo.com.br",
        phones=[{"phone": "+5511912345678", "label": "Celular"}, {"phone": "11 3333-4444"}],
        externalReference="77.1",
        customFields={"cnpj": "01234567000195", "segmento": "Comércio"},
    )
    assert (status, body) == (200, {"status": "ok"})
    _, page, _ = talker.api("GET", "/leads?email=RUI@exemplo.com.br")
    row = page["data"][0]
    assert isinstance(row["id"], str)
    assert isinstance(row["current_prospection_id"], str)
    assert row["lead_name"] == "Rui Barbosa"
    assert row["external_reference"] == "77.1"
    assert row["cnpj"] == "01234567000195"
    assert row["segmento"] == "Comércio"
    assert row["primaryPhoneString"] == "+5511912345678"
    assert [phone["label"] for phone in row["phones"]] == ["Celular", ""]
    assert ISO.match(row["lead_created_date"])
    assert row["lead_deleted_date"] is None
    _, one, _ = talker.api("GET", f"/leads/{row['id']}")
    assert one["customFields"]["cnpj"] == "01234567000195"


def test_contract_4_filters(talker: Any) -> None:
    made = talker.control("POST", "meetime/leads", {"name": "Nova", "email": "nova@exemplo.com.br"})
    stamp = talker.api("GET", f"/leads?id={made['id']}")[1]["data"][0]["lead_created_date"]
    assert talker.api("GET", f"/leads?lead_created_after={stamp}")[1]["data"] == []
    assert talker.api("GET", f"/leads?lead_created_before={stamp}")[1]["size"] == 12
    after = talker.api("GET", "/leads?lead_updated_after=2020-01-01T00:00:00")[1]
    assert after["size"] == 13
    assert after["totalItems"] is None
    talker.control("POST", f"meetime/leads/{made['id']}/delete", {})
    assert talker.api("GET", f"/leads?id={made['id']}")[1]["data"] == []
    gone = talker.api("GET", f"/leads?id={made['id']}&show_deleted=true")[1]["data"]
    assert ISO.match(gone[0]["lead_deleted_date"])


def test_m38_put_changes_and_refuses_an_email_in_use(talker: Any) -> None:
    lead = talker.lead("cliente.aberto@exemplo.com.br")
    status, body, _ = talker.api(
        "PUT", f"/leads/{lead['id']}", {"name": "Outro", "email": "novo@exemplo.com.br"}
    )
    assert (status, body["name"], body["email"]) == (200, "Outro", "novo@exemplo.com.br")
    assert body["company"] == lead["company"]
    status, body, _ = talker.api("PUT", f"/leads/{lead['id']}", {"email": "Cliente.GANHO@exemplo.com.br"})
    assert (status, body) == (400, {"error": "email already used by another lead"})
    assert talker.lead("novo@exemplo.com.br")["name"] == "Outro"
    assert talker.api("PUT", "/leads/1", {"name": "x"})[0] == 404
    # the address it left is free again
    assert talker.send(name="x", email="cliente.aberto@exemplo.com.br")[0] == 200


def test_contract_8_users_and_cadences(talker: Any) -> None:
    users = talker.api("GET", "/users")[1]["data"]
    assert len(users) >= 6
    assert users[0]["email"] == "ana.souza@exemplo.com.br"
    assert {user["role"] for user in users} == {"ADMINISTRATOR", "MANAGER", "SDR", "SALESMAN"}
    assert [user["active"] for user in users].count(False) == 1
    assert [user["name"] for user in users].count(None) == 1
    cadences = talker.api("GET", "/cadences")[1]["data"]
    assert {each["priority"] for each in cadences} == {"LOW", "MEDIUM", "HIGH", "VERY_HIGH"}
    assert [each["deleted"] for each in cadences].count(True) == 1
    assert all(each["token"] in each["api_endpoint"] for each in cadences)
    fields = talker.api("GET", "/leads/custom-fields")[1]["data"]
    assert {each["type"] for each in fields} == {"TEXT", "LONG_TEXT", "SELECT"}
    reasons = talker.api("GET", "/prospections/lost-reasons")[1]["data"]
    assert all(set(each) == {"id", "name"} for each in reasons)
    assert talker.api("GET", "/calls?status=CONNECTED")[1]["data"] == []


def test_m27_a_deleted_cadence_and_a_wrong_cadence_token_are_refused(talker: Any) -> None:
    cadences = {each["name"]: each for each in talker.api("GET", "/cadences")[1]["data"]}
    alive, gone = cadences["Cadência de Prospecção"], cadences["Campanha encerrada"]
    body = {"name": "Ninguém"}
    path = "/prospections/cadence/%s/lead?token=%s"
    assert talker.api("POST", path % (gone["id"], gone["token"]), body)[0] == 400
    assert talker.api("POST", path % (alive["id"], gone["token"]), body)[0] == 401
    assert talker.api("POST", path % (alive["id"], "errado"), body, token=None)[0] == 401
    assert talker.api("POST", path % (alive["id"], alive["token"]), body, token=None)[0] == 200
    assert talker.api("POST", f"/prospections/cadence/{alive['id']}/lead", body)[0] == 200
    talker.control("POST", f"meetime/cadences/{alive['id']}/delete", {})
    status, answer, _ = talker.api("POST", path % (alive["id"], alive["token"]), body)
    assert (status, answer) == (400, {"error": "the cadence was deleted"})


def test_m27_start_at_once_or_wait_and_owner_by_email(talker: Any) -> None:
    talker.send(
        name="Já", email="ja@x.com.br", status="EXECUTING", salesmanEmail="CARLA.mendes@exemplo.com.br"
    )
    talker.send(name="Depois", email="depois@x.com.br", status="WAITING")
    now, later = talker.lead("ja@x.com.br"), talker.lead("depois@x.com.br")
    assert (now["status"], later["status"]) == ("EXECUTING", "WAITING")
    assert now["prospections"][0]["salesman"]["email"] == "carla.mendes@exemplo.com.br"
    for wrong in (
        {"name": "x", "salesmanEmail": "gabriela.nunes@exemplo.com.br"},  # inactive
        {"name": "x", "status": "PAUSED"},
        {"name": "x", "customFields": {"naoExiste": "1"}},
        {"name": "x", "customFields": {"segmento": "Outro"}},
        {"name": "x", "customFields": {"cnpj": "9" * 256}},
        {"phones": []},
    ):
        status, answer, _ = talker.send(**wrong)
        assert status == 400, wrong
        assert answer["error"]


def test_m32_closed_is_reopened_higher_is_updated_lower_or_equal_is_left(talker: Any) -> None:
    seq = len(talker.happened())
    talker.send(name="Volta", email="CLIENTE.ganho@exemplo.com.br", externalReference="9.1")
    reopened = talker.lead("CLIENTE.ganho@exemplo.com.br")
    assert [run["status"] for run in reopened["prospections"]] == ["WON", "WAITING"]
    assert (reopened["name"], reopened["externalReference"]) == ("Volta", "9.1")

    talker.send(
        cadence="Outbound diretoria",
        name="Sobe",
        email="cliente.aberto@exemplo.com.br",
        externalReference="9.2",
    )
    updated = talker.lead("cliente.aberto@exemplo.com.br")
    assert [run["status"] for run in updated["prospections"]] == ["SWITCHED_CADENCE", "WAITING"]
    assert (updated["name"], updated["externalReference"]) == ("Sobe", "9.2")

    before = talker.lead("cliente.prioritario@exemplo.com.br")
    for cadence in ("Inbound quente", "Nutrição de base"):
        status, body, _ = talker.send(
            cadence=cadence, name="Não", email=before["email"], externalReference="9.3"
        )
        assert (status, body) == (200, {"status": "ok"})
    assert talker.lead(before["email"]) == before
    kinds = [entry["kind"] for entry in talker.happened(seq, "lead.*")]
    assert kinds == ["lead.reopened", "lead.updated", "lead.left", "lead.left"]


def test_contract_5_prospections_by_lead_status_and_end(talker: Any) -> None:
    lead = talker.lead("cliente.perdido@exemplo.com.br")
    rows = talker.api("GET", f"/prospections?lead_id={lead['id']}")[1]["data"]
    assert [row["status"] for row in rows] == ["LOST"]
    assert rows[0]["lost_reason"]
    assert rows[0]["lead_id"] == str(lead["id"])
    assert ISO.match(rows[0]["end_date"])
    won = talker.api("GET", "/prospections?status=WON&end_after=2020-01-01")[1]["data"]
    assert won
    assert all(row["status"] == "WON" for row in won)
    talker.control("POST", "meetime/quirks", {"refuse_filters": ["status"]})
    assert talker.api("GET", "/prospections?status=WON")[0] == 400


def test_contract_11_over_pace_is_429_in_plain_words(talker: Any) -> None:
    talker.control("POST", "meetime/pace", {"rate": 20, "burst": 3})
    told = [talker.api("GET", "/company") for _ in range(5)]
    assert [status for status, _, _ in told][:3] == [200, 200, 200]
    assert told[4][:2] == (429, "Rate exceeded.")
    time.sleep(0.12)
    assert talker.api("GET", "/company")[0] == 200


def test_accounts_are_worlds_apart(talker: Any) -> None:
    talker.control("POST", "meetime/accounts", {"token": "segunda", "seed": 5})
    talker.control("POST", "meetime/accounts", {"token": "vazia", "empty": True})
    talker.control("POST", "meetime/accounts", {"token": "sem-leads", "leads": 0})
    talker.control("POST", "meetime/pace", {"token": "segunda", "rate": 999, "burst": 999})
    first = {row["id"] for row in talker.api("GET", "/leads")[1]["data"]}
    second = talker.api("GET", "/leads", token="segunda")[1]["data"]
    assert first.isdisjoint(row["id"] for row in second)
    assert talker.api("GET", "/users", token="vazia")[1]["data"] == []
    assert talker.api("GET", "/leads", token="sem-leads")[1]["data"] == []
    assert len(talker.api("GET", "/cadences", token="sem-leads")[1]["data"]) == 5
    names = [row["lead_name"] for row in second]
    talker.control("POST", "meetime/accounts", {"token": "segunda", "seed": 5})
    again = talker.api("GET", "/leads", token="segunda")[1]["data"]
    assert [row["lead_name"] for row in again] == names
    assert [row["id"] for row in again] == [row["id"] for row in second]


def test_m32_the_same_email_sent_at_once_makes_one_lead(talker: Any, sandbox: Any) -> None:
    cadence = talker.state()["cadences"][0]
    path = f"/meetime/v2/prospections/cadence/{cadence['id']}/lead?token={cadence['token']}"
    told: list[int] = []

    def send() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
        connection.request("POST", path, b'{"name": "Um", "email": "um@x.com.br"}')
        told.append(connection.getresponse().status)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [200] * 8
    assert len(talker.lead("um@x.com.br")["prospections"]) == 1
