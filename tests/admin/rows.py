"""Rows of every table that staff see, as many as asked, each different and each with canaries for secrets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django_q import models as queue
from post_office.models import Email

from accounts import models as accounts
from accounts.modules import MODULES
from funnels import models as crm
from funnels.models.board import DealCounter
from integrations import models as engine
from integrations.partners.meetime import models as meetime
from mapping import models as mapping
from tests.admin.makers import (
    CANARY,
    Base,
    _account,
    _arrival,
    _automation,
    _company,
    _deal,
    _delivery,
    _endpoint,
    _enrollment,
    _event,
    _exchange,
    _funnel,
    _idempotency,
    _job,
    _key,
    _lead,
    _log,
    _other_connection,
    _outbox,
    _person,
    _product,
    _profile,
    _serial,
    _stage,
    _user,
    _waiting_job,
    base,
)

NOW = timezone.now


def _type_pair(partner: str) -> mapping.TypePair:
    id = f"{partner}:text:short"
    return mapping.TypePair.objects.create(id=id, partner=partner, ours="text", theirs="short")


def _task(b: Base, i: int) -> crm.Task:
    return crm.Task.unscoped.create(account=b.account, title=f"Visita {i}", deal=b.deal, origin="system")


def _field_map(b: Base, i: int) -> mapping.FieldMap:
    pair = _type_pair(f"m{next(_serial)}")
    return mapping.FieldMap.unscoped.create(
        account=b.account,
        counterpart=mapping.Counterpart.unscoped.create(
            account=_account(i), slug=pair.partner, remote_id=str(i)
        ),
        entity="deal",
        key="title",
        kind="lead",
        their_key=f"custom.k{i}",
        pair=pair,
        partner=pair.partner,
        our_type=pair.ours,
        their_type=pair.theirs,
    )


MAKE: dict[type[models.Model], Callable[[Base, int], Any]] = {
    accounts.Account: lambda b, i: _account(i),
    accounts.User: _user,
    accounts.Profile: _profile,
    accounts.Membership: lambda b, i: accounts.Membership.unscoped.create(
        account=_account(i), user=_user(b, i), profile=_profile(b, i)
    ),
    accounts.Team: lambda b, i: accounts.Team.unscoped.create(account=_account(i), name=f"Equipe {i}"),
    accounts.TeamMember: lambda b, i: accounts.TeamMember.unscoped.create(
        account=b.account,
        team=accounts.Team.unscoped.create(account=b.account, name=f"Equipe {next(_serial)}"),
        membership=accounts.Membership.unscoped.create(
            account=b.account, user=_user(b, i), profile=_profile(b, i)
        ),
    ),
    accounts.Invitation: lambda b, i: accounts.Invitation.unscoped.create(
        account=_account(i),
        email=f"convite{next(_serial)}@many.example",
        profile=_profile(b, i),
        invited_by=_user(b, i),
        digest=f"{CANARY}-{next(_serial)}",
        expires_at=NOW(),
    ),
    Email: lambda b, i: Email.objects.create(
        from_email="x@tomada.example",
        to=[f"e{i}@many.example"],
        subject=f"Assunto {i}",
        message=CANARY,
        html_message=CANARY,
        status=2,
    ),
    accounts.Module: lambda b, i: accounts.Module.unscoped.create(
        account=_account(i), slug=list(MODULES)[i % 14]
    ),
    accounts.ModuleRequest: lambda b, i: accounts.ModuleRequest.unscoped.create(
        account=_account(i), slug=list(MODULES)[i % 14], asked_by=b.user, text=f"Pedido {i}"
    ),
    accounts.BrandImage: lambda b, i: accounts.BrandImage.unscoped.create(
        account=_account(i), kind="light", path=f"brand/{next(_serial)}.png", content_type="image/png", size=i
    ),
    accounts.ApiKey: _key,
    accounts.AuditEntry: lambda b, i: accounts.AuditEntry.unscoped.create(
        account=_account(i), actor=_user(b, i), actor_label="x", action="a", data={"a": i}
    ),
    accounts.IdempotencyKey: _idempotency,
    accounts.Sitting: lambda b, i: accounts.Sitting.objects.create(
        user=_user(b, i),
        session_key=f"{CANARY}-{next(_serial)}",
        address="192.0.2.1",
        agent="Firefox",
        began_at=NOW(),
        seen_at=NOW(),
    ),
    accounts.SupportAccess: lambda b, i: accounts.SupportAccess.unscoped.create(
        account=_account(i), staff=_user(b, i), reason=f"Chamado {i}", at=NOW(), until=NOW()
    ),
    accounts.Notice: lambda b, i: accounts.Notice.unscoped.create(
        account=b.account, user=b.user, kind="api_key", words="Hello", source=f"s{next(_serial)}", at=NOW()
    ),
    accounts.NoticeChoice: lambda b, i: accounts.NoticeChoice.unscoped.create(
        account=b.account, user=b.user, kind=f"k{next(_serial)}"
    ),
    accounts.Erased: lambda b, i: accounts.Erased.unscoped.create(
        account=b.account, kind="email", digest=f"{CANARY}-{next(_serial)}", erased_at=NOW()
    ),
    AccessAttempt: lambda b, i: AccessAttempt.objects.create(
        username=f"u{next(_serial)}@many.example",
        ip_address="192.0.2.1",
        user_agent="Firefox",
        path_info="/login/",
        get_data=CANARY,
        post_data=CANARY,
        failures_since_start=1 + i,
    ),
    Group: lambda b, i: Group.objects.create(name=f"Grupo {i} {next(_serial)}"),
    LogEntry: _log,
    crm.Deal: _deal,
    crm.Person: _person,
    crm.Company: _company,
    crm.Phone: lambda b, i: crm.Phone.unscoped.create(
        account=b.account, person=_person(b, i), typed=f"11 9{i}", key=str(i)
    ),
    crm.Funnel: _funnel,
    crm.Stage: lambda b, i: crm.Stage.unscoped.create(
        account=b.account, funnel=_funnel(b, i), name=f"Etapa {i}"
    ),
    crm.ChecklistItem: lambda b, i: crm.ChecklistItem.unscoped.create(
        account=b.account, stage=_stage(b, i), text="t"
    ),
    crm.Requirement: lambda b, i: crm.Requirement.unscoped.create(
        account=b.account, stage=_stage(b, i), text=f"r{i}", field="deal.amount"
    ),
    crm.LossReason: lambda b, i: crm.LossReason.unscoped.create(
        account=b.account, funnel=_funnel(b, i), name=f"m{i}"
    ),
    crm.CustomField: lambda b, i: crm.CustomField.unscoped.create(
        account=_account(i), entity="deal", key=f"k{i}", label="L", type="text", options=["a"]
    ),
    crm.Product: _product,
    crm.DealProduct: lambda b, i: crm.DealProduct.unscoped.create(
        account=b.account, deal=_deal(b, i), product=_product(b, i), quantity=1 + i
    ),
    crm.StoredFile: lambda b, i: crm.StoredFile.unscoped.create(
        account=_account(i),
        name=f"f{i}.txt",
        content_type="text/plain",
        size=i,
        sha256=f"{i:064d}",
        file=f"{CANARY}/{i}",
        created_by=_user(b, i),
        origin="x",
    ),
    DealCounter: lambda b, i: DealCounter.objects.create(account=_account(i)),
    crm.InteractionRecord: lambda b, i: crm.InteractionRecord.unscoped.create(
        account=b.account, deal=_deal(b, i), person=_person(b, i), occurred_at=NOW(), origin="x", text="oi"
    ),
    crm.TaskResponsible: lambda b, i: crm.TaskResponsible.unscoped.create(
        account=b.account, task=_task(b, i), user=_user(b, i)
    ),
    crm.CheckIn: lambda b, i: crm.CheckIn.unscoped.create(
        account=b.account,
        task=_task(b, i),
        kind="in",
        user=_user(b, i),
        at=NOW(),
        latitude="-23.550520",
        longitude="-46.633308",
        distance=i,
    ),
    crm.Task: lambda b, i: crm.Task.unscoped.create(
        account=b.account, title="t", deal=_deal(b, i), assignee=_user(b, i), origin="x"
    ),
    crm.Change: lambda b, i: crm.Change.unscoped.create(
        account=b.account,
        entity="deal",
        entity_id=i,
        deal=_deal(b, i),
        kind="updated",
        origin_kind="user",
        at=NOW(),
    ),
    crm.RelatedContact: lambda b, i: crm.RelatedContact.unscoped.create(
        account=b.account, deal=_deal(b, i), person=_person(b, i)
    ),
    crm.ChecklistMark: lambda b, i: crm.ChecklistMark.unscoped.create(
        account=b.account,
        deal=_deal(b, i),
        item=crm.ChecklistItem.unscoped.create(account=b.account, stage=b.stage, text=f"t{i}"),
    ),
    mapping.Counterpart: lambda b, i: mapping.Counterpart.unscoped.create(
        account=_account(i), slug="m", remote_id=str(i)
    ),
    mapping.Link: lambda b, i: mapping.Link.unscoped.create(
        account=b.account,
        counterpart=mapping.Counterpart.unscoped.create(account=_account(i), slug="m", remote_id=str(i)),
        kind="lead",
        their_id=str(i),
        entity="lead",
        our_id=i,
        ours={"a": 1},
    ),
    mapping.TypePair: lambda b, i: _type_pair(f"m{next(_serial)}"),
    mapping.FieldMap: _field_map,
    mapping.Conflict: lambda b, i: mapping.Conflict.unscoped.create(
        account=b.account,
        counterpart=mapping.Counterpart.unscoped.create(account=_account(i), slug="m", remote_id=str(i)),
        entity="person",
        our_id=i,
        their_id=str(i),
        their_key=f"custom.k{i}",
        label="Cargo",
        winner="ours",
        why="w",
        at=NOW(),
    ),
    engine.Connection: _other_connection,
    engine.Automation: _automation,
    engine.WorkflowRun: lambda b, i: engine.WorkflowRun.unscoped.create(
        account=b.account,
        automation=_automation(b, i),
        deal=_deal(b, i),
        cause=f"change:{i}",
        chain=[{"automation": i, "deal": i, "name": "A"}],
        tried=[{"saw": i}],
        state="refused",
        reason="x",
        due_at=NOW(),
        created_at=NOW(),
    ),
    engine.AutomationRun: lambda b, i: engine.AutomationRun.unscoped.create(
        account=b.account,
        automation=_automation(b, i),
        connection=b.connection,
        deal=_deal(b, i),
        change_id=i,
        at=NOW(),
        tried=[{"saw": i}],
    ),
    engine.CatalogShelf: lambda b, i: engine.CatalogShelf.unscoped.create(
        account=b.account, connection=_other_connection(b, i), kind="cadences"
    ),
    engine.CatalogItem: lambda b, i: engine.CatalogItem.unscoped.create(
        account=b.account,
        connection=_other_connection(b, i),
        kind="cadences",
        their_id=str(i),
        sealed=CANARY,
        data={"a": 1},
    ),
    engine.LinkedUser: lambda b, i: engine.LinkedUser.unscoped.create(
        account=b.account, connection=_other_connection(b, i), their_id=str(i), user=_user(b, i)
    ),
    engine.Lane: lambda b, i: engine.Lane.unscoped.create(
        account=b.account, connection=_other_connection(b, i), key=f"deal:{i}", token=CANARY
    ),
    engine.Heartbeat: lambda b, i: engine.Heartbeat.objects.create(
        name=f"pump:{i}:{next(_serial)}", at=NOW(), data={"a": i}
    ),
    engine.Delivery: _delivery,
    engine.Arrival: _arrival,
    engine.PollCursor: lambda b, i: engine.PollCursor.unscoped.create(
        account=b.account, connection=_other_connection(b, i), kind="leads", cursor="c"
    ),
    engine.Enrollment: _enrollment,
    engine.Lead: _lead,
    engine.OutboxAction: _outbox,
    engine.Exchange: _exchange,
    engine.SyncEvent: lambda b, i: engine.SyncEvent.unscoped.create(
        account=b.account,
        connection=_other_connection(b, i),
        deal=_deal(b, i),
        at=NOW(),
        words="Sent.",
        saw={"a": i},
    ),
    engine.WebhookEndpoint: _endpoint,
    engine.OutgoingEvent: _event,
    engine.EventDelivery: lambda b, i: engine.EventDelivery.unscoped.create(
        account=b.account, endpoint=_endpoint(b, i), event=_event(b, i), due_at=NOW(), reason="em obras"
    ),
    engine.PaceWindow: lambda b, i: engine.PaceWindow.unscoped.create(
        account=b.account, connection=_other_connection(b, i), window="s", tokens=1.0, counted_at=NOW()
    ),
    meetime.MeetimeSettings: lambda b, i: meetime.MeetimeSettings.unscoped.create(
        account=b.account, connection=_other_connection(b, i), default_profile=b.profile
    ),
    meetime.AllowedFunnel: lambda b, i: meetime.AllowedFunnel.unscoped.create(
        account=b.account, connection=_other_connection(b, i), funnel=_funnel(b, i)
    ),
    meetime.WinAction: lambda b, i: meetime.WinAction.unscoped.create(
        account=b.account,
        connection=_other_connection(b, i),
        funnel=_funnel(b, i),
        cadence_id=str(i),
        action="move",
        stage=b.stage,
    ),
    queue.Success: _job(queue.Success, True),
    queue.Failure: _job(queue.Failure, False),
    queue.OrmQ: _waiting_job,
    queue.Schedule: lambda b, i: queue.Schedule.objects.create(
        name=f"s{i}", func="a.b", kwargs=CANARY, args=CANARY
    ),
}

__all__ = ["CANARY", "MAKE", "NOW", "Base", "base"]
