"""Pages and lists ask as many queries for 10,000 rows as for ten, and none reads a growing table whole (G5, S18)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import models as accounts
from accounts import sittings
from accounts.models import User
from funnels import models as crm
from integrations import models as engine
from mapping.models import Conflict, FieldMap, Link
from tests.api.conftest import caller
from tests.api.walk import address, document, furnish, operations
from tests.conftest import World
from tests.house.addresses import NOT_POSTED, visits
from tests.house.crowd import SET_UP, fill, newest

pytestmark = [pytest.mark.django_db, pytest.mark.any_store, pytest.mark.timeout(900)]

FEW, MANY = 10, 10_000
# Tables that grow with an account's work; the others grow with its set-up.
GROWING: tuple[type[models.Model], ...] = (
    accounts.AuditEntry,
    accounts.IdempotencyKey,
    accounts.Notice,
    crm.Change,
    crm.Company,
    crm.Deal,
    crm.DealProduct,
    crm.InteractionRecord,
    crm.Person,
    crm.Phone,
    crm.Product,
    crm.RelatedContact,
    crm.StoredFile,
    crm.Task,
    engine.Arrival,
    engine.AutomationRun,
    engine.CatalogItem,
    engine.Delivery,
    engine.Enrollment,
    engine.EventDelivery,
    engine.Exchange,
    engine.Lane,
    engine.Lead,
    engine.OutboxAction,
    engine.OutgoingEvent,
    engine.SyncEvent,
    engine.WorkflowRun,
    Conflict,
    Link,
)
TABLES = {model._meta.db_table: model for model in GROWING}
# Which rows of a parameter of the portal's addresses: the account's first.
ROWS: dict[str, type[models.Model]] = {
    "funnel_id": crm.Funnel,
    "stage_id": crm.Stage,
    "deal_id": crm.Deal,
    "person_id": crm.Person,
    "company_id": crm.Company,
    "product_id": crm.Product,
    "task_id": crm.Task,
    "record_id": crm.InteractionRecord,
    "file_id": crm.StoredFile,
    "lead_id": engine.Lead,
    "membership_id": accounts.Membership,
    "profile_id": accounts.Profile,
    "team_id": accounts.Team,
    "notice_id": accounts.Notice,
    "key_id": accounts.ApiKey,
    "automation": engine.Automation,
    "workflow": engine.WorkflowRun,
    "sync": engine.Exchange,
    "webhook": engine.WebhookEndpoint,
    "invitation_id": accounts.Invitation,
    "image_id": accounts.BrandImage,
    "item_id": crm.ChecklistItem,
    "map": FieldMap,
    "connection": engine.Connection,
}
# Addresses of the portal that are not counted: why. What answers only posts leaves by itself.
SKIPPED = {
    "home": "goes to the board",
    "index": "goes to the board",
    "account-open": "goes to a page of another account of hers",
    "funnels": "goes to the board",
    "funnel-open": "is asked with a funnel and goes to its board",
    "automation-trial": "tries the CRM's own automations; the first one is a partner's",
    "live": "tells by 204 that nothing is new",
    "configuration-download": "the whole set-up as a file",
    "brand-image": "there is none",
    "file": "a file to take away, which is none",
}
# Rows of a growing table that hang together in a handful, whatever the table's size: (table, column) → why.
FEW_BY: dict[tuple[str, str], str] = {
    ("funnels_phone", "person_id"): "the phones of a person are typed in one form",
    ("funnels_phone", "company_id"): "the phones of a company are typed in one form",
    ("funnels_relatedcontact", "deal_id"): "the contacts of a card: 200 by the API, one by one by people",
    ("funnels_dealproduct", "deal_id"): "the products of a card, as many as people put there",
    ("integrations_enrollment", "deal_id"): "the runs of a card: one for each time it was reopened",
    ("integrations_lead", "enrollment_id"): "one for each contact of the card",
    (
        "integrations_catalogitem",
        "connection_id",
    ): "what a partner lists to choose from: cadences, users, fields",
    ("integrations_outboxaction", "lead_id"): "what is unfinished of one lead in one run",
    ("integrations_outboxaction", "enrollment_id"): "what is unfinished of one run",
    ("mapping_link", "our_id"): "one for each account at a partner",
}
# Selects that may read more: (table, a part of the statement) → why.
NEWEST = "the newest of each, by NOT EXISTS"
ONE_CARD = "the contacts of one card"
ON_PAGE = "of the cards that the page shows"
INDEXED = "what waits or failed, by the index on the state"
ALLOWED: dict[tuple[str, str], str] = {
    ("integrations_enrollment", "EXISTS"): NEWEST,
    ("integrations_automationrun", "EXISTS"): NEWEST,
    ("integrations_outboxaction", "EXISTS"): NEWEST,
    ("funnels_person", '"funnels_relatedcontact"."deal_id" ='): ONE_CARD,
    ("funnels_person", '"integrations_lead"."enrollment_id" ='): ONE_CARD,
    ("integrations_lead", '"integrations_enrollment"."deal_id" IN'): ON_PAGE,
    ("integrations_outboxaction", '"integrations_enrollment"."deal_id" IN'): ON_PAGE,
    ("integrations_outboxaction", "GROUP BY"): INDEXED,
    ("integrations_arrival", "GROUP BY"): INDEXED,
    ("integrations_workflowrun", 'SELECT COUNT(*) AS "__count"'): "what stops with the module, by the index",
    ("mapping_link", '"mapping_link"."their_id" IN'): "the links of the records on the page",
    ("integrations_syncevent", 'MAX("integrations_syncevent"."id")'): "the end of an index",
    ("funnels_deal", 'MAX("funnels_deal"."number")'): "the end of a unique index",
    ("funnels_deal", 'AS "stage", COUNT('): "how many cards stand in each column of the board",
    (
        "funnels_deal",
        'SELECT COUNT(*) AS "__count"',
    ): "what stops is told, with its number, before a module is switched off",
    (
        "integrations_lead",
        '"integrations_lead"."state" IN',
    ): "the preview of a back-fill compares every lead (X3)",
}
# Pages that ask one more thing when there is more than they show: address → what.
ONE_MORE = {"/security/": "how many members the list leaves out"}
# Pages that ask for each of a set-up row, of which there is an end: address → the most more.
EACH = {
    "/funnels/{}/": 50,  # the cards of each stage, each with its LIMIT
    "/funnels/{}/?q=zzzz": 50,
    "/integrations/meetime/rehearsal/?what=all": 3 * SET_UP,  # each stage that cards could enter is rehearsed
}
# Pages whose matter is everything there is: address → why.
WHOLE = {"/persons/{}/privacy/": "administrators see what is kept of one person, everywhere (X8)"}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one address answered and asked the store."""

    status: int
    reads: tuple[str, ...]


def pages(world: World) -> dict[str, str]:
    """Address → its name: all of the portal that an administrator reads, on the account's first rows."""
    rows = {name: getattr(newest(model, world), "pk", 0) for name, model in ROWS.items()}
    rows["account_id"] = world.account.pk
    return {
        visit.path: visit.name
        for visit in visits(world, rows)
        if (visit.who, visit.data, visit.state) == ("admin", None, "enabled")
        and visit.name not in (*NOT_POSTED, "configuration-download")
    }


def lists(ids: dict[str, str]) -> Iterator[str]:
    """Every GET of the API."""
    for path, method, operation in operations(document()):
        if method == "GET" and not path.rstrip("/").endswith(("content", "explain")):
            try:
                yield address(path, ids, operation.get("parameters", []))
            except KeyError:
                continue  # its row is made by nobody yet: test_stranger.py says so


def look(get: Callable[[str], Any], paths: list[str]) -> dict[str, Seen]:
    """Each address asked once; caches that warm up with the first page are warm."""
    seen = {}
    for path in paths:
        with CaptureQueriesContext(connection) as asked:
            status = get(path).status_code
        reads = (query["sql"] for query in asked.captured_queries if query["sql"].startswith("SELECT"))
        seen[path] = Seen(status=status, reads=tuple(reads))
    return seen


# --- Reading statements -----------------------------------------------------------------------------------

PARENTHESES = re.compile(r"(\bIN |\bNOT |\w)?\(([^()]*)\)")


def flat(sql: str) -> str:
    """The outer statement: texts blanked, subqueries and functions folded, `IN [n]` for a list of n."""
    text = re.sub(r"'(?:[^']|'')*'", "'x'", sql)
    while True:
        text, folded = PARENTHESES.subn(_fold, text)
        if not folded:
            return " ".join(text.split())


def _fold(match: re.Match[str]) -> str:
    before, inside = match[1] or "", match[2]
    if before == "IN ":
        return f"IN [{inside.count(',') + 1}]" if not inside.startswith("SELECT") else "IN {sub}"
    if before == "NOT " or " OR " in inside or inside.startswith("SELECT"):
        return f"{before if before == 'NOT ' else ''}{{folded}}"
    return f"{before}{{fn}}" if before.strip() else f" {inside} "


def reads_whole(sql: str) -> str:
    """Why the statement may read a growing table whole, "" where it may not."""
    text = flat(sql)
    found = re.search(r' FROM "(\w+)"', text)
    if found is None or found[1] not in TABLES or re.search(r"\bLIMIT \d+", text):
        return ""
    table, model = found[1], TABLES[found[1]]
    where = re.split(r" GROUP BY | ORDER BY ", text.partition(" WHERE ")[2])[0]
    named = set(re.findall(rf'"{table}"\."(\w+)" (?:= |IN \[)', where))
    if any(columns <= named for columns in unique(model)) or any((table, each) in FEW_BY for each in named):
        return ""
    if any(table == of and part in sql for of, part in ALLOWED):
        return ""
    return f"{table} by {', '.join(sorted(named)) or 'nothing'}: {sql[:60]}…{where[:300]}"


def unique(model: type[models.Model]) -> list[set[str]]:
    """Sets of columns that name one row."""
    meta = model._meta
    single = [{field.column} for field in meta.concrete_fields if field.unique]
    several = [
        {meta.get_field(name).column for name in each.fields}
        for each in meta.constraints
        if isinstance(each, models.UniqueConstraint) and each.fields and each.condition is None
    ]
    return single + several


@pytest.mark.parametrize(
    ("sql", "whole"),
    [
        ('SELECT "funnels_deal"."id" FROM "funnels_deal" WHERE "funnels_deal"."account_id" = 1', True),
        (
            'SELECT "funnels_deal"."id" FROM "funnels_deal" WHERE "funnels_deal"."account_id" = 1 LIMIT 51',
            False,
        ),
        ('SELECT "funnels_deal"."id" FROM "funnels_deal" WHERE "funnels_deal"."id" = 1', False),
        ('SELECT "funnels_deal"."id" FROM "funnels_deal" WHERE "funnels_deal"."id" IN (1, 2)', False),
        (
            'SELECT "funnels_deal"."id" FROM "funnels_deal" WHERE ("funnels_deal"."account_id" = 1 AND '
            '"funnels_deal"."number" = 7)',
            False,
        ),
        ('SELECT "funnels_deal"."id" FROM "funnels_deal" WHERE NOT ("funnels_deal"."id" = 1)', True),
        (
            'SELECT "funnels_deal"."id" FROM "funnels_deal" WHERE ("funnels_deal"."id" = 1 OR '
            '"funnels_deal"."title" = \'a LIMIT 5\')',
            True,
        ),
        (
            'SELECT COUNT(*) AS "n" FROM "funnels_deal" WHERE "funnels_deal"."id" IN '
            '(SELECT U0."deal_id" FROM "funnels_task" U0 LIMIT 5)',
            True,
        ),
        ('SELECT "funnels_funnel"."id" FROM "funnels_funnel"', False),
    ],
)
def test_the_reader_of_statements_knows_what_reads_a_table_whole(sql: str, whole: bool) -> None:
    assert bool(reads_whole(sql)) is whole


# --- The walk ---------------------------------------------------------------------------------------------


@pytest.fixture
def walked(
    world: World, client_of: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, Seen, Seen]]:
    """(address, with few rows, with many rows) for everything that answers 200."""
    # Once a minute a page notes who was seen, and which page that is, the machine's pace decides.
    monkeypatch.setattr(sittings, "_first_this_minute", lambda _key: False)
    api = caller(world.account)
    ids = furnish(world)
    admin = client_of(world.admin)
    named = pages(world)
    paths = sorted(named)
    calls = sorted({*lists(ids)})
    fill(world, FEW)

    def once() -> dict[str, Seen]:
        cache.clear()
        look(admin.get, paths[:3])
        return look(admin.get, paths) | look(api.get, calls)

    few = once()
    fill(world, MANY)
    many = once()
    answered = {named[path] for path in paths if few[path].status in (200, 405)}
    assert {*named.values()} - answered <= {*SKIPPED}, {path: few[path].status for path in paths}
    return [(path, few[path], many[path]) for path in [*paths, *calls] if few[path].status == 200]


def test_many_rows_cost_no_more_queries_and_no_table_is_read_whole(
    walked: list[tuple[str, Seen, Seen]],
) -> None:
    assert len(walked) > 90
    wrong = []
    for path, few, many in walked:
        if many.status != 200:
            wrong.append(f"{path}: {many.status} with many rows")
        more_of_each = EACH.get(re.sub(r"\d+", "{}", path), 0)
        if len(many.reads) > len(few.reads) + (path in ONE_MORE) + more_of_each:
            more = [sql[:200] for sql in many.reads if sql[:80] not in {each[:80] for each in few.reads}]
            wrong.append(f"{path}: {len(few.reads)} reads with few rows, {len(many.reads)} with many: {more}")
        if re.sub(r"\d+", "{}", path) not in WHOLE:
            wrong += [f"{path}: {why}" for why in dict.fromkeys(map(reads_whole, many.reads)) if why]
    assert wrong == [], "\n".join(wrong)


def test_every_exception_names_tables_that_exist_and_grow() -> None:
    assert {table for table, _column in [*FEW_BY, *ALLOWED]} <= set(TABLES)
    for table, column in FEW_BY:
        assert column in {field.column for field in TABLES[table]._meta.concrete_fields}
