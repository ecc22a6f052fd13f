"""An account with as many rows as asked in every relation that pages and lists show, made in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import models
from django.utils import timezone

from accounts.models import (
    ApiKey,
    AuditEntry,
    Invitation,
    Membership,
    Notice,
    Profile,
    Sitting,
    Team,
    TeamMember,
    User,
)
from funnels import models as crm
from integrations import models as engine
from mapping.models import Conflict, Counterpart, Link
from tests.conftest import World

SET_UP = 150  # of what an account is set up with: its own limits are some hundreds (test_limits.py)
Made = dict[type[models.Model], list[Any]]
Maker = Callable[[int], models.Model]


def newest(model: type[models.Model], world: World) -> Any:
    """The account's first row of that table: the one that everything hangs on."""
    return model.unscoped.filter(account=world.account).order_by("pk").first()  # type: ignore[attr-defined]


_serial = count(1)


def fill(world: World, many: int) -> None:
    """Adds `many` rows to every growing table; what can hang on one row hangs on the account's first."""
    made: Made = {}
    for step in (_people, _setup, _clients, _cards, _journal, _traffic, _events):
        for model, rows, maker in step(world, many, made):
            made[model] = model._default_manager.bulk_create([maker(i) for i in range(rows)], batch_size=2000)


Steps = Iterator[tuple[type[models.Model], int, Maker]]


def _people(world: World, many: int, made: Made) -> Steps:
    own: dict[str, Any] = {"account": world.account}
    few = min(many, SET_UP)
    profile = Profile.unscoped.filter(account=world.account, is_administrator=False).first()
    now = timezone.now()
    yield User, few, lambda i: User(email=f"g{next(_serial)}@gente.example", name=f"Gente {i}", password="!")
    users = made[User]
    yield Membership, few, lambda i: Membership(**own, user=users[i], profile=profile)
    members = made[Membership]
    team = Team.unscoped.get_or_create(**own, name="Todos")[0]
    yield TeamMember, few, lambda i: TeamMember(**own, team=team, membership=members[i])
    yield (
        Sitting,
        few,
        lambda i: Sitting(
            user=world.admin,
            session_key=f"k{next(_serial)}",
            address="192.0.2.1",
            agent="x",
            began_at=now,
            seen_at=now,
        ),
    )
    yield (
        Invitation,
        few,
        lambda i: Invitation(
            **own,
            email=f"c{next(_serial)}@gente.example",
            profile=profile,
            digest=f"{next(_serial):064d}",
            invited_by=world.admin,
            expires_at=now + timedelta(days=3),
        ),
    )
    yield (
        Notice,
        many,
        lambda i: Notice(
            **own, user=world.admin, kind="task", words="Call.", source=f"s{next(_serial)}", at=now
        ),
    )
    yield (
        AuditEntry,
        many,
        lambda i: AuditEntry(**own, actor_label="x", action="member.added", subject=f"{i}"),
    )


def _setup(world: World, many: int, made: Made) -> Steps:
    """Beside the account's first funnel, stage and automation as many others; the endpoints have a limit of 20."""
    own: dict[str, Any] = {"account": world.account}
    few = min(many, SET_UP)
    funnel, automation = newest(crm.Funnel, world), newest(engine.Automation, world)
    stage = newest(crm.Stage, world)
    yield Team, few, lambda i: Team(**own, name=f"Equipe {next(_serial)}")
    yield Profile, few, lambda i: Profile(**own, name=f"Perfil {next(_serial)}", permissions=[])
    yield (
        ApiKey,
        few,
        lambda i: ApiKey(**own, name=f"Chave {i}", prefix=f"t{i}", digest=f"{next(_serial):064d}"),
    )
    yield crm.Funnel, few, lambda i: crm.Funnel(**own, name=f"Fluxo {i}", position=100 + i)
    funnels = made[crm.Funnel]
    yield crm.Stage, few, lambda i: crm.Stage(**own, funnel=funnels[i], name=f"Etapa {i}", position=1)
    yield (
        crm.Stage,
        min(many, 50),
        lambda i: crm.Stage(**own, funnel=funnel, name=f"Etapa {i}", position=100 + next(_serial)),
    )
    yield crm.LossReason, few, lambda i: crm.LossReason(**own, funnel=funnel, name=f"Motivo {next(_serial)}")
    yield (
        crm.ChecklistItem,
        min(many, 50),
        lambda i: crm.ChecklistItem(**own, stage=stage, text=f"Item {i}", position=100 + i),
    )
    yield (
        crm.CustomField,
        few,
        lambda i: crm.CustomField(
            **own,
            entity="deal",
            key=f"c{next(_serial)}",
            label=f"Campo {next(_serial)}",
            type="text",
            position=i,
        ),
    )
    yield (
        engine.Automation,
        few,
        lambda i: engine.Automation(
            **own,
            funnel=funnel,
            stage=stage,
            description=f"Automação {i}",
            action=automation.action,
            connection=automation.connection,
            position=100 + i,
        ),
    )
    yield (
        engine.WebhookEndpoint,
        min(many, 15),
        lambda i: engine.WebhookEndpoint(**own, url=f"https://x{i}.example/", events=["*"]),
    )


def _clients(world: World, many: int, made: Made) -> Steps:
    own: dict[str, Any] = {"account": world.account}
    company = newest(crm.Company, world)
    yield crm.Company, many, lambda i: crm.Company(**own, name=f"Empresa {i}", name_key=f"empresa {i}")
    yield (
        crm.Person,
        many,
        lambda i: crm.Person(**own, name=f"Pessoa {i}", name_key=f"pessoa {i}", company=company),
    )
    people = made[crm.Person]
    yield crm.Phone, many, lambda i: crm.Phone(**own, person=people[i], typed=f"11 9{i}", key=f"{i}")
    yield (
        crm.Product,
        many,
        lambda i: crm.Product(**own, name=f"Produto {i}", name_key=f"produto {i}"),
    )
    yield (
        crm.StoredFile,
        many,
        lambda i: crm.StoredFile(
            **own,
            name=f"{i}.txt",
            content_type="text/plain",
            size=1,
            sha256="0",
            file=f"x/{next(_serial)}",
            origin="x",
        ),
    )


def _cards(world: World, many: int, made: Made) -> Steps:
    own: dict[str, Any] = {"account": world.account}
    deal, person = newest(crm.Deal, world), newest(crm.Person, world)
    now = timezone.now()
    yield (
        crm.Deal,
        many,
        lambda i: crm.Deal(
            **own,
            number=10_000 + next(_serial),
            title=f"Pedido {i}",
            title_key=f"pedido {i}",
            funnel=deal.funnel,
            stage=deal.stage,
            entered_stage_at=now,
            person=person,
            company=deal.company,
            owner=world.admin,
        ),
    )
    people, products = made[crm.Person], made[crm.Product]
    yield (
        crm.RelatedContact,
        many,
        lambda i: crm.RelatedContact(**own, deal=deal, person=people[i]),
    )
    yield (
        crm.DealProduct,
        many,
        lambda i: crm.DealProduct(**own, deal=deal, product=products[i], quantity=1),
    )


def _journal(world: World, many: int, made: Made) -> Steps:
    own: dict[str, Any] = {"account": world.account}
    deal, person = newest(crm.Deal, world), newest(crm.Person, world)
    now = timezone.now()
    yield (
        crm.InteractionRecord,
        many,
        lambda i: crm.InteractionRecord(
            **own,
            type="simple",
            text="Oi",
            occurred_at=now,
            origin="system",
            deal=deal,
            person=person,
            company=deal.company,
        ),
    )
    yield (
        crm.Task,
        many,
        lambda i: crm.Task(
            **own, title=f"T{i}", deal=deal, person=person, assignee=world.admin, due_at=now, origin="system"
        ),
    )
    yield (
        crm.Change,
        many,
        lambda i: crm.Change(
            **own,
            entity="deal",
            entity_id=deal.pk,
            deal=deal,
            kind="updated",
            fields={"title": ["a", "b"]},
            origin_kind="system",
            at=now,
        ),
    )


def _traffic(world: World, many: int, made: Made) -> Steps:
    connection = newest(engine.Connection, world)
    deal, person = newest(crm.Deal, world), newest(crm.Person, world)
    lead, automation = newest(engine.Lead, world), newest(engine.Automation, world)
    of: dict[str, Any] = {"account": world.account, "connection": connection}
    now = timezone.now()
    deals = made[crm.Deal]
    yield (
        engine.Enrollment,
        many,
        lambda i: engine.Enrollment(**of, deal=deals[i], started_at=now, state="ended", ended_at=now),
    )
    runs = made[engine.Enrollment]
    yield (
        engine.Lead,
        many,
        lambda i: engine.Lead(account=world.account, enrollment=runs[i], person=person),
    )
    yield engine.Lane, many, lambda i: engine.Lane(**of, key=f"deal:{deals[i].pk}")
    lanes = made[engine.Lane]
    yield (
        engine.Delivery,
        many,
        lambda i: engine.Delivery(**of, source="webhook", received_at=now, body=b"{}"),
    )
    arrived = made[engine.Delivery]
    yield (
        engine.Arrival,
        many,
        lambda i: engine.Arrival(
            **of,
            delivery=arrived[i],
            lane=lanes[i],
            kind="activity",
            their_id=f"{i}",
            digest="x",
            received_at=now,
            state="failed",
            reason="Strange.",
        ),
    )
    yield (
        engine.OutboxAction,
        many,
        lambda i: engine.OutboxAction(
            **of,
            lane=lanes[i],
            enrollment=lead.enrollment,
            lead=lead,
            kind="send_lead",
            reference=f"r{next(_serial)}",
            created_at=now,
            state="refused",
            reason="No.",
        ),
    )
    yield (
        engine.Exchange,
        many,
        lambda i: engine.Exchange(**of, at=now, method="GET", url="https://x.example/"),
    )
    yield (
        engine.SyncEvent,
        many,
        lambda i: engine.SyncEvent(**of, deal=deal, at=now, words="Sent.", saw={}),
    )
    yield (
        engine.AutomationRun,
        many,
        lambda i: engine.AutomationRun(
            **of, automation=automation, deal=deal, change_id=next(_serial) + 10**6, at=now
        ),
    )
    yield (
        engine.WorkflowRun,
        many,
        lambda i: engine.WorkflowRun(
            account=world.account,
            automation=automation,
            deal=deal,
            cause=f"change:{next(_serial)}",
            due_at=now,
            created_at=now,
        ),
    )
    yield (
        engine.CatalogItem,
        many,
        lambda i: engine.CatalogItem(
            **of, kind="cadences", their_id=f"c{next(_serial)}", name=f"Cadência {i}"
        ),
    )
    yield from _mapped(world, many, now, deal)


def _mapped(world: World, many: int, now: datetime, deal: Any) -> Steps:
    side = newest(Counterpart, world)
    own: dict[str, Any] = {"account": world.account, "counterpart": side}
    yield (
        Link,
        many,
        lambda i: Link(
            **own, kind="lead", their_id=f"{i}", entity="lead", our_id=10**7 + next(_serial), ours={}
        ),
    )
    yield (
        Conflict,
        many,
        lambda i: Conflict(
            **own,
            entity="deal",
            our_id=deal.pk,
            their_id="9",
            deal_id=deal.pk,
            their_key="custom.x",
            label="X",
            winner="ours",
            why="w",
            at=now,
        ),
    )


def _events(world: World, many: int, made: Made) -> Steps:
    own: dict[str, Any] = {"account": world.account}
    endpoint = newest(engine.WebhookEndpoint, world)
    now = timezone.now()
    yield (
        engine.OutgoingEvent,
        many,
        lambda i: engine.OutgoingEvent(
            **own, uid=f"evt_m{next(_serial)}", kind="deal.won", at=now, data={"object": {"id": "1"}}
        ),
    )
    told = made[engine.OutgoingEvent]
    yield (
        engine.EventDelivery,
        many,
        lambda i: engine.EventDelivery(**own, endpoint=endpoint, event=told[i], due_at=now, state="dead"),
    )
