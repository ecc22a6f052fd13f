"""S7 and S4: the CRM's own automations and their runs by API."""

from __future__ import annotations

import pytest
from django.utils import translation

from accounts.models import Module
from funnels import services
from integrations.models import Automation
from tests.integrations.workflow.flows import ORIGIN, card, flow, mover, on, stages, work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on(world):
    on(world)
    with translation.override("en"):
        yield


def body(world, **values):
    return {
        "funnel": str(world.funnel.pk),
        "stage": str(stages(world)[0].pk),
        "description": "Avisar",
        "trigger": "idle",
        "trigger_values": {"days": 7},
        "action": "crm.create_task",
        "parameters": {"title": "Ligar", "days": 1, "assignee": "owner"},
        **values,
    }


def test_s7_by_api_a_whole_story(world, api) -> None:
    made = api.made("automations/", body(world, trigger="entered", trigger_values={}))
    assert (made["connection"], made["trigger_values"]) == (None, {})
    assert made["parameters"] == {"title": "Ligar", "days": 1, "assignee": "owner", "text": ""}
    changed = api.patch(f"automations/{made['id']}/", {"trigger": "idle", "trigger_values": {"days": 3}})
    assert changed.json()["trigger_values"] == {"days": 3, "existing": False}
    api.patch(f"automations/{made['id']}/", {"trigger": "entered"})
    deal = card(world)
    tried = api.post(f"automations/{made['id']}/trial/", {"deal": str(deal.pk)})
    assert "“Ligar”" in tried.json()["would"]
    assert not tried.json()["refused"]
    work()
    runs = api.get(f"workflow-runs/?automation={made['id']}&state=done&deal={deal.pk}").json()["results"]
    assert [run["state"] for run in runs] == ["done"]
    assert runs[0]["cause"].startswith("change:")
    assert runs[0]["tried"][-1]["row"] == "S7"
    one = api.get(f"workflow-runs/{runs[0]['id']}/").json()
    assert one == runs[0]


def test_s7_the_chain_by_api(world, api) -> None:
    first, second = mover(world, at=0, to=1, name="A"), mover(world, at=1, to=0, name="B")
    deal = card(world)
    work()
    run = api.get("workflow-runs/?state=loop").json()["results"][0]
    assert run["automation"] == str(first.pk)
    assert run["chain"] == [
        {"automation": str(first.pk), "deal": str(deal.pk), "name": "A"},
        {"automation": str(second.pk), "deal": str(deal.pk), "name": "B"},
    ]


def test_s7_what_does_not_fit_is_a_problem_that_names_the_field(world, stranger, api, problem) -> None:
    theirs = stranger.funnel.stages.first()
    strange = body(world, action="crm.move", parameters={"stage": str(theirs.pk)})
    said = problem(api.post("automations/", strange), 422, "not_allowed")
    assert list(said["errors"]) == ["parameters.stage"]
    said = problem(api.post("automations/", body(world, trigger_values={"days": "sete"})), 422, "not_allowed")
    assert list(said["errors"]) == ["trigger_values.days"]
    wrong = api.post("automations/", body(world, parameters={"title": ["x"]}))
    assert wrong.status_code == 400
    (path,) = wrong.json()["errors"]
    assert (path, len(wrong.json()["errors"][path])) == ("parameters.title", 1)
    stage = str(world.funnel.stages.first().pk)
    said = problem(api.post("requirements/", {"stage": stage, "field": "deal.nothing"}), 422, "not_allowed")
    assert list(said["errors"]) == ["field"]
    problem(api.post("automations/", body(world, action="crm.fly")), 422, "not_allowed")
    assert not Automation.unscoped.exists()


def test_s7_replay_by_api_only_what_was_refused(world, api, problem) -> None:
    item = services.add_checklist_item(stage=stages(world)[0], text="Assinar", origin=ORIGIN, mandatory=True)
    mover(world, at=0, to=1, name="Move")
    deal = card(world)
    work()
    run = api.get("workflow-runs/").json()["results"][0]
    assert "Assinar" in run["reason"]
    services.mark_checklist_item(deal=deal, item=item, done=True, origin=ORIGIN)
    assert api.post(f"workflow-runs/{run['id']}/replay/").json()["state"] == "waiting"
    assert work() == ["done"]
    problem(api.post(f"workflow-runs/{run['id']}/replay/"), 422, "not_allowed")


def test_s7_actions_by_api_list_what_each_parameter_can_be(world, api) -> None:
    offer = api.get("automations/actions/").json()
    move = next(one for one in offer["actions"] if one["action"] == "crm.move")
    assert [choice["value"] for choice in move["parameters"][0]["choices"]] == [
        str(stage.pk) for stage in stages(world)
    ]
    idle = next(one for one in offer["triggers"] if one["trigger"] == "idle")
    assert [one["kind"] for one in idle["trigger_values"]] == ["days", "flag"]


def test_s4_api_off_answers_403_with_the_modules_name(world, api, problem) -> None:
    row = flow(world)
    Module.unscoped.filter(account=world.account, slug="workflow").update(enabled=False)
    for method, path in (
        ("GET", "automations/"),
        ("POST", "automations/"),
        ("PATCH", f"automations/{row.pk}/"),
        ("GET", "automations/actions/"),
        ("GET", "workflow-runs/"),
    ):
        said = problem(api.send(method, path, {} if method != "GET" else None), 403, "module_off")
        assert "Workflow" in said["detail"]


def test_s7_lists_are_read_once_for_a_page_of_automations(world, api) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            api.get("automations/")
        return len(asked)

    mover(world, at=0, to=1, name="A")
    cost()
    few = cost()
    for _n in range(4):
        mover(world, at=0, to=1, name="A")
    assert cost() == few
