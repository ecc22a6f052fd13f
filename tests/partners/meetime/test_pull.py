"""Polling never skips what it has not seen, and evidence is exact (sections 2, 5, 9; promises 1 and 2)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Set
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.contract import Action, Refused, Unavailable, Unsure
from integrations.partners.meetime import pulling, sending, translate
from integrations.partners.meetime.partner import Meetime

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
VALUES = {
    "name": "Joana Prado",
    "first_name": "Joana",
    "email": "joana@padariasol.example",
    "company": "Padaria Sol",
    "phones": [],
    "owner_email": "carla@exemplo.example",
    "cadence_id": "77",
    "start": "now",
}
SEND = Action(kind="send_lead", reference="15.22", values=VALUES, since=START)


class Answer:
    status = 200

    def __init__(self, value: object) -> None:
        self.value = value

    def json(self) -> Any:
        return self.value


class There:
    """Meetime in memory: lists by id, the filters in use, one POST that does what the test says."""

    def __init__(self) -> None:
        self.credentials: Mapping[str, str] = {"token": "x"}
        self.leads: list[dict[str, Any]] = []
        self.runs: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.on_post: Any = lambda: None
        self.fail: dict[str, Exception] = {}
        self.declines: set[str] = set()
        self.ours: set[str] = set()
        self.queries: list[dict[str, str]] = []
        self.told: list[tuple[str, str, Any]] = []

    def secret(self, kind: str, their_id: str, name: str) -> str:
        return "posting-token"

    def known(self, kind: str, their_ids: Collection[str]) -> Set[str]:
        assert kind == "lead"
        return self.ours & set(their_ids)

    def send(
        self, method: str, path: str, *, params: Any = None, json: Any = None, headers: Any = None
    ) -> Any:
        self.asked.append(f"{method} {path.split('/')[1]}")
        if self.asked[-1] in self.fail:
            raise self.fail[self.asked[-1]]
        if method != "GET":
            self.told.append((method, path, json))
            if method == "POST":
                self.on_post()
            return Answer(None)
        asked = dict(params or {})
        self.queries.append(asked)
        if self.declines & set(asked):
            raise Refused("unknown parameter", status=400)
        rows = self.runs if path == "/prospections" else self.leads
        if "id" in asked:
            rows = [row for row in rows if row["id"] == asked["id"]]
        if "email" in asked:
            rows = [row for row in rows if row["lead_email"] == asked["email"]]
        if "lead_id" in asked:
            rows = [row for row in rows if row["lead_id"] == asked["lead_id"]]
        if "end_after" in asked:
            rows = [row for row in rows if (row["end_date"] or "") > asked["end_after"]]
        if "lead_updated_after" in asked:
            rows = [row for row in rows if row["lead_updated_date"] > asked["lead_updated_after"]]
        start, limit = int(asked["start"]), int(asked["limit"])
        return Answer({"data": rows[start : start + limit]})


def run(
    number: int, *, lead: str = "1", status: str = "EXECUTING", ended: datetime | None = None
) -> dict[str, Any]:
    return {
        "id": str(number),
        "lead_id": lead,
        "status": status,
        "end_date": translate.iso(ended) if ended else None,
    }


def lead(*, reference: str | None, current: str = "500", number: str = "1", at: datetime = START) -> Any:
    return {
        "id": number,
        "lead_email": VALUES["email"],
        "lead_updated_date": translate.iso(at),
        "external_reference": reference,
        "current_prospection_id": current,
        "public_url": "https://x.example/l",
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ends=st.lists(st.tuples(st.integers(0, 19), st.integers(0, 30)), max_size=40),
    skew=st.integers(-300, 300),
    declined=st.booleans(),
)
def test_m43_every_result_is_seen_whenever_it_ends_and_whatever_their_clock_says(
    monkeypatch: pytest.MonkeyPatch, ends: list[tuple[int, int]], skew: int, declined: bool
) -> None:
    """`ends`: (minute of a round, which run ends); pages of three; their clock `skew` seconds from ours.

    `declined`: their account does not take the filter by time.
    """
    monkeypatch.setattr(pulling, "PAGE", 3)
    there, partner = There(), Meetime()
    there.declines = {"end_after"} if declined else set()
    there.runs = [run(1000 + number, lead=str(number)) for number in range(31)]
    cursor, seen, ended = "", set(), set()
    for minute in range(20):
        now = START + timedelta(minutes=minute)
        for _minute, number in (each for each in ends if each[0] == minute and each[1] not in ended):
            ended.add(number)
            at = now + timedelta(seconds=skew)
            there.runs[number] = run(1000 + number, lead=str(number), status="WON", ended=at)
        for _page in range(30):
            page = partner.pull(there, "prospections", cursor, now=now)  # type: ignore[arg-type]
            cursor = page.cursor
            seen |= {int(record.id) for record in page.records}
            if not page.more:
                break
        else:
            pytest.fail("the pages do not end")
    assert seen == ended
    assert json.loads(cursor)["start"] == 0


def test_m32_an_unknown_email_is_created_in_three_requests() -> None:
    there = There()
    there.on_post = lambda: there.leads.append(lead(reference="15.22"))
    receipt = sending.send(there, SEND)  # type: ignore[arg-type]
    assert (receipt.id, receipt.facts["made"], receipt.facts["run"]) == ("1", "created", "500")
    assert there.asked == ["GET leads", "POST prospections", "GET leads"]


@pytest.mark.parametrize(
    ("before", "after", "made"),
    [
        ("EXECUTING", "SWITCHED_CADENCE", "updated"),
        ("PAUSED_FROM_WAITING", "SWITCHED_CADENCE", "updated"),
        ("WON", "WON", "reopened"),
        ("LOST", "LOST", "reopened"),
        ("FINISHED", "FINISHED", "reopened"),
    ],
)
def test_m32_a_known_email_is_read_off_the_run_before(before: str, after: str, made: str) -> None:
    there = There()
    there.leads, there.runs = [lead(reference=None)], [run(500, status=before)]

    def enrolled() -> None:
        there.runs = [run(500, status=after), run(501)]

    there.on_post = enrolled
    receipt = sending.send(there, SEND)  # type: ignore[arg-type]
    assert (receipt.facts["made"], receipt.facts["run"]) == (made, "501")
    assert there.asked == ["GET leads", "POST prospections", "GET prospections"]


def test_m32_no_new_run_means_left_as_it_is() -> None:
    there = There()
    there.leads, there.runs = [lead(reference="9.9")], [run(500)]
    receipt = sending.send(there, SEND)  # type: ignore[arg-type]
    assert (receipt.facts["made"], receipt.id) == ("left", "1")


def test_m32_what_goes_wrong_before_the_post_did_not_happen_and_after_it_is_unsure() -> None:
    before, after, refused = There(), There(), There()
    before.fail = {"GET leads": Unavailable("down")}
    with pytest.raises(Unavailable):
        sending.send(before, SEND)  # type: ignore[arg-type]
    assert "POST prospections" not in before.asked
    refused.fail = {"POST prospections": Refused("no")}
    with pytest.raises(Refused):
        sending.send(refused, SEND)  # type: ignore[arg-type]
    after.on_post = lambda: after.fail.update({"GET leads": Unavailable("down")})
    with pytest.raises(Unsure):
        sending.send(after, SEND)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("leads", "runs", "proven"),
    [
        ([], [], None),
        ([lead(reference="9.9")], [run(500)], None),  # found is not made by us
        ([lead(reference=None)], [run(500)], None),
        ([lead(reference="15.22")], [run(500)], "created"),
        ([lead(reference="15.22")], [run(500, status="LOST"), run(501)], "reopened"),
        ([lead(reference="15.22")], [run(500, status="SWITCHED_CADENCE"), run(501)], "updated"),
    ],
)
def test_m32_only_our_reference_proves_that_it_happened(leads: Any, runs: Any, proven: str | None) -> None:
    there = There()
    there.leads, there.runs = leads, runs
    receipt = sending.prove(there, SEND)  # type: ignore[arg-type]
    assert (receipt.facts["made"] if receipt else None) == proven
    assert "POST prospections" not in there.asked


def test_m30_without_an_email_the_lead_is_found_by_our_reference() -> None:
    there = There()
    action = Action(kind="send_lead", reference="15.22", values={**VALUES, "email": ""}, since=START)
    there.on_post = lambda: there.leads.extend([lead(reference="9.9"), lead(reference="15.22", number="2")])
    assert sending.send(there, action).id == "2"  # type: ignore[arg-type]
    assert there.asked == ["POST prospections", "GET leads"]


def test_m43_an_idle_account_keeps_its_window() -> None:
    """A hundred empty polls: the window stays where it was and nothing is asked of ever older times."""
    there, partner = There(), Meetime()
    first = partner.pull(there, "prospections", "", now=START)  # type: ignore[arg-type]
    cursor = first.cursor
    for minute in range(1, 101):
        now = START + timedelta(minutes=minute)
        cursor = partner.pull(there, "prospections", cursor, now=now).cursor  # type: ignore[arg-type]
    assert cursor == first.cursor


def test_m43_an_account_that_fell_silent_keeps_its_window() -> None:
    """The last result stays within the look-back and is read again; the window does not walk back with it."""
    there, partner = There(), Meetime()
    there.runs = [run(500, status="WON", ended=START)]
    cursor, places = "", []
    for minute in range(1, 51):
        now = START + timedelta(minutes=minute)
        cursor = partner.pull(there, "prospections", cursor, now=now).cursor  # type: ignore[arg-type]
        places.append(json.loads(cursor)["since"])
    assert set(places) == {translate.iso(START - pulling.LOOK_BACK)}


def following(there: There, kind: str, cursor: str = "", *, now: datetime = START) -> tuple[list[Any], str]:
    """Every record up to the end of the pages, and where the next pull begins."""
    found: list[Any] = []
    for _page in range(50):
        page = Meetime().pull(there, kind, cursor, now=now)  # type: ignore[arg-type]
        found, cursor = [*found, *page.records], page.cursor
        if not page.more:
            return found, cursor
    pytest.fail("the pages do not end")


def test_m37_leads_that_are_ours_or_refer_to_a_card_are_read_with_their_current_run() -> None:
    there = There()
    there.ours = {"1"}
    there.leads = [
        lead(reference=None, number="1", current="501"),
        lead(reference=None, number="2"),
        lead(reference="15.22", number="3", current=""),
    ]
    there.runs = [run(500, status="SWITCHED_CADENCE"), run(501, status="PAUSED_FROM_EXECUTING")]
    records, _cursor = following(there, "leads")
    assert [(each.id, each.reference, each.about["run"]) for each in records] == [
        ("1", None, "501"),
        ("3", "15.22", ""),
    ]
    assert [each.fields["state"] for each in records] == ["paused", ""]
    assert there.asked == ["GET leads", "GET prospections", "GET prospections"], "a stranger costs nothing"


@pytest.mark.parametrize("status", [400, 422])
def test_m37_a_declined_filter_by_time_is_gone_round_by_reading_all_and_comparing_here(status: int) -> None:
    there = There()
    there.ours = {str(number) for number in range(250)}
    there.leads = [
        lead(reference=None, number=str(number), at=START + timedelta(minutes=-60 if number % 50 else 1))
        for number in range(250)
    ]

    def declined(*_args: Any, params: Any = None, **_given: Any) -> Any:
        if "lead_updated_after" in (params or {}):
            there.queries.append(dict(params))
            raise Refused("unknown parameter", status=status)
        return asked(*_args, params=params, **_given)

    asked, there.send = there.send, declined  # type: ignore[method-assign]
    records, cursor = following(there, "leads", now=START + timedelta(minutes=2))
    assert [each.id for each in records] == ["0", "50", "100", "150", "200"]
    pages = [each for each in there.queries if "lead_id" not in each]
    assert [each["start"] for each in pages] == ["0", "0", "100", "200"]
    there.queries.clear()
    there.leads[77]["lead_updated_date"] = translate.iso(START + timedelta(minutes=3))
    later, _cursor = following(there, "leads", cursor, now=START + timedelta(minutes=4))
    assert "77" in {each.id for each in later}
    assert {each.id for each in later} <= {"0", "50", "77", "100", "150", "200"}
    assert not any("lead_updated_after" in each for each in there.queries), "it is not tried at every poll"


def test_m37_a_lead_without_its_stamp_does_not_stop_the_walk() -> None:
    there = There()
    there.declines, there.ours = {"lead_updated_after"}, {"1", "2"}
    there.leads = [{**lead(reference=None), "lead_updated_date": None}, lead(reference=None, number="2")]
    assert [each.id for each in following(there, "leads")[0]] == ["2"]


def test_m43_a_refusal_that_is_no_filters_is_told() -> None:
    there = There()
    there.fail = {"GET prospections": Refused("gone", status=404)}
    with pytest.raises(Refused):
        following(there, "prospections")
    there.fail = {"GET prospections": Refused("no", status=400)}
    with pytest.raises(Refused):
        following(there, "prospections")


@pytest.mark.parametrize("status", [404, 405, 501])
def test_m36_an_account_that_tells_of_no_moves_has_none(status: int) -> None:
    there = There()
    there.fail = {"GET crm": Refused("not found", status=status)}
    page = Meetime().pull(there, "moves", "", now=START)  # type: ignore[arg-type]
    assert (list(page.records), page.cursor, page.more) == ([], "", False)
    for kind in ("leads", "activities", "won"):
        there.fail = {
            "GET leads": Refused("x", status=status),
            "GET prospections": Refused("x", status=status),
        }
        with pytest.raises(Refused):
            following(there, kind)


def test_m36_a_move_told_by_webhook_and_by_list_is_the_same_record() -> None:
    (told,) = translate.hear(
        {
            "event": "DEAL.STAGE_MOVED",
            "id": "m1",
            "deal": {"id": "15", "stageId": "702"},
            "lead": {"id": 901},
            "prospection": {"id": 1},
            "movedBy": {"id": 31, "name": "Carla"},
            "movedAt": translate.iso(START),
        }
    )
    row = {
        "id": "m1",
        "deal_id": "15",
        "stage_id": "702",
        "lead_id": "901",
        "prospection_id": "1",
        "moved_by_name": "Carla",
        "moved_date": translate.iso(START),
    }
    assert translate.ROWS["moves"](row) == told


def test_m45_won_runs_come_with_what_their_lead_says() -> None:
    there = There()
    there.leads = [{**lead(reference=None), "lead_name": "Joana Prado", "segmento": "Comércio"}]
    there.runs = [
        {**run(500, status="WON", ended=START), "owner_id": "31"},
        run(501, lead="1", status="LOST", ended=START),
        run(502, lead="9", status="WON", ended=START),  # its lead is gone
    ]
    (record,), _cursor = following(there, "won")
    assert (record.kind, record.id, record.event, record.about) == ("lead", "1", "won", {"run": "500"})
    assert record.fields["owner_id"] == "31"
    assert record.fields["values"]["name"] == "Joana Prado"
    assert record.fields["values"]["custom.segmento"] == "Comércio"
    assert record.fields["url"] == "https://x.example/l"


@pytest.mark.parametrize("declined", [False, True])
def test_m37_what_changes_behind_a_reader_who_takes_long_is_read_next_time(
    monkeypatch: pytest.MonkeyPatch, declined: bool
) -> None:
    """Fifty leads, a page of three a minute: the first changes again after it was read, the last much later."""
    monkeypatch.setattr(pulling, "PAGE", 3)
    monkeypatch.setitem(pulling.SIZES, "leads", 3)  # type: ignore[arg-type]
    there, partner = There(), Meetime()
    there.declines = {"lead_updated_after"} if declined else set()
    there.ours = {str(number) for number in range(50)}
    there.leads = [lead(reference=None, number=str(number)) for number in range(50)]
    cursor, seen = "", []
    for minute in range(40):
        now = START + timedelta(minutes=minute)
        if minute in (2, 15):
            number = 0 if minute == 2 else 49
            there.leads[number]["lead_updated_date"] = translate.iso(now)
        page = partner.pull(there, "leads", cursor, now=now)  # type: ignore[arg-type]
        cursor = page.cursor
        seen += [(each.id, each.when) for each in page.records]
    assert ("49", START + timedelta(minutes=15)) in seen
    assert ("0", START + timedelta(minutes=2)) in seen
