"""What support staff do goes through the services: rules, journal, audit trail (S3, S5, S8, M15, M41, X4)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AuditEntry, Membership, Module, User
from funnels import services
from funnels.models import Change, CustomField, Deal, Funnel, Person
from integrations.admin.traffic import OutboxActionAdmin
from integrations.models import Arrival, Connection, OutboxAction
from tests import factories
from tests.admin import rows
from tests.admin.test_every_screen import address


def fields(deal: Deal, **changed: Any) -> dict[str, Any]:
    """The deal's change form as the page posts it."""
    sent = {
        "title": deal.title,
        "stage": deal.stage_id,
        "owner": deal.owner_id or "",
        "person": deal.person_id or "",
        "company": deal.company_id or "",
        "amount": deal.amount or "",
        "seen_version": deal.version,
    }
    return {**sent, **changed}


def act(desk: Client, row: models.Model, slug: str, **data: Any) -> Any:
    return desk.post(address(type(row), "act", row.pk, slug), data)


@pytest.fixture
def deal(world: Any) -> Deal:
    return factories.deal(funnel=world.funnel)


def test_saving_a_deal_writes_the_journal_with_the_person_as_origin(
    desk: Client, chief: User, deal: Deal
) -> None:
    url = address(Deal, "change", deal.pk)
    assert desk.post(url, fields(deal, title="Outro nome", amount="1500")).status_code == 302
    deal.refresh_from_db()
    assert (deal.title, deal.version) == ("Outro nome", 2)
    line = Change.unscoped.filter(deal=deal).latest("pk")
    assert (line.kind, line.origin_kind, line.origin_id) == ("updated", "user", chief.pk)
    assert line.fields["title"] == ["Padaria Sol", "Outro nome"]


def test_a_pending_checklist_is_an_error_on_the_form(desk: Client, deal: Deal, world: Any) -> None:
    """S8: nothing is saved, not even the title typed along with it."""
    first, second = list(world.funnel.stages.all())[:2]
    services.add_checklist_item(stage=first, text="Ligar antes", origin=factories.SYSTEM)
    before = Change.unscoped.count()
    answer = desk.post(address(Deal, "change", deal.pk), fields(deal, title="Outro", stage=second.pk))
    assert answer.status_code == 200
    assert "Ligar antes" in answer.content.decode()
    deal.refresh_from_db()
    assert (deal.title, deal.stage_id) == ("Padaria Sol", first.pk)
    assert Change.unscoped.count() == before
    act(desk, deal, "win")
    deal.refresh_from_db()
    assert deal.status == "open"


def test_moving_a_deal_by_its_form(desk: Client, deal: Deal, world: Any) -> None:
    second = list(world.funnel.stages.all())[1]
    assert (
        desk.post(address(Deal, "change", deal.pk), fields(deal, stage=second.pk, title="X")).status_code
        == 302
    )
    deal.refresh_from_db()
    assert (deal.stage_id, deal.title) == (second.pk, "X")
    assert list(Change.unscoped.filter(deal=deal).order_by("pk").values_list("kind", flat=True)) == [
        "created",
        "updated",
        "moved",
    ]


def test_someone_else_changed_this_is_said_on_the_form(desk: Client, deal: Deal) -> None:
    services.update_deal(deal=deal, title="Da vendedora", origin=factories.SYSTEM)
    answer = desk.post(address(Deal, "change", deal.pk), fields(deal, title="Do suporte"))
    assert answer.status_code == 200
    deal.refresh_from_db()
    assert deal.title == "Da vendedora"


def test_stages_owners_and_persons_of_another_account_are_refused(
    desk: Client, deal: Deal, world: Any, stranger: Any
) -> None:
    url = address(Deal, "change", deal.pk)
    theirs = services.create_person(account=stranger.account, name="Eva", origin=factories.SYSTEM)
    stage = stranger.funnel.stages.first()
    for change in ({"stage": stage.pk}, {"owner": stranger.seller.pk}, {"person": theirs.pk}):
        assert desk.post(url, fields(deal, **change)).status_code == 200
    deal.refresh_from_db()
    assert (deal.version, deal.person_id, deal.owner_id) == (1, None, None)
    assert f'value="{stage.pk}"' not in desk.get(url).content.decode()


def test_win_lose_with_a_reason_reopen_and_delete(desk: Client, deal: Deal, world: Any) -> None:
    """M41: only a reason of the deal's own funnel."""
    reason = services.add_loss_reason(funnel=world.funnel, name="Preço", origin=factories.SYSTEM)
    other = services.add_loss_reason(
        funnel=factories.funnel(account=world.account), name="X", origin=factories.SYSTEM
    )
    assert desk.get(address(Deal, "act", deal.pk, "win")).status_code == 405
    assert act(desk, deal, "lose", option=other.pk).status_code == 404
    for slug, data, status in (
        ("win", {}, "won"),
        ("reopen", {}, "open"),
        ("lose", {"option": reason.pk}, "lost"),
        ("win", {}, "lost"),
    ):
        assert act(desk, deal, slug, **data).status_code == 302
        deal.refresh_from_db()
        assert deal.status == status
    assert deal.loss_reason_id == reason.pk
    assert desk.post(address(Deal, "delete", deal.pk), {"post": "yes"}).status_code == 302
    deal.refresh_from_db()
    assert deal.deleted_at is not None
    assert Change.unscoped.filter(deal=deal, kind="deleted").exists()


def test_adding_through_services(desk: Client, world: Any) -> None:
    """S3: the card's number is the account's next; M15: one e-mail is one person."""
    stage = world.funnel.stages.first()
    assert desk.post(address(Deal, "add"), {"title": "Novo", "stage": stage.pk}).status_code == 302
    deal = Deal.unscoped.get(title="Novo")
    assert (deal.account_id, deal.number) == (world.account.pk, 1)
    new = {"account": world.account.pk, "name": "Ana", "email": "ana@x.example", "phones": "11 98888-7777\n"}
    assert desk.post(address(Person, "add"), new).status_code == 302
    person = Person.unscoped.get(email_key="ana@x.example")
    assert person.phones.get().e164 == "+5511988887777"
    again = desk.post(address(Person, "add"), {**new, "name": "Outra", "email": "ANA@x.example"})
    assert again.status_code == 200
    assert Person.unscoped.filter(email_key="ana@x.example").count() == 1
    url = address(Person, "change", person.pk)
    desk.post(url, {"name": "Ana B", "email": person.email, "phones": "11 97777-6666", "seen_version": 1})
    person.refresh_from_db()
    assert (person.name, person.name_key, person.phones.get().typed) == ("Ana B", "ana b", "11 97777-6666")
    funnel = {"account": world.account.pk, "name": "Pós-venda", "stages": "Um\nDois"}
    assert desk.post(address(Funnel, "add"), funnel).status_code == 302
    assert Funnel.unscoped.get(name="Pós-venda").stages.count() == 2
    field = {
        "account": world.account.pk,
        "entity": "deal",
        "key": "cor",
        "label": "Cor",
        "type": "options",
        "options": "Azul\nVerde",
        "writer": "people",
    }
    assert desk.post(address(CustomField, "add"), field).status_code == 302
    assert CustomField.unscoped.get(key="cor").options == ["Azul", "Verde"]


def test_people_find_rows_by_what_is_compared(desk: Client, world: Any) -> None:
    services.create_person(
        account=world.account, name="José Ávila", email="Ze@X.example", origin=factories.SYSTEM
    )
    for typed in ("jose avila", "JOSÉ", "ze@x.example"):
        assert b"Jos\xc3\xa9 \xc3\x81vila" in desk.get(address(Person, "changelist"), {"q": typed}).content
    assert b"Jos\xc3\xa9" not in desk.get(address(Person, "changelist"), {"q": "avila"}).content


def test_contracting_a_module_is_audited(desk: Client, chief: User, world: Any) -> None:
    """S5: contracted by staff; out of the contract is off; fixed ones stay."""
    module = Module.unscoped.create(account=world.account, slug="api")
    url = address(Module, "change", module.pk)
    assert desk.post(url, {"enabled": "on", "seen_version": 1}).status_code == 200
    assert desk.post(url, {"contracted": "on", "enabled": "on", "seen_version": 1}).status_code == 302
    module.refresh_from_db()
    assert (module.contracted, module.enabled) == (True, True)
    assert desk.post(url, {"enabled": "on", "seen_version": 2}).status_code == 302
    module.refresh_from_db()
    assert (module.contracted, module.enabled) == (False, False)
    lines = AuditEntry.unscoped.filter(action="module.contracted").order_by("pk")
    assert [line.data["after"] for line in lines] == [
        {"contracted": True, "enabled": True},
        {"contracted": False, "enabled": False},
    ]
    assert {line.actor_id for line in lines} == {chief.pk}
    fixed = Module.unscoped.create(account=world.account, slug="tasks", contracted=True, enabled=True)
    assert desk.post(address(Module, "change", fixed.pk), {"seen_version": 1}).status_code == 200
    fixed.refresh_from_db()
    assert fixed.enabled


def test_an_account_is_made_with_its_administrator_who_gets_a_link(
    desk: Client, chief: User, world: Any
) -> None:
    new = {"name": "Nova", "admin_email": "Chefe@nova.example", "admin_name": "Chefe", "modules": ["api"]}
    assert desk.post(address(Account, "add"), new).status_code == 302
    place = Membership.unscoped.select_related("profile", "user").get(account__name="Nova")
    assert place.profile.is_administrator
    assert Module.unscoped.get(account__name="Nova", slug="api").enabled
    link = address(User, "act", place.user.pk, "link")
    assert "/password/set/" not in desk.post(link, follow=True).content.decode()  # her account is not open
    factories.opened(chief, place.account)
    page = desk.post(link, follow=True).content.decode()
    assert "/password/set/" in page
    assert AuditEntry.unscoped.filter(account=place.account, action="user.password_link").exists()


def test_staff_who_are_not_superusers_cannot_raise_anybody(client_of: Any, chief: User, world: Any) -> None:
    from django.contrib.auth.models import Permission

    helper = User.objects.create_user(email="ajuda@tomada.example", is_staff=True)
    helper.user_permissions.set(
        Permission.objects.filter(codename__in=["change_user", "view_user", "add_user"])
    )
    desk = client_of(helper)
    raised = {"name": "V", "language": "", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    assert desk.post(address(User, "change", world.seller.pk), raised).status_code == 302
    world.seller.refresh_from_db()
    assert (world.seller.name, world.seller.is_staff, world.seller.is_superuser) == ("V", False, False)
    assert desk.post(address(User, "change", chief.pk), raised).status_code == 403
    assert desk.post(address(User, "act", chief.pk, "link")).status_code == 403
    assert desk.get(reverse("admin:auth_group_changelist")).status_code == 403


def test_the_outbox_is_sent_again_or_cancelled_by_row_and_by_list(desk: Client, base: rows.Base) -> None:
    """X4, through replay: each with a line of the audit trail; "all rows" is never taken at its word."""
    one, two, three = (rows.MAKE[OutboxAction](base, i) for i in range(3))
    page = desk.get(address(OutboxAction, "change", one.pk)).content.decode()
    assert all(str(each.label) in page for each in OutboxActionAdmin.acts)
    act(desk, one, "again")
    one.refresh_from_db()
    assert one.state == "waiting"
    data = {"action": "cancel", "_selected_action": [two.pk], "select_across": "1", "index": "0"}
    assert desk.post(address(OutboxAction, "changelist"), data).status_code == 302
    two.refresh_from_db()
    three.refresh_from_db()
    assert (two.state, three.state) == ("cancelled", "dead")
    assert AuditEntry.unscoped.filter(action__in=("outbox.sent_again", "outbox.cancelled")).count() == 2
    told = desk.post(address(OutboxAction, "changelist"), {**data, "action": "again"}, follow=True)
    assert told.status_code == 200
    two.refresh_from_db()
    assert two.state == "cancelled"


def test_a_failed_arrival_is_taken_in_again(desk: Client, base: rows.Base) -> None:
    arrival = rows.MAKE[Arrival](base, 1)
    act(desk, arrival, "again")
    arrival.refresh_from_db()
    assert arrival.state == "waiting"
    act(desk, arrival, "again")
    assert AuditEntry.unscoped.filter(action="inbox.taken_again").count() == 1


def test_a_connection_is_paused_and_resumed_through_the_engine(desk: Client, base: rows.Base) -> None:
    factories.module(account=base.account, slug="workflow")  # the connection's flow demands it (G3)
    for slug, state in (("pause", "paused"), ("pause", "paused"), ("resume", "active")):
        assert act(desk, base.connection, slug).status_code == 302
        assert Connection.unscoped.get(pk=base.connection.pk).state == state
    done = AuditEntry.unscoped.filter(action__startswith="connection.").values_list("action", flat=True)
    assert sorted(done) == ["connection.active", "connection.paused"]


def test_who_may_only_look_sees_no_button_and_may_not_act(client_of: Any, base: rows.Base) -> None:
    from django.contrib.auth.models import Permission

    looker = User.objects.create_user(email="olha@tomada.example", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    desk, arrival = client_of(looker), rows.MAKE[Arrival](base, 1)
    factories.opened(looker, base.account)
    page = desk.get(address(Arrival, "change", arrival.pk))
    assert page.status_code == 200
    assert "/act/" not in page.content.decode()
    assert act(desk, arrival, "again").status_code == 403
    for model in (Deal, Person, Module, User):
        row = rows.MAKE[model](base, 1)
        assert desk.get(address(model, "change", row.pk)).status_code == 200
        assert desk.post(address(model, "change", row.pk), {}).status_code == 403


def test_guessing_staff_passwords_is_stopped(client: Client, chief: User) -> None:
    url = reverse("admin:login")
    for _try in range(10):
        client.post(url, {"username": chief.email, "password": "wrong"})
    client.post(url, {"username": chief.email, "password": "a-long-password-1"})
    assert client.get(reverse("admin:index")).status_code == 302
