"""How long what was sent and seen is kept, and who saw whose data (X8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, User
from funnels import services
from integrations.engine import clock, retention
from integrations.models import AutomationRun, Lane, OutboxAction, SyncEvent, WorkflowRun
from mapping.models import Conflict
from tests import factories
from tests.api.conftest import caller
from tests.integrations.privacy.conftest import Held, _automation

pytestmark = pytest.mark.django_db
RULE = {
    "row": "S7",
    "passed": True,
    "words": "%(value)s",
    "saw": {"value": "Zuleika", "dealt": 7, "all": ["a"]},
}


def action(held: Held, state: str, **more: Any) -> OutboxAction:
    lane, _made = Lane.unscoped.get_or_create(
        account=held.world.account, connection=held.connection, key=f"deal:{held.deal.pk}"
    )
    return OutboxAction.unscoped.create(
        account=held.world.account,
        connection=held.connection,
        lane=lane,
        kind="update_lead",
        reference=f"{state}{OutboxAction.unscoped.count()}",
        state=state,
        payload={"name": "Zuleika"},
        receipt={"facts": {"email": "z@x.example"}},
        reason="said",
        created_at=clock.now(),
        **more,
    )


def test_x8_what_was_sent_and_seen_expires_with_raw_payloads(held: Held) -> None:
    account, deal, now = held.world.account, held.deal, clock.now()
    old = now - timedelta(days=account.payload_days + 1)
    done, fresh = action(held, "done", done_at=old), action(held, "done", done_at=now)
    stuck = action(held, "refused", done_at=old)
    AutomationRun.unscoped.create(
        account=account, connection=held.connection, deal=deal, change_id=1, at=old, tried=[RULE]
    )
    automation = _automation(held)
    for cause, state, at in (("a", "done", old), ("b", "waiting", None)):
        WorkflowRun.unscoped.create(
            account=account,
            automation=automation,
            deal=deal,
            cause=cause,
            state=state,
            due_at=old,
            created_at=old,
            done_at=at,
            tried=[RULE],
        )
    line = SyncEvent.unscoped.create(
        account=account,
        connection=held.connection,
        deal=deal,
        at=old,
        words="%(field)s: %(value)s",
        saw={"field": "CPF", "value": "52998224725"},
    )
    conflict = Conflict.unscoped.create(
        account=account,
        counterpart=held.connection.counterpart,
        entity="person",
        our_id=held.person.pk,
        their_id="7001",
        their_key="name",
        label="Nome",
        ours="Zuleika",
        theirs="Zu",
        winner="ours",
        why="w",
        at=old,
    )
    assert retention.expire(account, now=now) == 5
    assert retention.expire(account, now=now) == 0, "once is enough"
    for row in (done, fresh, stuck, line, conflict):
        row.refresh_from_db()
    assert (done.payload, done.receipt, done.reason, done.state) == ({}, {}, "said", "done")
    assert fresh.payload
    assert stuck.payload, "sending it again compares with what was said"
    assert line.saw == {"field": "CPF", "value": "…"}
    assert (conflict.ours, conflict.theirs, conflict.label, conflict.winner) == ("", "", "Nome", "ours")
    emptied = {**RULE, "saw": {"value": "…", "dealt": 7, "all": ["…"]}, "expired": True}
    assert AutomationRun.unscoped.get().tried == [emptied]
    assert WorkflowRun.unscoped.get(cause="a").tried == [emptied]
    assert WorkflowRun.unscoped.get(cause="b").tried == [RULE]


def test_x8_who_saw_her_is_in_the_trail_once_a_day(held: Held) -> None:
    other = services.create_person(account=held.world.account, name="Rui", origin=factories.SYSTEM)
    services.set_related_contacts(deal=held.deal, persons=[other], origin=factories.SYSTEM)
    seller, api = Client(), caller(held.world.account)
    seller.force_login(held.world.seller)
    for _time in range(2):
        for path in (f"/deals/{held.deal.pk}/", "/persons/"):
            assert seller.get(path).status_code == 200
        api.get(f"persons/{held.person.pk}/")
        api.get("persons/")
    lines = AuditEntry.unscoped.filter(action__in=("person.seen", "persons.listed"))
    seen = sorted((line.action, line.actor_id is not None, line.subject) for line in lines)
    assert seen == sorted(
        [
            ("person.seen", False, str(held.person.pk)),
            ("person.seen", True, str(held.person.pk)),
            ("person.seen", True, str(other.pk)),
            ("persons.listed", False, ""),
            ("persons.listed", True, ""),
        ]
    )


def test_x8_support_leaves_numbers_in_its_own_log(held: Held) -> None:
    rita = User.objects.create_superuser(email="rita@tomada.example", password=factories.PASSWORD)
    factories.opened(rita, held.world.account)
    desk = Client()
    desk.force_login(rita)
    assert desk.get(reverse("admin:funnels_person_changelist")).status_code == 200
    row = reverse("admin:funnels_person_delete", args=[held.person.pk])
    assert desk.post(row, {"post": "yes"}).status_code == 302
    assert held.fresh().deleted_at is not None
    line = LogEntry.objects.get()
    assert line.object_repr == f"funnels.Person #{held.person.pk}"
    desk.get(reverse("admin:index"))  # where the answer's sentence is shown
    LogEntry.objects.update(object_repr=held.person.name)  # as older releases wrote it
    page = desk.get(reverse("admin:admin_logentry_changelist")).content.decode()
    one = desk.get(reverse("admin:admin_logentry_change", args=[line.pk])).content.decode()
    assert held.person.name not in page + one
    assert f"#{held.person.pk}" in page
    listed = AuditEntry.unscoped.filter(action="support.listed")
    assert [each.subject for each in listed] == ["funnels.Person"]
