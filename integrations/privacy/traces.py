"""Every table that can tell of a person: how her rows are found, exported and erased (X8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from post_office.models import Email

from accounts.models import AuditEntry, IdempotencyKey, Notice
from funnels.models import Change, CheckIn, Deal, InteractionRecord, Person, StoredFile, Task
from funnels.services.erasing import check_ins_of, files_of
from integrations.models import (
    Arrival,
    AutomationRun,
    Delivery,
    Enrollment,
    EventDelivery,
    Exchange,
    Lane,
    Lead,
    OutboxAction,
    OutgoingEvent,
    SyncEvent,
    WorkflowRun,
)
from integrations.privacy import finding, forget
from integrations.privacy.known import Known, Rows, mentions
from integrations.privacy.raw import Raw
from mapping.models import Conflict, Link

Erase = Callable[[Known, Rows, datetime], object]


@dataclass(frozen=True, kw_only=True)
class Trace:
    """One kind of row that tells of a person, of the table `model`.

    `columns` is what an export shows of it, nothing where it is of others too. `erase` is None where
    funnels.services.erase_person does it. `raw`: bodies are read to find it.
    """

    name: str
    label: str | Promise
    model: Any
    rows: Callable[[Known, Raw], Rows]
    columns: tuple[str, ...] = ()
    erase: Erase | None = None
    raw: bool = False


TRACES: Mapping[str, Trace] = {
    trace.name: trace
    for trace in (
        Trace(
            name="deals",
            label=_("Cards"),
            model=Deal,
            rows=lambda known, _raw: Deal.unscoped.filter(pk__in=known.deals),
            columns=(
                *("id", "number", "title", "status", "stage__name", "amount", "created_at", "closed_at"),
                *("loss_reason__name", "loss_note", "custom"),
            ),
        ),
        Trace(
            name="interaction_records",
            label=_("Interaction records"),
            model=InteractionRecord,
            rows=lambda known, _raw: finding.on_her_cards(InteractionRecord, known),
            columns=("id", "type", "text", "occurred_at", "author", "deal_id", "person_id"),
        ),
        Trace(
            name="tasks",
            label=_("Tasks"),
            model=Task,
            rows=lambda known, _raw: finding.on_her_cards(Task, known),
            columns=("id", "title", "text", "due_at", "done_at", "deal_id", "person_id"),
        ),
        Trace(
            name="check_ins",
            label=_("Check-ins"),
            model=CheckIn,
            rows=lambda known, _raw: check_ins_of(known.person, known.deals),
            columns=("at", "kind", "task_id", "record_id", "latitude", "longitude", "distance"),
        ),
        Trace(
            name="changes",
            label=_("Journal of changes"),
            model=Change,
            rows=finding.journal,
            columns=("at", "entity", "kind", "fields", "origin_label"),
        ),
        Trace(
            name="files",
            label=_("Files"),
            model=StoredFile,
            rows=lambda known, _raw: known.of_account(StoredFile).filter(pk__in=files_of(known.person)),
            columns=("id", "name", "content_type", "size", "sha256", "created_at"),
        ),
        Trace(
            name="leads",
            label=_("Leads at partners"),
            model=Lead,
            rows=lambda known, _raw: Lead.unscoped.filter(pk__in=known.leads),
            columns=("id", "enrollment__connection__partner", "state", "sent_at", "closed_at", "public_url"),
            erase=forget.leads,
        ),
        Trace(
            name="runs",
            label=_("Prospections of the cards"),
            model=Enrollment,
            rows=finding.on_cards(Enrollment),
            columns=("number", "state", "started_at", "ended_at", "end_words"),
            erase=forget.rewriting("end_words"),
        ),
        Trace(
            name="links",
            label=_("Links to partners' records"),
            model=Link,
            rows=lambda known, _raw: Link.unscoped.filter(pk__in=known.links),
            columns=("their_id", "entity", "ours", "theirs", "agreed_at"),
            erase=forget.deleting,
        ),
        Trace(
            name="conflicts",
            label=_("Conflicts between fields"),
            model=Conflict,
            rows=lambda known, _raw: known.of_account(Conflict).filter(
                Q(their_id__in=known.their_ids) | Q(entity="person", our_id=known.person.pk)
            ),
            columns=("at", "label", "ours", "theirs", "winner", "why"),
            erase=forget.deleting,
        ),
        Trace(
            name="deliveries",
            label=_("Raw messages of partners"),
            model=Delivery,
            rows=lambda known, raw: known.of_account(Delivery).filter(pk__in=raw.deliveries),
            columns=("received_at", "source", "state", "body"),
            erase=forget.deliveries,
            raw=True,
        ),
        Trace(
            name="received",
            label=_("News received from partners"),
            model=Arrival,
            rows=finding.received,
            columns=("received_at", "kind", "event", "state", "record"),
            erase=forget.arrivals,
        ),
        Trace(
            name="sent",
            label=_("What was sent to partners"),
            model=OutboxAction,
            rows=lambda known, _raw: OutboxAction.unscoped.filter(lead__in=known.leads),
            columns=("created_at", "kind", "state", "payload", "asked", "receipt", "reason"),
            erase=forget.sent,
        ),
        Trace(
            name="exchanges",
            label=_("Requests and answers kept for support"),
            model=Exchange,
            rows=finding.exchanges,
            columns=("at", "method", "url", "status", "request_body", "response_body"),
            erase=forget.exchanges,
        ),
        Trace(
            name="lanes",
            label=_("Last errors of the cards' lanes"),
            model=Lane,
            rows=lambda known, _raw: known.of_account(Lane).filter(
                key__in=[*(f"deal:{pk}" for pk in known.deals), *(f"lead:{id}" for id in known.their_ids)]
            ),
            erase=forget.rewriting("last_error"),
        ),
        Trace(
            name="events",
            label=_("Events of the integration"),
            model=SyncEvent,
            rows=finding.on_cards(SyncEvent),
            columns=("at", "words", "saw"),
            erase=forget.rewriting("saw"),
        ),
        Trace(
            name="automation_runs",
            label=_("Runs of automations"),
            model=AutomationRun,
            rows=finding.on_cards(AutomationRun),
            columns=("at", "automation__description", "tried", "sent"),
            erase=forget.rewriting("tried"),
        ),
        Trace(
            name="workflow_runs",
            label=_("Runs of the workflow"),
            model=WorkflowRun,
            rows=finding.on_cards(WorkflowRun),
            columns=("created_at", "automation__description", "state", "tried", "reason"),
            erase=forget.rewriting("tried", "reason"),
        ),
        Trace(
            name="outgoing_events",
            label=_("Events for integrators"),
            model=OutgoingEvent,
            rows=finding.told,
            columns=("at", "kind", "data"),
            erase=forget.outgoing,
        ),
        Trace(
            name="event_answers",
            label=_("What integrators' endpoints answered"),
            model=EventDelivery,
            rows=finding.quoting(EventDelivery, "reason"),
            columns=("first_tried_at", "state", "status", "reason"),
            erase=forget.rewriting("reason", own=False),
        ),
        Trace(
            name="notices",
            label=_("Notices to members"),
            model=Notice,
            rows=finding.quoting(Notice, "values"),
            columns=("at", "kind", "words", "values"),
            erase=forget.rewriting("values", own=False),
        ),
        Trace(
            name="answers",
            label=_("Answers kept for repeated calls"),
            model=IdempotencyKey,
            rows=finding.quoting(IdempotencyKey, "body"),
            columns=("created_at", "route", "body"),
            erase=forget.rewriting("body", own=False),
        ),
        Trace(
            name="audit",
            label=_("Lines of the audit trail that name the person"),
            model=AuditEntry,
            rows=finding.quoting(AuditEntry, "subject", "data"),
            columns=("at", "action", "subject"),
            erase=forget.rewriting("subject", "data", own=False),
        ),
        Trace(
            name="emails",
            label=_("E-mails to members"),
            model=Email,
            rows=lambda known, _raw: Email.objects.filter(
                mentions(known.words, "subject", "message", "html_message")
            ),
            erase=forget.rewriting("subject", "message", "html_message", own=False),
        ),
        Trace(
            name="staff_log",
            label=_("Log of support staff"),
            model=LogEntry,
            rows=lambda known, _raw: LogEntry.objects.filter(
                Q(
                    content_type__app_label="funnels",
                    content_type__model="person",
                    object_id=str(known.person.pk),
                )
                | mentions(known.words, "object_repr", "change_message")
            ),
            erase=forget.staff_log,
        ),
    )
}
HEAD = (Person, Person._meta.get_field("phones").related_model)  # what an export begins with
