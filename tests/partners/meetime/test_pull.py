"""Polling never skips what it has not seen, and evidence is exact (sections 2, 5, 9; promises 1 and 2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.contract import Action, Refused, Unavailable, Unsure
from integrations.partners.meetime import client, sending, translate
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

    def secret(self, kind: str, their_id: str, name: str) -> str:
        return "posting-token"

    def send(
        self, method: str, path: str, *, params: Any = None, json: Any = None, headers: Any = None
    ) -> Any:
        self.asked.append(f"{method} {path.split('/')[1]}")
        if self.asked[-1] in self.fail:
            raise self.fail[self.asked[-1]]
        if method == "POST":
            self.on_post()
            return Answer(None)
        asked = dict(params or {})
        rows = self.runs if path == "/prospections" else self.leads
        if "email" in asked:
            rows = [row for row in rows if row["lead_email"] == asked["email"]]
        if "lead_id" in asked:
            rows = [row for row in rows if row["lead_id"] == asked["lead_id"]]
        if "end_after" in asked:
            rows = [row for row in rows if (row["end_date"] or "") > asked["end_after"]]
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


def lead(*, reference: str | None, current: str = "500", number: str = "1") -> dict[str, Any]:
    return {
        "id": number,
        "lead_email": VALUES["email"],
        "external_reference": reference,
        "current_prospection_id": current,
        "public_url": "https://x.example/l",
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ends=st.lists(st.tuples(st.integers(0, 19), st.integers(0, 30)), max_size=40),
    skew=st.integers(-300, 300),
)
def test_every_result_is_seen_whenever_it_ends_and_whatever_their_clock_says(
    monkeypatch: pytest.MonkeyPatch, ends: list[tuple[int, int]], skew: int
) -> None:
    """`ends`: (minute of a round, which run ends); pages of three; their clock `skew` seconds from ours."""
    monkeypatch.setattr(client, "PAGE", 3)
    there, partner = There(), Meetime()
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


def test_what_goes_wrong_before_the_post_did_not_happen_and_after_it_is_unsure() -> None:
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
def test_only_our_reference_proves_that_it_happened(leads: Any, runs: Any, proven: str | None) -> None:
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


def test_an_idle_account_keeps_its_window() -> None:
    """A hundred empty polls: the window stays where it was and nothing is asked of ever older times."""
    there, partner = There(), Meetime()
    first = partner.pull(there, "prospections", "", now=START)  # type: ignore[arg-type]
    cursor = first.cursor
    for minute in range(1, 101):
        now = START + timedelta(minutes=minute)
        cursor = partner.pull(there, "prospections", cursor, now=now).cursor  # type: ignore[arg-type]
    assert cursor == first.cursor


def test_an_account_that_fell_silent_keeps_its_window() -> None:
    """The last result stays within the look-back and is read again; the window does not walk back with it."""
    there, partner = There(), Meetime()
    there.runs = [run(500, status="WON", ended=START)]
    cursor, places = "", []
    for minute in range(1, 51):
        now = START + timedelta(minutes=minute)
        cursor = partner.pull(there, "prospections", cursor, now=now).cursor  # type: ignore[arg-type]
        places.append(json.loads(cursor)["since"])
    assert set(places) == {translate.iso(START - sending.LOOK_BACK)}
