"""X2 by API: the same rehearsal, with documented shapes."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.keys import issue_key
from integrations.models import Automation, Connection
from tests import factories
from tests.api.conftest import Api, caller
from tests.api.walk import document
from tests.integrations.rehearsal.conftest import House
from tests.integrations.shown import automation_of, connection_of


@pytest.fixture
def api(house: House) -> Api:
    return caller(house.world.account)


def rehearse(api: Api, house: House, body: Any = None) -> Any:
    return api.post(f"connections/{house.connection.pk}/rehearse/", body)


def valid(answer: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator

    whole = document()
    path = next(path for path in whole["paths"] if path.endswith("/rehearse/"))
    schema = whole["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**schema, "components": whole["components"]})
    assert not [f"{e.json_path}: {e.message}" for e in validator.iter_errors(answer)]


def test_it_answers_as_the_document_says(house: House, api: Api) -> None:
    sent, kept = house.deal(house.person()), house.deal(None, title="Sem ninguém")
    response = rehearse(api, house)
    assert response.status_code == 200, response.content.decode()
    answer = response.json()
    valid(answer)
    assert answer["knows_their_leads"] is False
    assert answer["counts"] == {"sent": 1, "left": 0, "refused": 0, "stopped": 1}
    assert (answer["total"], answer["leads"]) == (2, 1)
    first, second = answer["cards"]
    assert (first["deal"], first["became"], first["row"]) == (str(kept.pk), "stopped", "M30")
    assert (second["deal"], second["automation"]) == (str(sent.pk), str(house.automation.pk))
    name = next(line for line in second["leads"][0]["compared"] if line["field"] == "name")
    assert (name["ours"], name["theirs"], name["result"]) == ("Joana Prado", "Joana Prado", "same")


def test_it_shows_people_only_to_a_key_that_may_read_them(house: House, api: Api) -> None:
    """Names and e-mails of a card's persons come with it: to write connections alone opens none of them."""
    house.deal(house.person())
    needed = ("connections:write", "persons:read", "deals:read")
    for missing in needed:
        scopes = [each for each in needed if each != missing]
        _key, plain = issue_key(account=api.account, name="ERP", created_by=factories.SYSTEM, scopes=scopes)
        answer = rehearse(Api(account=api.account, key=plain), house)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
        assert answer.json()["scope"] == missing
        assert "Joana" not in answer.content.decode()
    _key, plain = issue_key(account=api.account, name="ERP", created_by=factories.SYSTEM, scopes=needed)
    assert rehearse(Api(account=api.account, key=plain), house).status_code == 200
    told = document()["paths"]["/api/v1/connections/{id}/rehearse/"]["post"]
    assert (told["x-scope"], told["x-also-scopes"]) == (needed[0], list(needed[1:]))
    assert "`connections:write` and `persons:read` and `deals:read`" in told["description"]


def test_one_automation_a_trial_and_a_limit(house: House, api: Api) -> None:
    stages = list(house.world.funnel.stages.all())
    other = automation_of(house.connection, house.world.funnel, description="Outra", stage=stages[2])
    for number in range(3):
        house.deal(house.person(f"P{number}", f"p{number}@sol.example"))
    answer = rehearse(api, house, {"automation": str(other.pk), "limit": 2}).json()
    assert [card["stage"] for card in answer["cards"]] == [str(stages[2].pk)] * 2
    trial = {
        "funnel": str(house.world.funnel.pk),
        "stage": str(stages[0].pk),
        "cadence": "2",
        "start": "wait",
    }
    answer = rehearse(api, house, {"trial": trial}).json()
    valid(answer)
    assert answer["trial"] is True
    assert {card["automation"] for card in answer["cards"]} == {None}
    assert Automation.unscoped.count() == 2


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"limit": 0}, 400, "invalid"),
        ({"limit": 51}, 400, "invalid"),
        ({"unknown": 1}, 400, "unknown_field"),
        ({"trial": {"cadence": "404"}}, 422, "not_allowed"),
        ({"trial": {}, "automation": "own"}, 400, "invalid"),
    ],
)
def test_what_cannot_be_rehearsed_is_a_problem_with_words(
    house: House, api: Api, body: dict[str, Any], status: int, code: str
) -> None:
    if "trial" in body:
        stage = house.automation.stage
        trial = {"funnel": str(stage.funnel_id), "stage": str(stage.pk), "cadence": "1", "start": "now"}
        body = {**body, "trial": {**trial, **body["trial"]}}
    if "automation" in body:
        body = {**body, "automation": str(house.automation.pk)}
    response = rehearse(api, house, body)
    assert (response.status_code, response.json()["code"]) == (status, code), response.json()


def test_m24_a_trial_on_a_funnel_that_may_not_send_is_refused(house: House, api: Api) -> None:
    funnel = factories.funnel(account=house.world.account, name="Fechado")
    own = house.world.funnel
    for its, stage in ((funnel, funnel.stages.first()), (own, funnel.stages.first())):
        trial = {"funnel": str(its.pk), "stage": str(stage.pk), "cadence": "1", "start": "now"}
        response = rehearse(api, house, {"trial": trial})
        assert (response.status_code, response.json()["code"]) == (422, "not_allowed")


def test_not_before_it_is_enabled(house: House, api: Api) -> None:
    Connection.unscoped.filter(pk=house.connection.pk).update(state="validated")
    response = rehearse(api, house)
    assert (response.status_code, response.json()["code"]) == (409, "wrong_state")


def test_an_automation_of_another_connection_is_not_here(house: House, api: Api) -> None:
    other = connection_of(house.world.account, state="inactive")
    Automation.unscoped.filter(pk=house.automation.pk).update(connection=other)
    response = rehearse(api, house, {"automation": str(house.automation.pk)})
    assert (response.status_code, list(response.json()["errors"])) == (404, ["automation"])
