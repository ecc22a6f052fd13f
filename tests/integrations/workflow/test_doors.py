"""S7 and S4: the screens of the CRM's own automations, what they refuse, and a stranger's ids."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.models import AuditEntry, Module, Notice, Team, User
from funnels import services
from funnels.models import Change, Deal, Task
from integrations.automations.services import create_automation, update_automation
from integrations.models import Automation, WorkflowRun
from integrations.workflow.checking import Unfit
from tests.integrations.shown import post
from tests.integrations.workflow.flows import ORIGIN, card, flow, mover, on, stages, work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on(world):
    on(world)
    User.objects.update(language="en")
    with translation.override("en"):
        yield


def form(world, action: str, **values):
    return {
        "description": "Avisar",
        "trigger": "entered",
        "stage": stages(world)[0].pk,
        "offer": f"crm:{action}",
        "match": "all",
        "enabled": "on",
        **values,
    }


def url(name: str, *args: int) -> str:
    return reverse(f"portal:{name}", args=args)


# --- What fits ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"action": "crm.move", "parameters": {}}, "parameters.stage", "from the list"),
        ({"action": "crm.move", "parameters": {"stage": "x"}}, "parameters.stage", "from the list"),
        ({"action": "crm.move", "parameters": {"stage": True}}, "parameters.stage", "from the list"),
        ({"action": "crm.move", "parameters": {"estagio": "1"}}, "parameters.estagio", "no parameter"),
        ({"parameters": {"title": "", "assignee": "owner", "days": 1}}, "parameters.title", "Fill this in"),
        ({"parameters": {"title": "t", "assignee": "owner", "days": -1}}, "parameters.days", "whole number"),
        ({"parameters": {"title": "t", "assignee": "owner", "days": 9999}}, "parameters.days", "0 to 3650"),
        ({"parameters": {"title": "t", "assignee": "owner", "days": "1,5"}}, "parameters.days", "whole number"),
        ({"parameters": {"title": "{deal.nada}", "assignee": "owner", "days": 1}}, "parameters.title", "deal.nada"),
        ({"parameters": {"title": "t" * 201, "assignee": "owner", "days": 1}}, "parameters.title", "201"),
        ({"parameters": {"title": "t", "assignee": "administrators", "days": 1}}, "parameters.assignee", "list"),
        ({"action": "crm.remind", "parameters": {"to": "owner"}}, "parameters.text", "Write a text"),
        ({"action": "crm.fill_field", "parameters": {"field": "deal.owner", "value": "1"}}, "parameters.field", "list"),
        ({"action": "crm.fill_field", "parameters": {"field": "deal.amount", "value": "x"}}, "parameters.value", "number"),
        ({"action": "crm.fill_field", "parameters": {"field": "person.email", "value": "x"}}, "parameters.value", "e-mail"),
        ({"trigger": "idle"}, "trigger_values.days", "whole number"),
        ({"trigger": "idle", "trigger_values": {"days": 0}}, "trigger_values.days", "1 to 3650"),
        ({"trigger": "idle", "trigger_values": {"days": 1, "existing": "talvez"}}, "trigger_values.existing", "true"),
        ({"trigger": "changed"}, "trigger_values.field", "from the list"),
        ({"trigger": "changed", "trigger_values": {"field": "deal.stage"}}, "trigger_values.field", "list"),
        ({"trigger": "deadline", "trigger_values": {"date": "deal.amount"}}, "trigger_values.date", "list"),
        ({"trigger": "won", "trigger_values": {"days": 1}}, "trigger_values.days", "no parameter"),
    ],
)  # fmt: skip
def test_s7_what_does_not_fit_is_named_and_said(world, values, field: str, words: str) -> None:
    with pytest.raises(Unfit, match=words) as refused:
        flow(world, values.pop("action", "crm.create_task"), **values)
    assert refused.value.field == field
    assert not Automation.unscoped.exists()


def test_s7_what_integrations_own_and_files_cannot_be_filled(world) -> None:
    for key, type, writer in (("sis", "text", "system"), ("arq", "attachment", "people")):
        services.create_custom_field(
            account=world.account, entity="deal", key=key, label=key, type=type, origin=ORIGIN
        )
        from funnels.models import CustomField

        CustomField.unscoped.filter(key=key).update(writer=writer)
        with pytest.raises(Unfit):
            flow(world, "crm.fill_field", parameters={"field": f"deal.custom.{key}", "value": "1"})


def test_s7_a_strangers_ids_are_refused_when_saved_and_never_acted_on(world, stranger) -> None:
    team = Team.unscoped.create(account=stranger.account, name="Deles")
    services.create_custom_field(
        account=stranger.account, entity="deal", key="deles", label="Deles", type="date", origin=ORIGIN
    )
    theirs = stranger.funnel.stages.first()
    strange = [
        ("crm.move", {"stage": str(theirs.pk)}, "stage"),
        ("crm.change_owner", {"owner": f"user:{stranger.seller.pk}"}, "owner"),
        ("crm.change_owner", {"owner": f"team:{team.pk}"}, "owner"),
        ("crm.create_task", {"title": "t", "days": 1, "assignee": f"user:{stranger.seller.pk}"}, "assignee"),
        ("crm.remind", {"to": f"user:{stranger.admin.pk}", "text": "oi"}, "to"),
        ("crm.fill_field", {"field": "deal.custom.deles", "value": "2026-01-01"}, "field"),
    ]
    for action, parameters, name in strange:
        with pytest.raises(Unfit) as refused:
            flow(world, action, parameters=parameters)
        assert refused.value.field == f"parameters.{name}"
    with pytest.raises(Unfit):
        flow(world, trigger="deadline", trigger_values={"date": "deal.custom.deles"})
    for action, parameters, _name in strange:  # written past the services
        Automation.unscoped.create(
            account=world.account, funnel=world.funnel, stage=stages(world)[0], description=action,
            action=action, parameters=parameters,
        )  # fmt: skip
    deal = card(world)
    assert set(work()) == {"refused"}
    deal.refresh_from_db()
    assert (deal.stage, deal.owner, deal.custom) == (stages(world)[0], world.seller, {})
    assert not Task.unscoped.exists()
    assert not Notice.unscoped.filter(user__in=[stranger.admin, stranger.seller]).exists()


def test_s7_another_trigger_forgets_the_values_of_the_old_one(world) -> None:
    row = flow(world, trigger="idle", trigger_values={"days": 3})
    row = update_automation(automation=row, origin=ORIGIN, trigger="entered")
    assert (row.trigger, row.trigger_values) == ("entered", {})


def test_s4_none_is_written_while_the_module_is_off_not_even_prepared_by_a_file(world) -> None:
    Module.unscoped.filter(slug="workflow").update(enabled=False)
    given = {
        "funnel": world.funnel,
        "stage": stages(world)[0],
        "description": "A",
        "trigger": "entered",
        "connection": None,
        "action": "crm.move",
        "parameters": {"stage": str(stages(world)[1].pk)},
        "origin": ORIGIN,
    }
    for refused in ({}, {"prepared": True}, {"enabled": False}, {"prepared": True, "enabled": False}):
        with pytest.raises(services.NotAllowed, match="Workflow"):
            create_automation(**given, **refused)


# --- Screens --------------------------------------------------------------------------------------


def test_s7_the_form_writes_each_action(world, client_of) -> None:
    admin = client_of(world.admin)
    owner = f"user:{world.seller.pk}"
    for action, typed, kept in (
        ("crm.move", {"param-stage": stages(world)[1].pk}, {"stage": str(stages(world)[1].pk)}),
        ("crm.change_owner", {"param-owner": owner}, {"owner": owner}),
        (
            "crm.create_task",
            {"param-title": "Ligar", "param-text": "", "param-days": "2", "param-assignee": "owner"},
            {"title": "Ligar", "text": "", "days": 2, "assignee": "owner"},
        ),
        ("crm.remind", {"param-to": "owner", "param-text": "Oi"}, {"to": "owner", "text": "Oi"}),
        (
            "crm.fill_field",
            {"param-field": "deal.amount", "param-value": "R$ 10"},
            {"field": "deal.amount", "value": "10.00"},
        ),
    ):
        answer = post(
            admin, world.account, url("automation-new", world.funnel.pk), **form(world, action, **typed)
        )
        assert answer.status_code == 302, answer.content.decode()
        row = Automation.unscoped.order_by("-id").first()
        assert (row.action, row.connection, row.parameters) == (action, None, kept)
        shown = admin.get(url("automation", world.funnel.pk, row.pk)).content.decode()
        assert f'value="crm:{action}" selected' in shown
    listed = admin.get(url("automations", world.funnel.pk)).content.decode()
    assert "Create a task" in listed
    assert f"{world.funnel.name} · {stages(world)[1].name}" in listed


def test_s7_the_form_keeps_what_was_typed_and_says_what_is_wrong(world, client_of) -> None:
    answer = post(
        client_of(world.admin), world.account, url("automation-new", world.funnel.pk),
        **form(world, "crm.create_task", trigger="idle", **{
            "when-days": "0", "param-title": "Ligar já", "param-days": "1", "param-assignee": "owner",
        }),
    )  # fmt: skip
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "After how many days" in shown
    assert "1 to 3650" in shown
    assert 'value="Ligar já"' in shown
    assert 'id="when-days"' in shown


def test_s7_parts_follow_the_trigger_action_and_field(world, client_of) -> None:
    services.create_custom_field(
        account=world.account, entity="deal", key="q", label="Calor", type="options", origin=ORIGIN,
        options=["Quente", "Frio"],
    )  # fmt: skip
    admin, address = client_of(world.admin), url("automation-action", world.funnel.pk)
    shown = admin.get(address, {"offer": "crm:crm.remind", "trigger": "changed"}).content.decode()
    assert 'id="when-field"' in shown
    assert 'id="param-text"' in shown
    shown = admin.get(
        address, {"offer": "crm:crm.fill_field", "trigger": "entered", "param-field": "deal.custom.q"}
    ).content.decode()
    assert '<option value="Quente" >' in shown
    assert 'id="when-field"' not in shown
    only = admin.get(
        address, {"offer": "crm:crm.remind", "trigger": "idle", "part": "trigger"}
    ).content.decode()
    assert 'id="when-days"' in only
    assert "action-parts" not in only


def test_s7_the_trial_says_what_would_be_and_writes_nothing(world, client_of) -> None:
    rule = {"field": "deal.amount", "operator": "more", "value": "100"}
    row = mover(world, at=0, to=1, name="A", filters={"all": True, "rules": [rule]})
    item = services.add_checklist_item(stage=stages(world)[0], text="Assinar", origin=ORIGIN, mandatory=True)
    small, big = card(world, amount=Decimal(1)), card(world, amount=Decimal(1000), title="Grande")
    work()
    before = snapshot()
    admin, address = client_of(world.admin), url("automation-trial", world.funnel.pk, row.pk)
    assert f"#{big.number} Grande" in admin.get(address).content.decode()
    assert (
        "It would do nothing" in post(admin, world.account, address, card=f"#{small.number}").content.decode()
    )
    refused = post(admin, world.account, address, card="grande").content.decode()
    assert "Assinar" in refused
    assert snapshot() == before
    services.mark_checklist_item(deal=big, item=item, done=True, origin=ORIGIN)
    before = snapshot()
    done = post(admin, world.account, address, card=f"#{big.number} Grande").content.decode()
    assert f"Moved to “{world.funnel.name} · {stages(world)[1].name}”" in done
    assert "There is no such card" in post(admin, world.account, address, card="#999").content.decode()
    assert snapshot() == before


def snapshot() -> list[object]:
    return [
        list(model.unscoped.order_by("pk").values())
        for model in (Deal, Task, Change, Notice, WorkflowRun, AuditEntry)
    ]


def test_s7_the_history_filters_and_pages(world, client_of, monkeypatch) -> None:
    from integrations.automations import runs

    services.add_checklist_item(stage=stages(world)[0], text="Assinar", origin=ORIGIN, mandatory=True)
    move, task = mover(world, at=0, to=1, name="Move"), flow(world)
    deal = card(world, title="Loja Azul")
    card(world)
    work()
    admin, address = client_of(world.admin), url("automation-runs", world.funnel.pk)
    assert len(admin.get(address).context["runs"]) == 4
    shown = admin.get(address, {"state": "refused", "automation": move.pk})
    assert [told.run.state for told in shown.context["runs"]] == ["refused"] * 2
    assert "Assinar" in shown.content.decode()
    assert {told.run.deal_id for told in admin.get(address, {"card": "azul"}).context["runs"]} == {deal.pk}
    assert len(admin.get(address, {"automation": task.pk, "state": "done"}).context["runs"]) == 2
    assert admin.get(address, {"state": "nope"}).status_code == 404
    monkeypatch.setattr(runs, "PAGE", 3)
    first = admin.get(address)
    assert len(first.context["runs"]) == 3
    assert len(admin.get(address, {"before": first.context["next"]}).context["runs"]) == 1


def test_s7_the_history_costs_the_same_for_many(world, client_of) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    flow(world)
    admin, address = client_of(world.admin), url("automation-runs", world.funnel.pk)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            admin.get(address)
        return len(asked)

    card(world)
    work()
    cost()
    few = cost()
    for _n in range(6):
        card(world)
    work()
    assert cost() == few


def test_s7_run_again_from_the_history(world, client_of) -> None:
    item = services.add_checklist_item(stage=stages(world)[0], text="Assinar", origin=ORIGIN, mandatory=True)
    mover(world, at=0, to=1, name="Move")
    deal = card(world)
    work()
    services.mark_checklist_item(deal=deal, item=item, done=True, origin=ORIGIN)
    address = url("workflow-again", WorkflowRun.unscoped.get().pk)
    assert post(client_of(world.seller), world.account, address).status_code == 403
    answer = post(client_of(world.admin), world.account, address, next=f"/deals/{deal.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/deals/{deal.pk}/")
    assert work() == ["done"]
    assert AuditEntry.unscoped.filter(action="workflow.run_again").count() == 1


def test_s4_every_screen_says_the_modules_name_while_it_is_off(world, client_of) -> None:
    row = flow(world)
    card(world)
    work()
    Module.unscoped.filter(slug="workflow").update(enabled=False)
    admin, funnel = client_of(world.admin), world.funnel.pk
    run = WorkflowRun.unscoped.get().pk
    for address in (
        *(url(name, funnel) for name in ("automations", "automation-new", "automation-runs")),
        *(url(name, funnel, row.pk) for name in ("automation", "automation-trial")),
    ):
        answer = admin.get(address)
        assert answer.status_code == 403
        assert "Workflow" in answer.content.decode()
    for address in (
        url("automation-switch", funnel, row.pk),
        url("automation-delete", funnel, row.pk),
        url("automation-order", funnel),
        url("workflow-again", run),
    ):
        assert post(admin, world.account, address).status_code == 403
    assert Automation.unscoped.count() == 1


def test_s7_strangers_find_nothing(world, stranger, client_of) -> None:
    on(stranger)
    row = flow(world)
    card(world)
    work()
    theirs = client_of(stranger.admin)
    assert theirs.get(url("automation-runs", world.funnel.pk)).status_code == 404
    assert theirs.get(url("automation-trial", world.funnel.pk, row.pk)).status_code == 404
    again = post(theirs, stranger.account, url("workflow-again", WorkflowRun.unscoped.get().pk))
    assert again.status_code == 404
    own = flow(stranger)
    deal = card(world)
    trial = url("automation-trial", stranger.funnel.pk, own.pk)
    assert (
        theirs.post(trial, {"account": stranger.account.pk, "card": f"#{deal.number}"}).context["deal"]
        is None
    )
