"""A listed lead with its current prospection as a snapshot (sheet, sections 4 and 5): golden answers by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract import Malformed, Record
from integrations.engine.arrivals import as_json, record_of
from integrations.partners.meetime import rows, translate
from tests.partners.test_contract import JUNK, places

UPDATED = datetime(2018, 4, 12, 14, 24, 34, 835000, tzinfo=UTC)
RUN = {
    "id": "8102",
    "lead_id": "5531",
    "owner_id": "31",
    "owner_name": "Carla Mendes",
    "cadence": "Cadência de Prospecção",
    "cadence_id": "77",
    "begin_date": "2018-04-10T12:00:00.000Z",
    "end_date": None,
    "status": "EXECUTING",
    "lost_reason": None,
    "lost_reason_id": None,
}
FULL = {
    "id": "5531",
    "current_prospection_id": "8102",
    "lead_name": "Joana Prado",
    "lead_email": "joana@padariasol.com.br",
    "lead_company": "Padaria Sol",
    "lead_position": "Sócia",
    "lead_site": "www.padariasol.com.br",
    "lead_city": "Florianópolis",
    "lead_state": "SC",
    "lead_twitter": "@padariasol",
    "lead_facebook": "fb.com/padariasol",
    "lead_linkedin": "linkedin.com/in/joanaprado",
    "lead_annotations": "<p>Quer proposta até sexta.</p>",
    "lead_fit_score": 7.5,
    "lead_created_date": "2018-04-10T12:00:00.000Z",
    "lead_updated_date": "2018-04-12T14:24:34.835Z",
    "lead_deleted_date": None,
    "phones": [
        {"label": "Escritório", "phone": "+554833334444", "lastUsage": "2018-04-12T14:24:34.835Z"},
        {"label": "Celular", "phone": "+5548999112233", "lastUsage": None},
    ],
    "phonesString": "+554833334444, +5548999112233",
    "primaryPhoneString": "+554833334444",
    "public_url": "https://meetime.com.br/lead/7f0d",
    "external_reference": "15.22",
    "cnpj": "01234567000189",
    "segmento": "Comércio",
    "ramoEmpresa": None,
}
FULL_OUT = Record(
    kind="lead",
    id="5531",
    event=None,
    when=UPDATED,
    by=None,
    reference="15.22",
    about={"run": "8102"},
    fields={
        "values": {
            "name": "Joana Prado",
            "email": "joana@padariasol.com.br",
            "company": "Padaria Sol",
            "phones": ["+554833334444", "+5548999112233"],
            "native.position": "Sócia",
            "native.site": "www.padariasol.com.br",
            "native.city": "Florianópolis",
            "native.state": "SC",
            "native.linkedIn": "linkedin.com/in/joanaprado",
            "native.twitter": "@padariasol",
            "native.facebook": "fb.com/padariasol",
            "custom.cnpj": "01234567000189",
            "custom.segmento": "Comércio",
            "custom.ramoEmpresa": "",
        },
        "state": "executing",
        "cadence_id": "77",
        "cadence": "Cadência de Prospecção",
        "owner_id": "31",
        "url": "https://meetime.com.br/lead/7f0d",
        "since": "2018-04-10T12:00:00+00:00",
        "before": [],
    },
)
BARE = {
    "id": 5532,
    "current_prospection_id": None,
    "lead_name": "Rui Lima",
    "lead_email": None,
    "lead_company": None,
    "lead_position": None,
    "lead_updated_date": None,
    "phones": [
        {"label": "Celular", "phone": None},
        {"label": "Casa"},
        {"phone": ""},
        "x",
        {"phone": "0800 1"},
    ],
    "public_url": None,
    "external_reference": None,
    "cnpj": 1234567000189,
    "clienteAtivo": True,
    "funcionarios": 0,
}
BARE_OUT = Record(
    kind="lead",
    id="5532",
    about={"run": ""},
    fields={
        "values": {
            "name": "Rui Lima",
            "email": "",
            "company": "",
            "phones": ["0800 1"],
            "native.position": "",
            "native.site": "",
            "native.city": "",
            "native.state": "",
            "native.linkedIn": "",
            "native.twitter": "",
            "native.facebook": "",
            # The account gives digits as a number: the leading zero of 01234567000189 is lost there (section 4).
            "custom.cnpj": "1234567000189",
            "custom.clienteAtivo": "True",
            "custom.funcionarios": "0",
        },
        "state": "",
        "cadence_id": "",
        "cadence": "",
        "owner_id": "",
        "url": "",
        "since": "",
        "before": [],
    },
)


@pytest.mark.parametrize(("row", "run", "golden"), [(FULL, RUN, FULL_OUT), (BARE, {}, BARE_OUT)])
def test_m37_a_listed_lead_with_its_current_run_reads_as_written_by_hand(
    row: dict[str, Any], run: dict[str, Any], golden: Record
) -> None:
    assert rows.lead_row(row, run) == golden


def test_m34_when_its_former_runs_were_made_is_read_too() -> None:
    former = [{"created_date": "2026-05-30T10:00:00.000Z"}, {"id": "8100"}]
    assert rows.lead_row(FULL, RUN, former).fields["before"] == ["2026-05-30T10:00:00+00:00"]


def test_m37_it_survives_being_stored() -> None:
    record = rows.lead_row(FULL, RUN)
    assert record_of(json.loads(json.dumps(as_json(record)))) == record


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("WAITING", "waiting"),
        ("EXECUTING", "executing"),
        ("ON_EXTRA_ACTIVITY", "executing"),
        ("PAUSED_FROM_WAITING", "paused"),
        ("PAUSED_FROM_EXECUTING", "paused"),
        ("PAUSED_FROM_EXTRA_ACTIVITY", "paused"),
        ("WON", "won"),
        ("LOST", "lost"),
        ("SWITCHED_CADENCE", ""),  # another run is the current one
        ("FINISHED", ""),  # listed, meaning unclear
        ("SOMETHING_NEW", ""),
        (None, ""),
    ],
)
def test_m37_every_status_of_the_sheet_is_a_state_of_the_lead(status: str | None, state: str) -> None:
    assert rows.lead_row(FULL, {**RUN, "status": status}).fields["state"] == state


def test_m37_the_run_read_counts_before_the_one_the_lead_names() -> None:
    assert rows.lead_row({**FULL, "current_prospection_id": "9"}, RUN).about == {"run": "8102"}
    assert rows.lead_row({**FULL, "current_prospection_id": "9"}, {}).about == {"run": "9"}


@pytest.mark.parametrize("phones", [None, "x", {}, [None], [[]], []])
def test_m12_phones_of_another_shape_are_none(phones: object) -> None:
    assert rows.lead_values({**FULL, "phones": phones})["phones"] == []


def test_m37_a_lead_without_an_id_is_malformed() -> None:
    for id in (None, ""):
        with pytest.raises(Malformed):
            rows.lead_row({**FULL, "id": id}, RUN)


def test_m37_the_list_and_the_webhook_name_the_same_fields_alike() -> None:
    """What one road brings must not look like a change when the other brings it."""
    lead = {
        "id": 5531,
        "firstName": "Joana",
        "name": "Joana Prado",
        "email": "joana@padariasol.com.br",
        "company": "Padaria Sol",
        "position": "Sócia",
        "site": "www.padariasol.com.br",
        "city": "Florianópolis",
        "state": "SC",
        "twitter": "@padariasol",
        "facebook": "fb.com/padariasol",
        "linkedIn": "linkedin.com/in/joanaprado",
        "annotations": "<p>Quer proposta até sexta.</p>",
        "phones": FULL["phones"],
        "customFields": {"cnpj": "01234567000189", "segmento": "Comércio", "ramoEmpresa": None},
        "publicUrl": "https://meetime.com.br/lead/7f0d",
    }
    run = {"id": 8102, "lead": lead, "status": "WON", "endDate": "2018-04-12T14:24:34.835Z"}
    (told,) = translate.hear({"event": "LEAD.WON", "prospection": run})
    assert told.fields["values"] == FULL_OUT.fields["values"]
    assert told.fields["url"] == FULL_OUT.fields["url"]


def test_m10_every_field_of_the_lead_that_can_be_associated_is_listed_by_the_key_it_is_read_with() -> None:
    keys = [record.fields["key"] for record in rows.native_fields()]
    assert keys == [record.id for record in rows.native_fields()]
    assert set(keys) == {key for key in FULL_OUT.fields["values"] if key.startswith("native.")}
    assert {record.fields["type"] for record in rows.native_fields()} == {"text"}
    labels = ["Cargo", "Site", "Cidade", "Estado", "LinkedIn", "Twitter", "Facebook"]
    assert [record.fields["name"] for record in rows.native_fields()] == labels


@given(st.data())
def test_m37_a_mangled_row_is_read_or_malformed(data: st.DataObject) -> None:
    both = json.loads(json.dumps({"row": FULL, "run": RUN}))
    place, key = data.draw(st.sampled_from([each for each in places(both) if each[0] is not both]))
    place[key] = data.draw(JUNK)
    try:
        record = rows.lead_row(both["row"], both["run"])
    except Malformed:
        return
    json.dumps(as_json(record))
    assert all(isinstance(value, str) for key, value in record.fields["values"].items() if key != "phones")
    assert all(isinstance(each, str) and each for each in record.fields["values"]["phones"])
