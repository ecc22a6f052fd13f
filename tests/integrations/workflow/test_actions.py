"""S7: what each action of the CRM does, what refuses it, and that a person can run it again."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from accounts.models import Membership, Notice, Team, TeamMember
from funnels import services
from funnels.models import Change, Deal, Task
from funnels.services import NotAllowed
from integrations.models import WorkflowRun
from integrations.workflow.replay import run_again
from integrations.workflow.told import sentence, tell_all
from tests import factories
from tests.integrations.workflow.flows import ORIGIN, card, flow, mover, on, stages, states, work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on(world):
    on(world)
    with translation.override("en"):
        yield


def team_of(world, *names: str) -> Team:
    team = Team.unscoped.create(account=world.account, name="Vendas")
    for name in names:
        user = factories.member(account=world.account, email=f"{name}@casa.example", name=name)
        place = Membership.unscoped.get(account=world.account, user=user)
        TeamMember.unscoped.create(account=world.account, team=team, membership=place)
    return team


def test_s7_move_and_the_journal_says_who(world) -> None:
    mover(world, at=0, to=2, name="Adianta")
    deal = card(world)
    assert work() == ["done"]
    deal.refresh_from_db()
    assert deal.stage == stages(world)[2]
    change = Change.unscoped.filter(deal=deal).order_by("-id").first()
    run = WorkflowRun.unscoped.get()
    assert (change.origin_kind, change.origin_id, change.origin_label) == ("automation", run.pk, "Adianta")
    assert sentence(run) == f"Moved to “{world.funnel.name} · Proposta”."


def test_s7_change_owner_to_a_person(world) -> None:
    flow(world, "crm.change_owner", parameters={"owner": f"user:{world.admin.pk}"})
    deal = card(world)
    assert work() == ["done"]
    deal.refresh_from_db()
    assert deal.owner == world.admin


def test_s7_a_team_takes_turns_without_who_has_left(world) -> None:
    team = team_of(world, "ana", "bia", "caio")
    flow(world, "crm.change_owner", parameters={"owner": f"team:{team.pk}"})
    deals = [card(world) for _n in range(4)]
    work()
    owners = [Deal.unscoped.get(pk=deal.pk).owner.name for deal in deals]
    assert owners == ["ana", "bia", "caio", "ana"]
    Membership.unscoped.filter(user__name="bia").update(is_active=False)
    last = card(world)
    work()
    assert Deal.unscoped.get(pk=last.pk).owner.name == "caio"


def test_s7_create_task_with_the_cards_words(world) -> None:
    person = services.create_person(account=world.account, name="Ana", origin=ORIGIN)
    flow(
        world,
        parameters={
            "title": "Ligar para {person.name} sobre {deal.title} ({deal.amount})",
            "text": "Dono: {deal.owner}, card {deal.number}",
            "days": 2,
            "assignee": "owner",
        },
    )
    deal = card(world, person=person, amount=Decimal("1500"))
    with translation.override("pt-br"):
        work()
    task = Task.unscoped.get()
    assert task.title.replace("\xa0", " ") == "Ligar para Ana sobre Padaria Sol (R$ 1.500,00)"
    assert task.text == f"Dono: {world.seller.name}, card {deal.number}"
    assert (task.assignee, task.deal) == (world.seller, deal)
    zone = ZoneInfo(world.account.time_zone)
    due = task.due_at.astimezone(zone)
    assert (due.date() - timezone.now().astimezone(zone).date()).days == 2
    assert (due.hour, due.minute) == (23, 59)


@pytest.mark.parametrize(("to", "told"), [("owner", {"Vendas"}), ("administrators", {"Admin"})])
def test_s7_remind(world, to: str, told: set[str]) -> None:
    flow(world, "crm.remind", parameters={"to": to, "text": "Ligue para {deal.title}"})
    deal = card(world)
    assert work() == ["done"]
    notices = Notice.unscoped.filter(kind="task")
    assert {notice.user.name for notice in notices} == told
    assert notices[0].words % notices[0].values == "Padaria Sol: Ligue para Padaria Sol"
    assert notices[0].link.endswith(f"/{deal.pk}/")


def test_s7_remind_a_whole_team(world) -> None:
    team = team_of(world, "ana", "bia")
    flow(world, "crm.remind", parameters={"to": f"team:{team.pk}", "text": "Oi"})
    card(world)
    work()
    assert Notice.unscoped.filter(kind="task").count() == 2


@pytest.mark.parametrize(
    ("entity", "type", "typed", "kept"),
    [
        ("deal", "text", "Veio de {company.name}", "Veio de Sol"),
        ("deal", "currency", "R$ 1.234,50", "1234.50"),
        ("person", "date", "31/12/2026", "2026-12-31"),
        ("company", "checkbox", "true", "true"),
        ("deal", "options", "Quente", "Quente"),
    ],
)
def test_s7_fill_a_custom_field_of_any_kind(world, entity, type, typed, kept) -> None:
    services.create_custom_field(
        account=world.account, entity=entity, key="f", label="F", type=type, origin=ORIGIN,
        options=["Quente", "Frio"] if type == "options" else [],
    )  # fmt: skip
    flow(world, "crm.fill_field", parameters={"field": f"{entity}.custom.f", "value": typed})
    person = services.create_person(account=world.account, name="Ana", origin=ORIGIN)
    company = services.create_company(account=world.account, name="Sol", origin=ORIGIN)
    deal = card(world, person=person, company=company)
    assert work() == ["done"]
    row = {"deal": deal, "person": person, "company": company}[entity]
    row.refresh_from_db()
    assert row.custom["f"] == kept


def test_s7_fill_what_is_built_in(world) -> None:
    flow(world, "crm.fill_field", parameters={"field": "deal.title", "value": "{deal.title} ★"})
    flow(world, "crm.fill_field", parameters={"field": "deal.amount", "value": "99,90"})
    flow(world, "crm.fill_field", parameters={"field": "person.email", "value": "ana@sol.example"})
    person = services.create_person(account=world.account, name="Ana", origin=ORIGIN)
    deal = card(world, person=person)
    assert work() == ["done"] * 3
    deal.refresh_from_db()
    person.refresh_from_db()
    assert (deal.title, deal.amount, person.email) == ("Padaria Sol ★", Decimal("99.90"), "ana@sol.example")


def test_s7_s8_a_checklist_refuses_and_a_person_runs_it_again(world) -> None:
    item = services.add_checklist_item(stage=stages(world)[0], text="Assinar", origin=ORIGIN, mandatory=True)
    mover(world, at=0, to=1, name="Adianta")
    deal = card(world)
    assert work() == ["refused"]
    run = WorkflowRun.unscoped.get()
    assert "Assinar" in run.reason
    assert Deal.unscoped.get(pk=deal.pk).stage == stages(world)[0]
    told = Notice.unscoped.filter(kind="workflow")
    assert {notice.user for notice in told} == {world.seller, world.admin}
    assert "Assinar" in told[0].words % told[0].values
    assert tell_all([run])[0].again
    run_again(run=run, origin=ORIGIN)
    assert work() == ["refused"]
    assert Notice.unscoped.filter(kind="workflow").count() == 2  # the matter is told once while it is unread
    services.mark_checklist_item(deal=deal, item=item, done=True, origin=ORIGIN)
    run_again(run=run, origin=ORIGIN)
    assert work() == ["done"]
    run.refresh_from_db()
    assert (run.attempts, run.reason) == (3, "")
    with pytest.raises(NotAllowed):
        run_again(run=run, origin=ORIGIN)


def test_s7_s8_a_move_into_another_funnel_asks_the_stages_before(world) -> None:
    other = list(factories.funnel(account=world.account, name="Outro").stages.all())
    services.add_requirement(stage=other[0], field="deal.amount", text="Informe o valor", origin=ORIGIN)
    flow(world, "crm.move", parameters={"stage": str(other[1].pk)})
    deal = card(world)
    assert work() == ["refused"]
    assert "Informe o valor" in WorkflowRun.unscoped.get().reason
    assert Deal.unscoped.get(pk=deal.pk).stage == stages(world)[0]


def test_s7_refused_in_words_when_the_present_does_not_allow_it(world) -> None:
    services.create_custom_field(
        account=world.account, entity="company", key="f", label="F", type="text", origin=ORIGIN
    )
    flow(world, "crm.fill_field", parameters={"field": "company.custom.f", "value": "x"})
    flow(world, parameters={"title": "t", "days": 0, "assignee": "owner"})
    card(world, owner=None)
    assert work() == ["refused", "refused"]
    reasons = list(WorkflowRun.unscoped.order_by("id").values_list("reason", flat=True))
    assert reasons == [
        "The card has no company whose field could be filled in.",
        "The card has no owner.",
    ]


def test_s7_a_stage_or_person_that_is_gone_refuses(world) -> None:
    flow(world, "crm.change_owner", parameters={"owner": f"user:{world.admin.pk}"})
    row = mover(world, at=0, to=1, name="Adianta")
    row.parameters = {"stage": "999999"}
    row.save()
    Membership.unscoped.filter(user=world.admin).update(is_active=False)
    card(world)
    assert work() == ["refused", "refused"]


def test_s7_switched_off_or_deleted_before_it_ran(world) -> None:
    off, _on = flow(world), flow(world)
    card(world)
    off.enabled = False
    off.save()
    gone = card(world)
    services.delete_deal(deal=gone, origin=ORIGIN)
    assert work() == ["skipped", "done", "skipped"]
    assert Task.unscoped.count() == 1


def test_s7_an_error_that_nobody_foresaw_marks_its_run_and_its_neighbours_go_on(world, monkeypatch) -> None:
    from integrations.workflow import doing

    flow(world, description="Boa")
    flow(world, "crm.remind", parameters={"to": "owner", "text": "x"})
    monkeypatch.setitem(doing._DOERS, "crm.remind", lambda _doing: 1 / 0)
    card(world)
    assert work() == ["done", "refused"]
    assert "nobody foresaw" in WorkflowRun.unscoped.order_by("-id").first().reason


def test_s7_killed_in_the_middle_is_whole_or_not_at_all(world, monkeypatch) -> None:
    """The process dies after the action and before the outcome: nothing of it is there, and it is done once."""
    mover(world, at=0, to=1, name="Adianta")
    deal = card(world)
    with monkeypatch.context() as patch:
        patch.setattr(WorkflowRun, "become", _killed)
        with pytest.raises(SystemExit):
            work()
    assert Deal.unscoped.get(pk=deal.pk).stage == stages(world)[0]
    assert states() == ["waiting"]
    assert work() == ["done"]
    assert Change.unscoped.filter(deal=deal, kind="moved").count() == 1


def _killed(*_args, **_values):
    raise SystemExit
