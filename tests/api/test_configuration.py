"""X6 by API: read as JSON and YAML, planned, applied once, refused with lines and with the new plan's code."""

from __future__ import annotations

import pytest
import yaml

from accounts.models import AuditEntry, Team
from tests.api.conftest import Api

TEAMS = "format: 1\nteams:\n  - Vendas Sul\n  - Vendas Norte\n"


def test_x6_read_as_json_and_as_the_file(api: Api) -> None:
    data = api.get("configuration/").json()
    assert data["format"] == 1
    assert data["account"] == "Casa"
    answer = api.get("configuration/", Accept="application/yaml")
    assert answer["Content-Type"].startswith("application/yaml")
    told = yaml.safe_load(answer.content)
    assert told["funnels"] == data["funnels"]
    assert answer.content.startswith(b"# ")


def test_x6_plan_and_apply(api: Api) -> None:
    plan = api.post("configuration/plan/", {"file": TEAMS})
    body = plan.json()
    assert plan["ETag"] == f'"{body["digest"]}"'
    assert body["changes"] is True
    assert body["counts"]["create"] == 2
    assert [step["path"] for step in body["steps"]] == [["Vendas Sul"], ["Vendas Norte"]]
    assert not Team.objects.of(api.account).exists()
    done = api.post("configuration/apply/", {"file": TEAMS, "digest": body["digest"]})
    assert done.status_code == 200
    assert Team.objects.of(api.account).count() == 2
    entry = AuditEntry.objects.of(api.account).get(action="configuration.applied")
    assert entry.actor_label == "Integrador"
    again = api.post("configuration/plan/", {"configuration": yaml.safe_load(TEAMS)}).json()
    assert (again["changes"], again["same"]) == (False, 2)


def test_x6_diff_tells_what_the_screen_shows(api: Api) -> None:
    Team.objects.of(api.account).create(account=api.account, name="vendas sul")
    body = api.post("configuration/diff/", {"file": TEAMS}, Accept_Language="en").json()
    assert body["changes"] is True
    assert body["differences"] == [
        {
            "kind": "Team",
            "name": "Vendas Sul",
            "act": "change",
            "lines": [{"what": "name", "now": "vendas sul", "file": "Vendas Sul"}],
        },
        {"kind": "Team", "name": "Vendas Norte", "act": "create", "lines": []},
    ]
    assert Team.objects.of(api.account).get().name == "vendas sul"


def test_x6_what_was_read_can_be_sent_back_as_an_object(api: Api) -> None:
    data = api.get("configuration/").json()
    plan = api.post("configuration/plan/", {"configuration": data}).json()
    assert (plan["changes"], plan["steps"]) == (False, [])


def test_x6_another_plan_meanwhile_is_412(api: Api, problem) -> None:
    digest = api.post("configuration/plan/", {"file": TEAMS}).json()["digest"]
    Team.objects.of(api.account).create(account=api.account, name="Vendas Sul")
    problem(api.post("configuration/apply/", {"file": TEAMS, "digest": digest}), 412, "plan_changed")
    assert Team.objects.of(api.account).count() == 1


@pytest.mark.parametrize("do", ["diff", "plan", "apply"])
def test_x6_a_bad_file_is_422_with_lines(api: Api, problem, do: str) -> None:
    more = {"digest": "x"} if do == "apply" else {}
    answer = api.post(f"configuration/{do}/", {"file": "format: 1\nteams: x\n", **more})
    body = problem(answer, 422, "configuration_unreadable")
    assert [(each["line"], each["path"]) for each in body["mistakes"]] == [(2, "teams")]
    english = api.post(
        f"configuration/{do}/", {"file": "format: 1\nteams: x\n", **more}, Accept_Language="en"
    )
    assert english.json()["detail"] == "The file cannot be read: see `mistakes`."
    assert body["detail"] != english.json()["detail"]


@pytest.mark.parametrize("body", [{}, {"file": "format: 1", "configuration": {}}, {"file": 1.5, "more": 1}])
def test_x6_one_file_and_only_one(api: Api, body) -> None:
    assert api.post("configuration/plan/", body).status_code == 400


def test_x6_the_digest_of_another_account_opens_nothing(api: Api, stranger_api: Api, problem) -> None:
    digest = stranger_api.post("configuration/plan/", {"file": TEAMS}).json()["digest"]
    problem(api.post("configuration/apply/", {"file": TEAMS, "digest": digest}), 412, "plan_changed")


def test_x6_applied_once_for_a_repeated_request(api: Api) -> None:
    digest = api.post("configuration/plan/", {"file": TEAMS}).json()["digest"]
    body = {"file": TEAMS, "digest": digest}
    first = api.post("configuration/apply/", body, Idempotency_Key="um")
    again = api.post("configuration/apply/", body, Idempotency_Key="um")
    assert first.json() == again.json()
    assert Team.objects.of(api.account).count() == 2
