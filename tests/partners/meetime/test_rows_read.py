"""One row that cannot be read does not stop its neighbours, and an answer of another shape is Malformed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from integrations.contract import Malformed
from integrations.partners.meetime import pulling, translate
from integrations.partners.meetime.partner import Meetime
from tests.partners.meetime.test_pull import START, Answer, There


class Listing(There):
    """Answers every list with the same rows."""

    def __init__(self, *rows: Any) -> None:
        super().__init__()
        self.rows = rows
        self.params: dict[str, str] = {}

    def send(self, method: str, path: str, *, params: Any = None, **_given: Any) -> Any:
        self.asked.append(f"{method} {path}")
        self.params = dict(params or {})
        return Answer({"data": list(self.rows)} if method == "GET" else {})


def activity(number: int, **other: Any) -> dict[str, Any]:
    at = translate.iso(START)
    known = {"id": str(number), "status": "FINISHED", "type": "CALL", "lead_id": "1", "updated": at}
    return {**known, "execution_date": at, **other}


def test_m33_a_row_that_cannot_be_read_does_not_stop_its_neighbours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bad = (
        activity(2, lead_id=None),
        activity(3, execution_date="yesterday"),
        activity(4, execution_date="0001-01-01T00:00:00Z", updated="0001-01-01T00:00:00Z"),
    )
    there = Listing(activity(1), *bad, activity(5))
    page = Meetime().pull(there, "activities", "", now=START)  # type: ignore[arg-type]
    assert [record.id for record in page.records] == ["1", "5"]
    assert json.loads(page.cursor)["since"] == translate.iso(START - pulling.LOOK_BACK)
    assert {f"id={number}" in caplog.text for number in (2, 3, 4)} == {True}


def test_m14_a_catalog_row_that_cannot_be_read_does_not_stop_its_neighbours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    there = Listing({"name": "Sem id", "token": "hush"}, {"id": "77", "name": "Prospecção", "token": "hush"})
    (record,) = Meetime().describe(there, "cadences")  # type: ignore[arg-type]
    assert (record.id, record.fields["name"]) == ("77", "Prospecção")
    assert "left out" in caplog.text
    assert "hush" not in caplog.text


def test_m39_a_bad_activity_does_not_hide_the_win() -> None:
    done = {"status": "FINISHED", "type": "CALL", "executionDate": translate.iso(START)}
    told = {
        "id": 8102,
        "status": "WON",
        "lead": {"id": 5531},
        "endDate": translate.iso(START),
        "activities": [{**done, "id": 1, "executionDate": "yesterday"}, {**done, "id": 2}],
        "extraActivities": [done],
        "meetings": [{"title": "Sem id"}],
    }
    heard = translate.hear({"event": "LEAD.WON", "prospection": told})
    assert [(record.event, record.id) for record in heard] == [("done", "2"), ("won", "5531")]
    with pytest.raises(Malformed):
        translate.hear({"event": "LEAD.WON", "prospection": {**told, "endDate": "yesterday"}})


def test_m3_the_account_is_named_by_its_oldest_user_asked_for_alone() -> None:
    there = Listing({"id": 31, "email": "carla@exemplo.example"})
    assert Meetime().check(there).id == "31"  # type: ignore[arg-type]
    assert there.params == {"limit": "1", "start": "0"}
    with pytest.raises(Malformed):
        Meetime().check(Listing("no row"))  # type: ignore[arg-type]


def test_m3_a_webhook_without_an_id_is_malformed() -> None:
    target = "https://crm.example/in"
    for there in (Listing(), Listing({"target_url": target})):
        with pytest.raises(Malformed):
            Meetime().subscribe(there, target_url=target, secret="s")  # type: ignore[arg-type]
