"""Check-in and check-out, and who sees a task (S3, Tarefas)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Module, User
from accounts.origin import Origin
from funnels import services
from funnels.models import CheckIn, Company, Task
from funnels.services.check_ins import client_of, distance
from tests import factories
from tests.conftest import World

SE = (Decimal("-23.550520"), Decimal("-46.633308"))  # Praça da Sé
REPUBLICA = (Decimal("-23.543333"), Decimal("-46.642222"))  # Praça da República, about 1.2 km away


def told(world: World, **settings: Any) -> None:
    """The account's choices for the module "tasks"."""
    defaults = {"contracted": True, "enabled": True, "settings": settings}
    Module.unscoped.update_or_create(account=world.account, slug="tasks", defaults=defaults)


def task_of(world: World, *, author: User | None = None, **values: Any) -> Task:
    origin = Origin.user(author) if author else factories.SYSTEM
    return services.create_task(account=world.account, title="Visitar", origin=origin, **values)


def here(place: tuple[Decimal, Decimal] = SE, *, kind: str = "in", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "latitude": place[0], "longitude": place[1], "accuracy": 12, **more}


def check(world: World, subject: Any, place: tuple[Decimal, Decimal] = SE, **more: Any) -> CheckIn:
    given = {"user": world.seller, **here(place, **more)}
    return services.check_in(subject=subject, origin=Origin.user(world.seller), now=timezone.now(), **given)


@pytest.fixture
def company(world: World) -> Company:
    return services.create_company(account=world.account, name="Íris Ltda", origin=factories.SYSTEM)


def post(client: Client, world: World, name: str, *args: int, **data: Any) -> Any:
    return client.post(
        reverse(f"portal:{name}", args=args), {"account": world.account.pk, **data}, follow=True
    )


# --- Check-in and check-out ------------------------------------------------------------------------


def test_s3_distances_are_those_over_the_sphere() -> None:
    assert distance(SE, SE) == 0
    assert 1195 <= distance(SE, REPUBLICA) <= 1220
    assert distance((Decimal(0), Decimal(179)), (Decimal(0), Decimal(-179))) == 222_390


def test_s3_beyond_the_radius_it_is_kept_and_marked_with_the_distance(world: World, company: Company) -> None:
    told(world, check_out=True, radius=1000)
    services.set_place(client=company, place=SE, origin=factories.SYSTEM)
    deal = factories.deal(funnel=world.funnel, company=company)
    task = task_of(world, deal=deal)
    assert (check(world, task).outside, check(world, task, REPUBLICA, kind="out").outside) == (False, True)
    far = CheckIn.objects.of(world.account).get(kind="out")
    assert 1195 <= far.distance <= 1220
    told(world, check_out=True, radius=5000)
    record, _new = services.log_interaction(
        account=world.account, type="meeting", text="Visita", occurred_at=timezone.now(), origin=factories.SYSTEM,
        company=company,
    )  # fmt: skip
    assert check(world, record, REPUBLICA).outside is False, "the account's radius decides"


def test_s3_a_client_whose_place_is_unknown_may_have_it_here(world: World, company: Company) -> None:
    told(world, check_out=True)
    task = task_of(world, deal=factories.deal(funnel=world.funnel, company=company))
    unknown = check(world, task)
    assert (unknown.distance, unknown.outside) == (None, False)
    made = check(world, task, REPUBLICA, kind="out", use_as_place=True)
    company.refresh_from_db()
    assert (company.latitude, company.longitude, made.distance) == (*REPUBLICA, 0)
    other = task_of(world, deal=factories.deal(funnel=world.funnel, company=company))
    assert check(world, other, SE, use_as_place=True).outside, "a known place is not written over"


def test_s3_the_clients_place_is_the_companys_or_the_persons(world: World, company: Company) -> None:
    ana = services.create_person(account=world.account, name="Ana", origin=factories.SYSTEM, company=company)
    task = task_of(world, person=ana)
    assert client_of(task) == company
    services.set_place(client=ana, place=SE, origin=factories.SYSTEM)
    task = Task.objects.of(world.account).get(pk=task.pk)
    assert client_of(task) == ana, "the only place that is known"
    assert client_of(task_of(world)) is None


@pytest.mark.parametrize(
    ("settings", "given"),
    [
        ({}, {}),
        ({"check_out": True}, {"kind": "out"}),
        ({"check_out": True}, {"latitude": Decimal(91)}),
        ({"check_out": True}, {"longitude": Decimal("NaN")}),
    ],
)
def test_s3_what_no_check_in_can_be_is_refused(world: World, settings: Any, given: Any) -> None:
    told(world, **settings)
    task = task_of(world)
    with pytest.raises(services.NotAllowed):
        services.check_in(
            subject=task,
            user=world.seller,
            origin=factories.SYSTEM,
            now=timezone.now(),
            **{**here(), **given},
        )
    assert not CheckIn.objects.of(world.account).exists()


def test_s3_each_person_checks_in_once_and_strangers_never(world: World, stranger: World) -> None:
    told(world, check_out=True)
    task = task_of(world)
    check(world, task)
    with pytest.raises(services.NotAllowed):
        check(world, task)
    check(world, task, user=world.admin)
    with pytest.raises(services.NotAllowed):
        check(world, task, user=stranger.admin)


def test_s3_the_page_offers_it_and_may_ask_for_the_position(
    world: World, company: Company, client_of: Callable[[User], Client]
) -> None:
    client = client_of(world.seller)
    deal = factories.deal(funnel=world.funnel, company=company, owner=world.seller)
    task = task_of(world, deal=deal, assignee=world.seller)
    record, _new = services.log_interaction(
        account=world.account, type="meeting", text="Visita", occurred_at=timezone.now(), origin=factories.SYSTEM,
        deal=deal, company=company,
    )  # fmt: skip
    pages = [
        reverse("portal:tasks"),
        reverse("portal:deal", args=[deal.pk]),
        reverse("portal:company", args=[company.pk]),
    ]
    for page in pages:
        answer = client.get(page)
        assert "data-position" not in answer.content.decode(), page
        assert "geolocation=()" in answer["Permissions-Policy"]
    told(world, check_out=True, radius=1000)
    for page in pages:
        answer = client.get(page)
        assert 'name="use_as_place"' in answer.content.decode(), page
        assert "geolocation=(self)" in answer["Permissions-Policy"]
        assert "funnels/position.js" in answer.content.decode()
    assert (
        "geolocation=()" in client.get(reverse("portal:board", args=[world.funnel.pk]))["Permissions-Policy"]
    )
    post(client, world, "task-check", task.pk, **here(use_as_place="on", back="tasks"))
    answer = post(client, world, "record-check", record.pk, **here(REPUBLICA, back="deal"))
    assert answer.redirect_chain[-1][0] == f"{pages[1]}#timeline"
    body = answer.content.decode()
    assert "m do cliente, fora do raio" in body, "told at once"
    assert "m do cliente: fora do raio" in body, "and marked on the record"
    kinds = CheckIn.objects.of(world.account).order_by("pk").values_list("kind", "task", "record", "outside")
    assert list(kinds) == [("in", task.pk, None, False), ("in", None, record.pk, True)]
    post(client, world, "task-check", task.pk, kind="out")
    assert CheckIn.objects.of(world.account).count() == 2, "without a position nothing is kept"
    post(client, world, "company-place", company.pk)
    company.refresh_from_db()
    assert company.latitude is None


# --- Responsibles ----------------------------------------------------------------------------------


@pytest.fixture
def people(world: World) -> dict[str, User]:
    """Members without administration, besides the seller."""
    names = ("author", "assignee", "helper", "other")
    return {
        name: factories.member(account=world.account, email=f"{name}@x.example", name=name) for name in names
    }


def test_s3_only_who_has_to_do_with_a_task_sees_it(
    world: World, people: dict[str, User], client_of: Callable[[User], Client]
) -> None:
    told(world, responsibles=True)
    deal = factories.deal(funnel=world.funnel)
    helper = people["helper"]
    task = task_of(
        world, author=people["author"], deal=deal, assignee=people["assignee"], responsibles=[helper]
    )
    card, everything = reverse("portal:deal", args=[deal.pk]), reverse("portal:tasks") + "?which=all"
    sees = ["author", "assignee", "helper", "admin"]
    for name, user in {**people, "admin": world.admin}.items():
        client = client_of(user)
        for page in (card, everything):
            assert ("Visitar" in client.get(page).content.decode()) is (name in sees), (name, page)
        mine = client.get(reverse("portal:tasks")).content.decode()
        assert ("Visitar" in mine) is (name in ("assignee", "helper")), name
    assert post(client_of(people["other"]), world, "task-done", task.pk).status_code == 404
    assert post(client_of(people["other"]), world, "task-check", task.pk, **here()).status_code == 404
    told(world, responsibles=False)
    assert "Visitar" in client_of(people["other"]).get(card).content.decode(), "off: everybody again"


def test_s3_responsibles_are_chosen_on_the_form(
    world: World, people: dict[str, User], client_of: Callable[[User], Client]
) -> None:
    deal = factories.deal(funnel=world.funnel)
    client = client_of(world.admin)
    address = reverse("portal:deal", args=[deal.pk])
    assert 'name="responsibles"' not in client.get(address).content.decode()
    told(world, responsibles=True)
    assert 'name="responsibles"' in client.get(address).content.decode()
    chosen = [people["helper"].pk, people["author"].pk]
    post(client, world, "deal-task", deal.pk, title="Ligar", responsibles=chosen)
    task = Task.objects.of(world.account).get()
    assert set(task.responsibles.values_list("user_id", flat=True)) == set(chosen)


def test_s3_responsibles_follow_the_setting_and_are_members(world: World, stranger: World) -> None:
    with pytest.raises(services.NotAllowed):
        task_of(world, responsibles=[world.seller])
    assert not Task.objects.of(world.account).exists(), "nothing half made"
    told(world, responsibles=True)
    with pytest.raises(services.NotAllowed):
        task_of(world, responsibles=[stranger.seller])
    task = task_of(world, responsibles=[world.seller])
    services.update_task(task=task, origin=factories.SYSTEM, responsibles=[world.admin])
    assert list(task.responsibles.values_list("user_id", flat=True)) == [world.admin.pk]
    told(world, responsibles=False)
    services.update_task(task=task, origin=factories.SYSTEM, title="Outra", responsibles=[world.admin])
    with pytest.raises(services.NotAllowed):
        services.update_task(task=task, origin=factories.SYSTEM, responsibles=[world.seller])


# --- Changing and deleting on screen ---------------------------------------------------------------


def test_a_task_gets_another_title_and_date_on_screen(world: World, client_of: Callable[..., Client]) -> None:
    deal = factories.deal(funnel=world.funnel)
    task, client = task_of(world, deal=deal, assignee=world.seller), client_of(world.seller)
    for address in (reverse("portal:tasks"), reverse("portal:deal", args=[deal.pk])):
        assert f'action="/tasks/{task.pk}/edit/"' in client.get(address).content.decode()
    sent = {"title": "Telefonar", "due_at": "2026-12-01T14:30", "version": 1}
    answer = post(client, world, "task-edit", task.pk, **sent, deal=deal.pk)
    assert answer.redirect_chain[-1][0] == f"/deals/{deal.pk}/#tasks"
    assert 'value="2026-12-01T14:30"' in answer.content.decode()
    now = Task.unscoped.get(pk=task.pk)
    assert (now.title, now.assignee) == ("Telefonar", world.seller)
    assert timezone.localtime(now.due_at).strftime("%d/%m %H:%M") == "01/12 14:30"
    # An old version, and a title of nothing, change nothing.
    post(client, world, "task-edit", task.pk, **{**sent, "title": "Velho"})
    post(client, world, "task-edit", task.pk, title=" ", version=2)
    assert Task.unscoped.get(pk=task.pk).title == "Telefonar"
    services.complete_task(task=now, origin=factories.SYSTEM)
    page = client.get(reverse("portal:deal", args=[deal.pk])).content.decode()
    assert f'action="/tasks/{task.pk}/edit/"' not in page


def test_a_task_is_deleted_on_screen_by_who_may_delete(
    world: World, stranger: World, client_of: Callable[..., Client]
) -> None:
    task, writer = (
        task_of(world, assignee=world.seller),
        factories.member(
            account=world.account, email="so@casa.example", allows=("records.write", "cards.all")
        ),
    )
    page = client_of(writer).get(reverse("portal:tasks") + "?which=all").content.decode()
    assert f"/tasks/{task.pk}/edit/" in page
    assert f"/tasks/{task.pk}/delete/" not in page
    assert post(client_of(writer), world, "task-delete", task.pk).status_code == 403
    assert post(client_of(stranger.admin), stranger, "task-delete", task.pk).status_code == 404
    answer = post(client_of(world.seller), world, "task-delete", task.pk, which="all")
    assert answer.redirect_chain[-1][0] == "/tasks/?which=all"
    assert not Task.unscoped.filter(pk=task.pk).exists()
