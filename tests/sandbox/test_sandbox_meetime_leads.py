"""Leads changed at Meetime and by the API, each change in sight of a poll; fields, users and reasons renamed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

OPEN = "cliente.aberto@exemplo.com.br"
CLOSED = "cliente.ganho@exemplo.com.br"


def _row(talker: Any, number: int, *, deleted: bool = False) -> dict[str, Any]:
    more = "&show_deleted=true" if deleted else ""
    return talker.api("GET", f"/leads?id={number}{more}")[1]["data"][0]


def test_m37_put_amends_only_the_fields_named(talker: Any) -> None:
    lead = talker.lead(OPEN)
    before = _row(talker, lead["id"])
    told = {
        "position": "Diretora",
        "site": "https://exemplo.com.br",
        "city": "Campinas",
        "state": "SP",
        "twitter": "@ex",
        "facebook": "fb/ex",
        "linkedIn": "linkedin.com/in/ex",
        "annotations": "Linha 1\nLinha 2",
    }
    status, body, _ = talker.api("PUT", f"/leads/{lead['id']}", told)
    assert status == 200
    assert {name: body[name] for name in told} == told
    row = _row(talker, lead["id"])
    assert {name: row[f"lead_{name.lower()}"] for name in told} == told
    named = {f"lead_{name.lower()}" for name in told} | {"lead_updated_date"}
    assert {key: value for key, value in row.items() if key not in named} == {
        key: value for key, value in before.items() if key not in named
    }


def test_m37_phones_are_replaced_and_custom_fields_one_by_one(talker: Any) -> None:
    lead = talker.lead(OPEN)
    put = f"/leads/{lead['id']}"
    cnpj = lead["customFields"]["cnpj"]
    two = [{"phone": "+5511911110000"}, {"phone": "+5511911112222", "label": "Escritório"}]
    talker.api("PUT", put, {"phones": two, "customFields": {"ramoEmpresa": "Aço", "segmento": "Comércio"}})
    row = _row(talker, lead["id"])
    assert [each["phone"] for each in row["phones"]] == ["+5511911110000", "+5511911112222"]
    assert (row["cnpj"], row["ramoEmpresa"], row["segmento"]) == (cnpj, "Aço", "Comércio")
    talker.api("PUT", put, {"customFields": {"ramoEmpresa": None}})
    assert _row(talker, lead["id"])["ramoEmpresa"] is None
    assert len(_row(talker, lead["id"])["phones"]) == 2
    talker.api("PUT", put, {"phones": []})
    assert _row(talker, lead["id"])["phones"] == []
    for wrong in ({"segmento": "Outro"}, {"naoExiste": "x"}, {"cnpj": "9" * 256}):
        assert talker.api("PUT", put, {"name": "Não", "customFields": wrong})[0] == 400
    assert _row(talker, lead["id"])["lead_name"] == lead["name"], "refused whole"


def test_contract_4_with_the_quirk_a_text_of_digits_is_a_number(talker: Any) -> None:
    lead = talker.lead(OPEN)
    values = {"cnpj": "01234567000195", "ramoEmpresa": "12a", "observacoes": "0042"}
    talker.api("PUT", f"/leads/{lead['id']}", {"customFields": values})
    assert _row(talker, lead["id"])["cnpj"] == "01234567000195"
    talker.control("POST", "meetime/quirks", {"numeric_custom": True})
    row = _row(talker, lead["id"])
    assert row["cnpj"] == 1234567000195
    assert (row["ramoEmpresa"], row["observacoes"]) == ("12a", "0042")
    assert talker.api("GET", f"/leads/{lead['id']}")[1]["customFields"]["cnpj"] == "01234567000195"


ACTS: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "put": lambda talker, lead: talker.api("PUT", f"/leads/{lead['id']}", {"city": "Natal"}),
    "send": lambda talker, lead: talker.send(
        cadence="Inbound quente", name="De novo", email=lead["email"], externalReference="1.1"
    ),
    "api_close": lambda talker, lead: talker.api(
        "PUT", f"/prospections/{lead['prospections'][-1]['id']}", {"status": "LOST"}
    ),
    **{
        verb: lambda talker, lead, verb=verb, order=order: talker.control(
            "POST", f"meetime/leads/{lead['id']}/{verb}", order
        )
        for verb, order in (
            ("update", {"custom": {"ramoEmpresa": "Aço"}}),
            ("activities", {"type": "CALL"}),
            ("pause", {}),
            ("start", {}),
            ("win", {}),
            ("lose", {}),
            ("delete", {}),
        )
    },
    "owner": lambda talker, lead: talker.control(
        "POST", f"meetime/leads/{lead['id']}/owner", {"user_id": talker.state()["users"][1]["id"]}
    ),
    "cadence": lambda talker, lead: talker.control(
        "POST", f"meetime/leads/{lead['id']}/cadence", {"cadence_id": talker.state()["cadences"][3]["id"]}
    ),
    "reopen": lambda talker, lead: talker.control(
        "POST",
        f"meetime/leads/{talker.lead(CLOSED)['id']}/reopen",
        {"cadence_id": talker.state()["cadences"][0]["id"]},
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_m37_every_act_is_in_sight_of_a_poll(talker: Any, act: str) -> None:
    lead = talker.lead(CLOSED if act == "reopen" else OPEN)
    before = _row(talker, lead["id"])["lead_updated_date"]
    newest = max(row["lead_updated_date"] for row in talker.api("GET", "/leads?limit=100")[1]["data"])
    ACTS[act](talker, talker.lead(OPEN))
    deleted = act == "delete"
    after = _row(talker, lead["id"], deleted=deleted)["lead_updated_date"]
    assert after > before
    path = f"/leads?lead_updated_after={newest}" + ("&show_deleted=true" if deleted else "")
    assert [row["id"] for row in talker.api("GET", path)[1]["data"]] == [str(lead["id"])]


def test_m37_two_changes_within_one_millisecond_have_two_times() -> None:
    from integrations.partners.meetime.sandbox_state import Account, Lead

    account = Account(token="t", company="x", clock=lambda: 1_700_000_000.123)
    lead = Lead(id=1, native={}, phones=[], custom={}, created=account.now(), updated=account.now())
    times = [account.touch(lead) for _ in range(5)]
    assert times == sorted(set(times))
    assert times[0] > account.now()


def test_m37_the_filter_can_still_be_refused(talker: Any) -> None:
    talker.control("POST", "meetime/quirks", {"refuse_filters": ["lead_updated_after"]})
    assert talker.api("GET", "/leads?lead_updated_after=2020-01-01")[0] == 400
    assert talker.api("GET", "/leads?lead_created_after=2020-01-01")[0] == 200


def test_m34_a_lead_is_added_to_a_deal_by_the_deals_id(talker: Any) -> None:
    talker.send(
        cadence="Outbound diretoria",
        name="Principal",
        email="principal@negocio.com.br",
        externalReference="700.1",
        salesmanEmail="diego.ferreira@exemplo.com.br",
    )
    first = talker.lead("principal@negocio.com.br")
    added = talker.control(
        "POST",
        "meetime/leads",
        {
            "deal": "700",
            "name": "Sócia",
            "email": "socia@negocio.com.br",
            "phones": [{"phone": "+5511933334444"}, {"phone": "+551133334444", "label": "Fixo"}],
            "company": "Negócio Ltda",
            "annotations": "Ligar à tarde",
            "custom": {"segmento": "Serviços"},
            "started": True,
        },
    )
    assert (added["externalReference"], added["deal"], added["status"]) == ("700", "700", "EXECUTING")
    assert (added["cadence_id"], added["owner_id"]) == (first["cadence_id"], first["owner_id"])
    row = _row(talker, added["id"])
    assert row["external_reference"] == "700"
    assert (row["lead_company"], row["lead_annotations"]) == ("Negócio Ltda", "Ligar à tarde")
    assert row["segmento"] == "Serviços"
    assert len(row["phones"]) == 2
    other = talker.state()["cadences"][3]
    waiting = talker.control(
        "POST",
        "meetime/leads",
        {"deal": "700", "name": "Terceira", "phone": "+5511955556666", "cadence_id": other["id"]},
    )
    assert (waiting["status"], waiting["cadence_id"]) == ("WAITING", int(other["id"]))
    assert waiting["phones"][0]["phone"] == "+5511955556666"
    deal = talker.control("GET", "meetime/leads?deal=700")["data"]
    assert [each["id"] for each in deal] == [first["id"], added["id"], waiting["id"]]
    unknown = talker.control("POST", "meetime/leads", {"deal": "701", "name": "De outro negócio"})
    assert unknown["externalReference"] == "701"


def test_m37_m38_the_user_edits_a_lead(talker: Any) -> None:
    lead = talker.lead(OPEN)
    at = f"meetime/leads/{lead['id']}/update"
    edited = talker.control(
        "POST",
        at,
        {
            "email": "mudou@exemplo.com.br",
            "name": "Mudou",
            "phones": [{"phone": "+5511900001111"}],
            "company": "Outra",
            "annotations": "Nova",
            "custom": {"ramoEmpresa": "Papel"},
        },
    )
    assert (edited["email"], edited["name"], edited["company"]) == ("mudou@exemplo.com.br", "Mudou", "Outra")
    assert (edited["annotations"], edited["customFields"]["ramoEmpresa"]) == ("Nova", "Papel")
    assert talker.control("POST", at, {"phone": "+5511900002222"})["phones"][0]["phone"] == "+5511900002222"
    talker.control("POST", at, {"email": CLOSED}, status=400)
    talker.control("POST", at, {"custom": {"segmento": "Outro"}}, status=400)


def test_m32_the_user_reopens_a_closed_lead(talker: Any) -> None:
    seq = len(talker.happened())
    talker.send(name="Volta", email="volta@negocio.com.br", externalReference="710.1")
    lead = talker.lead("volta@negocio.com.br")
    at = f"meetime/leads/{lead['id']}"
    cadences = {each["name"]: each for each in talker.state()["cadences"]}
    order = {"cadence_id": cadences["Nutrição de base"]["id"]}
    talker.control("POST", f"{at}/reopen", order, status=409)
    talker.control("POST", f"{at}/lose", {})
    talker.control("POST", f"{at}/reopen", {"cadence_id": cadences["Campanha encerrada"]["id"]}, status=400)
    talker.control("POST", f"{at}/reopen", {}, status=400)
    back = talker.control("POST", f"{at}/reopen", {**order, "started": True})
    assert [run["status"] for run in back["prospections"]] == ["LOST", "EXECUTING"]
    assert (back["open"], back["deal"], back["owner_id"]) == (True, "710", lead["owner_id"])
    line = talker.happened(seq, "lead.reopened")[-1]
    assert (line["by"], line["ids"]["cadence"]) == ("user", int(order["cadence_id"]))
    talker.control("POST", f"{at}/delete", {})
    talker.control("POST", f"{at}/reopen", order, status=409)


@pytest.mark.parametrize("verb", ["win", "lose"])
def test_m42_annotations_of_the_end_are_in_rows_and_webhook(
    talker: Any, inbox: Any, subscribed: str, verb: str
) -> None:
    lead = talker.lead(OPEN)
    talker.api("PUT", f"/leads/{lead['id']}", {"annotations": "Antes"})
    talker.control("POST", f"meetime/leads/{lead['id']}/{verb}", {"annotations": "No fim"})
    assert _row(talker, lead["id"])["lead_annotations"] == "Antes\nNo fim"
    assert inbox.events(1)[0]["prospection"]["lead"]["annotations"] == "Antes\nNo fim"
    talker.control("POST", f"meetime/leads/{lead['id']}/{verb}", {"annotations": "De novo"}, status=409)
    assert _row(talker, lead["id"])["lead_annotations"] == "Antes\nNo fim"


def test_m13_custom_fields_are_renamed_changed_and_deleted(talker: Any) -> None:
    lead = talker.lead(OPEN)
    fields = {each["key"]: each for each in talker.state()["custom_fields"]}
    segment = f"meetime/custom-fields/{fields['segmento']['id']}"
    renamed = talker.control("POST", f"{segment}/rename", {"name": "Setor", "key": "setor"})
    assert (renamed["name"], renamed["key"]) == ("Setor", "setor")
    row = _row(talker, lead["id"])
    assert row["setor"] == lead["customFields"]["segmento"]
    assert "segmento" not in row
    talker.control("POST", f"{segment}/rename", {"key": "cnpj"}, status=409)
    talker.control("POST", f"{segment}/options", {"options": ["A", "B"]})
    listed = talker.api("GET", "/leads/custom-fields")[1]["data"]
    assert next(each for each in listed if each["key"] == "setor")["options"] == ["A", "B"]
    assert talker.api("PUT", f"/leads/{lead['id']}", {"customFields": {"setor": "A"}})[0] == 200
    assert talker.api("PUT", f"/leads/{lead['id']}", {"customFields": {"setor": "Comércio"}})[0] == 400
    talker.control("POST", f"{segment}/delete", {})
    assert "setor" not in _row(talker, lead["id"])
    talker.control("POST", f"{segment}/delete", {}, status=404)
    made = talker.control("POST", "meetime/custom-fields", {"key": "novo", "type": "LONG_TEXT"})
    assert (made["name"], made["type"]) == ("novo", "LONG_TEXT")
    talker.control("POST", "meetime/custom-fields", {"key": "novo"}, status=409)
    talker.control("POST", "meetime/custom-fields", {"key": "outro", "type": "DATE"}, status=400)


def test_m41_own_reasons_are_renamed_and_deleted(talker: Any) -> None:
    lead = talker.lead(OPEN)
    reason = talker.state()["lost_reasons"][0]
    at = f"meetime/lost-reasons/{reason['id']}"
    talker.control("POST", f"{at}/rename", {"name": "Desinteresse"})
    talker.control("POST", f"meetime/leads/{lead['id']}/lose", {"reason_id": reason["id"]})
    talker.control("POST", f"{at}/delete", {})
    assert reason["id"] not in [
        each["id"] for each in talker.api("GET", "/prospections/lost-reasons")[1]["data"]
    ]
    run = talker.api("GET", f"/prospections?lead_id={lead['id']}")[1]["data"][-1]
    assert (run["lost_reason"], run["lost_reason_id"]) == ("Desinteresse", reason["id"])
    talker.control("POST", f"{at}/rename", {"name": "x"}, status=404)


def test_m22_users_and_cadences_are_renamed(talker: Any) -> None:
    carla = next(each for each in talker.state()["users"] if each["name"] == "Carla Mendes")
    at = f"meetime/users/{carla['id']}"
    assert talker.control("POST", f"{at}/rename", {"name": "Carla M. Dias"})["name"] == "Carla M. Dias"
    talker.control("POST", f"{at}/email", {"email": "ANA.souza@exemplo.com.br"}, status=409)
    talker.control("POST", f"{at}/email", {}, status=400)
    talker.control("POST", f"{at}/email", {"email": "carla.dias@exemplo.com.br"})
    listed = {each["id"]: each for each in talker.api("GET", "/users")[1]["data"]}[carla["id"]]
    assert (listed["name"], listed["email"]) == ("Carla M. Dias", "carla.dias@exemplo.com.br")
    talker.control("POST", "meetime/users/1/rename", {"name": "x"}, status=404)
    cadence = talker.state()["cadences"][0]
    talker.control("POST", f"meetime/cadences/{cadence['id']}/rename", {"name": "Outra"})
    assert talker.api("GET", "/cadences")[1]["data"][0]["name"] == "Outra"


def test_many_leads_are_there_quickly(talker: Any) -> None:
    import time

    began = time.monotonic()
    told = talker.control(
        "POST",
        "meetime/accounts",
        {"token": "muitos", "leads": 19_996, "open": True, "references": True},
    )
    assert time.monotonic() - began < 10
    assert (told["counts"]["leads"], told["counts"]["open"]) == (20_000, 20_000)
    talker.control("POST", "meetime/pace", {"token": "muitos", "rate": 999, "burst": 999})
    page = talker.api("GET", "/leads?limit=2&start=19998", token="muitos")[1]
    assert [row["external_reference"] for row in page["data"]] == ["19999.19999", "20000.20000"]
    assert talker.control("GET", "meetime/leads?token=muitos&deal=12345")["data"][0]["open"]
    plain = talker.control("POST", "meetime/accounts", {"token": "poucos", "leads": 8})
    assert plain["counts"] == {"leads": 12, "open": 8, "prospections": 12, "activities": 0}
