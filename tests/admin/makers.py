"""How one row of each table is made for the staff admin's tests, with canaries where secrets stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django_q import models as queue
from django_q.conf import Conf
from django_q.signing import SignedPackage

from accounts import models as accounts
from funnels import models as crm
from integrations import models as engine
from mapping import models as mapping

CANARY = "CANARY-0f3a"  # stands in every field that nobody may read


@dataclass(kw_only=True)
class Base:
    """One account with one of everything that the other rows hang on."""

    account: accounts.Account
    user: accounts.User
    profile: accounts.Profile
    funnel: crm.Funnel
    stage: crm.Stage
    person: crm.Person
    company: crm.Company
    deal: crm.Deal
    connection: engine.Connection
    lane: engine.Lane
    counterpart: mapping.Counterpart


def base(world: Any) -> Base:
    account = world.account
    stage = world.funnel.stages.first()
    now = timezone.now()
    counterpart = mapping.Counterpart.unscoped.create(account=account, slug="meetime", remote_id="77")
    connection = _connection(account, 0, state="active", counterpart=counterpart)
    person = crm.Person.unscoped.create(
        account=account, name="Ana", name_key="ana", email="a@x.example", email_key="a@x.example"
    )
    company = crm.Company.unscoped.create(account=account, name="Padaria", name_key="padaria")
    return Base(
        account=account,
        user=world.seller,
        profile=accounts.Profile.unscoped.filter(account=account).first(),
        funnel=world.funnel,
        stage=stage,
        person=person,
        company=company,
        deal=crm.Deal.unscoped.create(
            account=account,
            number=900,
            title="Base",
            funnel=world.funnel,
            stage=stage,
            entered_stage_at=now,
            owner=world.seller,
            person=person,
            company=company,
        ),
        connection=connection,
        lane=engine.Lane.unscoped.create(account=account, connection=connection, key="deal:0", token=CANARY),
        counterpart=counterpart,
    )


def _connection(account: accounts.Account, i: int, **more: Any) -> engine.Connection:
    values = {
        "partner": "meetime",
        "remote_name": f"Conta {i}",
        "sealed": CANARY,
        "sealed_webhook": CANARY,
        "webhook_token": f"{CANARY}-{account.pk}-{i}",
        **more,
    }
    return engine.Connection.unscoped.create(account=account, **values)


def _deal(b: Base, i: int) -> crm.Deal:
    return crm.Deal.unscoped.create(
        account=b.account,
        number=1000 + next(_serial),
        title=f"Card {i}",
        funnel=b.funnel,
        stage=_stage(b, i),
        entered_stage_at=timezone.now(),
        owner=_user(b, i),
        person=_person(b, i),
        company=_company(b, i),
    )


def _stage(b: Base, i: int) -> crm.Stage:
    return crm.Stage.unscoped.create(account=b.account, funnel=b.funnel, name=f"Etapa {i}", position=10 + i)


def _funnel(b: Base, i: int) -> crm.Funnel:
    return crm.Funnel.unscoped.create(account=_account(i), name=f"Funil {i}")


def _person(b: Base, i: int) -> crm.Person:
    return crm.Person.unscoped.create(
        account=b.account, name=f"Pessoa {i}", name_key=f"pessoa {i}", company=_company(b, i)
    )


def _company(b: Base, i: int) -> crm.Company:
    return crm.Company.unscoped.create(account=b.account, name=f"Empresa {i}", name_key=f"empresa {i}")


def _product(b: Base, i: int) -> crm.Product:
    return crm.Product.unscoped.create(account=b.account, name=f"Produto {i}", name_key=f"produto {i}")


_serial = iter(range(10**9))


def _account(i: int) -> accounts.Account:
    return accounts.Account.objects.create(name=f"Conta {i} {next(_serial)}")


def _user(b: Base, i: int) -> accounts.User:
    email = f"u{next(_serial)}@many.example"
    return accounts.User.objects.create(email=email, name=f"Gente {i}", password=f"{CANARY}$1$2$3")


def _profile(b: Base, i: int) -> accounts.Profile:
    return accounts.Profile.unscoped.create(account=_account(i), name=f"Perfil {i}")


def _key(b: Base, i: int) -> accounts.ApiKey:
    serial = next(_serial)
    return accounts.ApiKey.unscoped.create(
        account=_account(i),
        name=f"k{i}",
        prefix=f"tmd_{i}",
        digest=f"{CANARY}-{serial}",
        created_by=_user(b, i),
    )


def _other_connection(b: Base, i: int) -> engine.Connection:
    return _connection(_account(i), i, last_error="x")


def _automation(b: Base, i: int) -> engine.Automation:
    return engine.Automation.unscoped.create(
        account=b.account,
        funnel=b.funnel,
        stage=b.stage,
        description=f"Regra {i}",
        action="send",
        connection=_other_connection(b, i),
        filters={"rules": []},
    )


def _enrollment(b: Base, i: int) -> engine.Enrollment:
    connection = _other_connection(b, i)
    return engine.Enrollment.unscoped.create(
        account=b.account, connection=connection, deal=_deal(b, i), started_at=timezone.now()
    )


def _lead(b: Base, i: int) -> engine.Lead:
    return engine.Lead.unscoped.create(account=b.account, enrollment=_enrollment(b, i), person=_person(b, i))


def _outbox(b: Base, i: int) -> engine.OutboxAction:
    connection = _other_connection(b, i)
    return engine.OutboxAction.unscoped.create(
        account=b.account,
        connection=connection,
        lane=b.lane,
        kind="create",
        reference=f"r{i}",
        state="dead",
        payload={"api_key": CANARY},
        created_at=timezone.now(),
    )


def _delivery(b: Base, i: int) -> engine.Delivery:
    return engine.Delivery.unscoped.create(
        account=b.account,
        connection=_other_connection(b, i),
        source="webhook",
        received_at=timezone.now(),
        headers={"Authorization": CANARY},
        body=b'{"token": "' + CANARY.encode() + b'", "x": "<script>"}',
    )


def _arrival(b: Base, i: int) -> engine.Arrival:
    return engine.Arrival.unscoped.create(
        account=b.account,
        connection=_other_connection(b, i),
        lane=b.lane,
        delivery=_delivery(b, i),
        kind="lead",
        their_id=str(i),
        digest="d",
        state="failed",
        received_at=timezone.now(),
        record={"password": CANARY},
    )


def _exchange(b: Base, i: int) -> engine.Exchange:
    return engine.Exchange.unscoped.create(
        account=b.account,
        connection=_other_connection(b, i),
        at=timezone.now(),
        method="GET",
        url=f"https://x/{i}",
        request_headers={"Authorization": CANARY},
        response_body='{"a": {"secret": "' + CANARY + '"}}',
    )


def _endpoint(b: Base, i: int) -> engine.WebhookEndpoint:
    return engine.WebhookEndpoint.unscoped.create(
        account=b.account,
        url=f"https://{CANARY}@erp.example/{i}?token={CANARY}",
        events=["*"],
        sealed=CANARY,
        sealed_before=CANARY,
    )


def _event(b: Base, i: int) -> engine.OutgoingEvent:
    return engine.OutgoingEvent.unscoped.create(
        account=b.account, uid=f"evt_{next(_serial)}", kind="deal.won", at=timezone.now(), data={"i": i}
    )


def _idempotency(b: Base, i: int) -> accounts.IdempotencyKey:
    return accounts.IdempotencyKey.unscoped.create(
        account=b.account,
        api_key=_key(b, i),
        route="POST /x",
        key=f"k{i}",
        request_digest="d",
        body={"a": 1},
        created_at=timezone.now(),
    )


def _log(b: Base, i: int) -> LogEntry:
    kind = ContentType.objects.get_for_model(crm.Deal)
    return LogEntry.objects.create(
        user=_user(b, i),
        content_type=kind,
        object_id=str(i),
        object_repr="x",
        action_flag=2,
        change_message="x",
    )


def _job(model: type[models.Model], ok: bool) -> Callable[[Base, int], models.Model]:
    def make(b: Base, i: int) -> models.Model:
        now = timezone.now()
        return model._default_manager.create(
            id=f"{next(_serial):032d}",
            name=f"job {i}",
            func="a.b",
            started=now,
            stopped=now + timedelta(seconds=i),
            success=ok,
            result="error text",
            args=(CANARY,),
            kwargs={"k": CANARY},
        )

    return make


def _waiting_job(b: Base, i: int) -> models.Model:
    task = {"id": "1", "name": "n", "func": "a.b", "args": (CANARY,), "kwargs": {}}
    return queue.OrmQ.objects.using(Conf.ORM).create(
        key="tomada", payload=SignedPackage.dumps(task), lock=timezone.now()
    )
