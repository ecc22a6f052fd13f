"""What every registered partner owes the engine: it joins by being registered, nothing is listed here."""

from __future__ import annotations

import contextlib
import importlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Set
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations import contract
from integrations.contract import (
    AccountView,
    Action,
    DealView,
    EnrollmentView,
    LeadView,
    Malformed,
    Outcome,
    Partner,
    PartnerError,
    Record,
    Repeat,
    Situation,
    Unsupported,
    partners,
)
from integrations.engine.arrivals import as_json

ROOT = Path(__file__).resolve().parents[2]
MISHAPS = (
    contract.Denied,
    contract.Refused,
    contract.Throttled,
    contract.Unavailable,
    contract.Unsure,
    contract.Unsupported,
    contract.Malformed,
)
SLUGS = sorted(partners())
TABLES = ("HEARS", "ROWS", "SAYS")
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def home(slug: str) -> Path:
    return Path(importlib.import_module(type(partners()[slug]).__module__).__file__ or "").parent


def translate(slug: str) -> ModuleType:
    return importlib.import_module(f"integrations.partners.{home(slug).name}.translate")


def samples(slug: str) -> dict[str, tuple[Any, Any]]:
    """name → (in, out) of a partner's samples; a missing half is None."""
    folder = home(slug) / "samples"
    names = sorted({path.name.removesuffix(".json").rpartition(".")[0] for path in folder.glob("*.json")})
    return {
        name: tuple(  # type: ignore[misc]
            json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
            for path in (folder / f"{name}.in.json", folder / f"{name}.out.json")
        )
        for name in names
    }


SAMPLES = [(slug, name) for slug in SLUGS for name in samples(slug)]


class Wire:
    """A contract.Call whose partner answers whatever the test wants, or fails as it wants."""

    def __init__(self, answer: object, *, fail: PartnerError | None = None, times: int = 400) -> None:
        self.credentials: Mapping[str, str] = _Anything()
        self.sent = 0
        self.methods: list[str] = []
        self._answer, self._fail, self._times = answer, fail, times

    def secret(self, kind: str, their_id: str, name: str) -> str:
        return ""

    def known(self, kind: str, their_ids: Collection[str]) -> Set[str]:
        return set(their_ids)

    def send(self, method: str, path: str, **given: Any) -> Any:
        self.sent += 1
        self.methods.append(method)
        if self.sent > 400:
            raise contract.Unavailable("the client asks without end")
        if self._fail is not None and self.sent <= self._times:
            raise self._fail
        return _Answer(self._answer)


class _Anything(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "anything"


class _Ones(dict[str, Any]):
    def __missing__(self, key: str) -> int:
        return 1


class _Values(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "now" if key == "start" else "x"


class _Answer:
    status = 200

    def __init__(self, value: object) -> None:
        self._value = value

    def json(self) -> Any:
        return self._value


@pytest.mark.parametrize("slug", SLUGS)
def test_x9_it_declares_what_it_must(slug: str) -> None:
    partner = partners()[slug]
    assert partner.slug == slug
    assert partner.label
    assert str(partner.summary)
    assert partner.credentials
    for field in partner.credentials:
        assert field.name.isidentifier()
        assert str(field.label)
        assert str(field.help), "G7: every credential says where to find it"
    assert partner.pace
    assert all(window.seconds > 0 and window.rate > 0 and window.burst >= 1 for window in partner.pace)
    dearest = max((spec.cost for spec in partner.actions.values()), default=1)
    assert all(dearest <= window.burst for window in partner.pace), "an action must fit into the pace"
    for spec in partner.actions.values():
        assert str(spec.label)
        assert isinstance(spec.repeat, Repeat)
        if spec.repeat is Repeat.EVIDENCE:
            assert type(partner).evidence is not Partner.evidence
    for kind in partner.kinds.values():
        assert kind.every > 0
        assert str(kind.label)
        assert set(kind.flows) <= set(partner.flows)
        assert kind.catalog or not kind.published, "what is published is kept whole"
    assert not any(spec.differences and spec.after_end for spec in partner.actions.values()), "M43"
    assert sum(spec.differences for spec in partner.actions.values()) <= 1, "one action carries differences"
    if partner.mappable is not None:
        assert partner.kinds[partner.mappable.catalog].catalog
        assert {theirs for _ours, theirs in partner.mappable.pairs} <= set(partner.mappable.types)
    for action in partner.automation_actions:
        assert action.slug.partition(".")[0] == slug
        assert {"won", "lost"}.isdisjoint(action.triggers), "M25"
        for _label, choices in action.parameters.values():
            if isinstance(choices, str):
                assert partner.kinds[choices.removeprefix("catalog:")].catalog
    keys = [field.key for field in partner.fields]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("slug", SLUGS)
def test_x9_its_folder_is_complete(slug: str) -> None:
    folder = home(slug)
    needed = "apps.py partner.py client.py translate.py sandbox.py samples guide.md README.md logo.svg"
    assert [name for name in needed.split() if not (folder / name).exists()] == []


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("table", TABLES)
def test_x9_every_row_of_its_tables_has_a_sample_and_every_sample_a_row(slug: str, table: str) -> None:
    prefix = "says_" if table == "SAYS" else "hears_"
    rows = set(getattr(translate(slug), table, {}))
    known = {key for name in TABLES for key in getattr(translate(slug), name, {})}
    keys = {given["key"] for name, (given, _out) in samples(slug).items() if name.startswith(prefix)}
    assert rows - keys == set(), f"rows of {table} without a sample"
    assert keys - known == set(), "samples of no row"


@pytest.mark.parametrize(("slug", "name"), SAMPLES)
def test_x9_each_sample_gives_its_golden_answer(slug: str, name: str) -> None:
    given, golden = samples(slug)[name]
    assert given is not None, f"{name} has no .in.json"
    assert golden is not None, f"{name} has no .out.json"
    tables = translate(slug)
    if name.startswith("says_"):
        assert tables.SAYS[given["key"]](given["values"]) == golden
        return
    assert [plain(record) for record in heard(slug, given)] == [when_as_time(row) for row in golden]


@pytest.mark.parametrize("slug", SLUGS)
def test_x9_every_listed_kind_has_a_row_and_every_published_one_a_sentence(slug: str) -> None:
    kinds, rows = partners()[slug].kinds, set(getattr(translate(slug), "ROWS", {}))
    listed = {name for name, spec in kinds.items() if spec.catalog and not spec.published}
    published = {name for name, spec in kinds.items() if spec.published}
    assert listed <= rows <= set(kinds) - published
    assert published <= set(translate(slug).SAYS) <= published | set(partners()[slug].actions)


@pytest.mark.parametrize("slug", SLUGS)
def test_x9_every_polled_kind_reads_an_empty_page_and_goes_on_from_it(slug: str) -> None:
    partner = partners()[slug]
    for kind in polled(slug):
        first = partner.pull(Wire({"data": []}), kind, "", now=NOW)
        assert (list(first.records), first.more) == ([], False), kind
        again = partner.pull(Wire({"data": []}), kind, first.cursor, now=NOW)
        assert again.cursor == first.cursor, kind


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("status", [400, 422])
def test_x9_a_filter_that_is_declined_is_told_or_gone_round_and_never_taken_for_an_empty_list(
    slug: str, status: int
) -> None:
    partner = partners()[slug]
    for kind in polled(slug):
        wire = Wire({"data": []}, fail=contract.Refused("unknown parameter", status=status), times=1)
        try:
            page = partner.pull(wire, kind, "", now=NOW)
        except contract.Refused:
            continue
        assert page.more or wire.sent > 1, f"{kind} took a refusal for the end of the list"
        assert not partner.pull(wire, kind, page.cursor, now=NOW).more
        for_ever = Wire({}, fail=contract.Refused("no", status=status))
        with pytest.raises(contract.Refused):
            partner.pull(for_ever, kind, page.cursor, now=NOW)


@pytest.mark.parametrize("slug", SLUGS)
def test_x9_each_action_says_plain_values_that_its_sentence_takes(slug: str) -> None:
    partner, seen = partners()[slug], plain_situation(slug)
    assert seen.enrollment is not None
    for kind in partner.actions:
        (lead,) = seen.enrollment.leads
        values = partner.values(kind, seen, lead, _Anything())
        assert json.loads(json.dumps(dict(values))) == dict(values), kind
        if kind in translate(slug).SAYS:
            body = translate(slug).SAYS[kind]({**values, "reference": "15.22"})
            assert json.loads(json.dumps(body)) == body, kind


@pytest.mark.parametrize("slug", SLUGS)
def test_x9_an_action_without_a_sentence_only_asks(slug: str) -> None:
    partner = partners()[slug]
    for kind in set(partner.actions) - set(translate(slug).SAYS):
        wire = Wire({"data": []})
        partner.push(wire, Action(kind=kind, reference="15.22", their_id="1", values={}, since=NOW))
        assert set(wire.methods) <= {"GET"}, kind


@pytest.mark.parametrize("slug", SLUGS)
def test_x9_whatever_is_heard_of_nobody_is_received_or_left(slug: str) -> None:
    partner = partners()[slug]
    for flow in [*partner.flows, ""]:
        account = AccountView(
            connection_id=1, flow=flow, now=NOW, users={5: "1"}, catalog=shelves(slug), settings=_Ones()
        )
        for name, (given_, _out) in samples(slug).items():
            for record in heard(slug, given_) if name.startswith("hears_") else ():
                received = partner.receive(record, account)
                assert received is None or isinstance(received, Outcome)
                assert received is None or received.ignored or received.effects


@pytest.mark.parametrize("slug", SLUGS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_x9_what_is_mangled_on_the_way_is_malformed_or_not_for_us(slug: str, data: st.DataObject) -> None:
    """A sample with one value replaced by anything is heard, or is Malformed or Unsupported: nothing else."""
    names = [name for name in samples(slug) if name.startswith("hears_")]
    given_ = samples(slug)[data.draw(st.sampled_from(names))][0]
    wire = json.loads(json.dumps(given_["wire"]))
    place, key = data.draw(st.sampled_from(list(places(wire))))
    place[key] = data.draw(JUNK)
    try:
        for record in heard(slug, {"key": given_["key"], "wire": wire}):
            json.dumps(as_json(record))
    except (Malformed, Unsupported):
        pass


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"event": 3}']
)
def test_x9_a_body_that_is_no_message_is_malformed(slug: str, body: bytes) -> None:
    with pytest.raises((Malformed, Unsupported)):
        partners()[slug].parse({}, body)


@pytest.mark.parametrize("slug", SLUGS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answer=st.one_of(st.deferred(lambda: JUNK), st.deferred(lambda: ENVELOPES)))
def test_x9_verbs_raise_contract_errors_only_whatever_is_answered(slug: str, answer: object) -> None:
    for verb in verbs(slug):
        with contextlib.suppress(MISHAPS):
            verb(Wire(answer))


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("error", MISHAPS)
def test_x9_errors_of_the_wire_pass_through_the_verbs(slug: str, error: type[PartnerError]) -> None:
    for verb in verbs(slug):
        with pytest.raises(error):
            verb(Wire({}, fail=error("so it is")))


@pytest.mark.parametrize("slug", SLUGS)
def test_x9_only_the_engine_retries(slug: str) -> None:
    for verb in verbs(slug):
        wire = Wire({}, fail=contract.Unavailable("down"))
        with pytest.raises(contract.Unavailable):
            verb(wire)
        assert wire.sent == 1


@pytest.mark.parametrize("slug", SLUGS)
def test_x9_a_signature_of_junk_is_not_theirs(slug: str) -> None:
    partner = partners()[slug]
    if partner.verify({}, b"{}", "secret") is None:
        pytest.skip("this partner does not sign")
    for junk in ("", "=", "é", "%%%", "a" * 5000):
        headers = _Headers(junk)
        assert partner.verify(headers, b"{}", "secret") is False


class _Headers(dict[str, str]):
    """Every header has the same value."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self._value = value

    def get(self, key: str, default: str = "") -> str:  # type: ignore[override]
        return self._value

    def __missing__(self, key: str) -> str:
        return self._value


def verbs(slug: str) -> Iterator[Callable[[Any], object]]:
    """check, describe, publish or pull of each kind, push and evidence of each action."""
    partner = partners()[slug]
    yield partner.check
    for kind, spec in partner.kinds.items():
        if spec.published:
            rows = said(slug, kind)
            assert rows, f"{kind} has no sample"
            yield lambda call, kind=kind, rows=rows: partner.publish(call, kind, rows)  # type: ignore[misc]
        elif spec.catalog:
            yield lambda call, kind=kind: partner.describe(call, kind)  # type: ignore[misc]
        else:
            yield lambda call, kind=kind: partner.pull(call, kind, "", now=NOW)  # type: ignore[misc]
    for kind, spec in partner.actions.items():
        for values in said(slug, kind) or [{}]:
            action = Action(kind=kind, reference="15.22", their_id="1", values=_Values(values), since=NOW)
            yield lambda call, action=action: partner.push(call, action)  # type: ignore[misc]
            if spec.repeat is Repeat.EVIDENCE:
                yield lambda call, action=action: partner.evidence(call, action)  # type: ignore[misc]


def said(slug: str, key: str) -> list[dict[str, Any]]:
    """The values of every sample of a sentence."""
    told = [given_ for name, (given_, _out) in samples(slug).items() if name.startswith("says_")]
    return [given_["values"] for given_ in told if given_["key"] == key]


def polled(slug: str) -> list[str]:
    return [kind for kind, spec in partners()[slug].kinds.items() if not spec.catalog]


def shelves(slug: str) -> dict[str, dict[str, dict[str, Any]]]:
    """One row on every shelf."""
    row = {"name": "x", "email": "x@x.example", "key": "x", "active": True}
    return {kind: {"1": dict(row)} for kind in partners()[slug].kinds}


def plain_situation(slug: str) -> Situation:
    """A card with one person, one lead over there and one row of everything that is listed."""
    person = contract.PersonView(id=3, name="Ana Luz", email="ana@x.example", phones=("4899991111",))
    lead = LeadView(id=22, person_id=3, their_id="1", state="executing", is_main=True)
    chosen = {
        name: "1" if isinstance(choices, str) else choices[0][0]
        for action in partners()[slug].automation_actions
        for name, (_label, choices) in action.parameters.items()
    }
    return Situation(
        connection_id=1,
        connection_state="active",
        now=NOW,
        deal=DealView(
            id=15,
            title="x",
            status="open",
            funnel_id=1,
            stage_id=1,
            owner_id=5,
            fields={},
            main=person,
            related=(),
            company=None,
        ),
        enrollment=EnrollmentView(
            id=1, number=1, state="active", ended_at=None, leads=(lead,), parameters=chosen
        ),
        automations=(),
        users={5: "1"},
        catalog=shelves(slug),
        settings=_Ones(),
        people={3: person},
    )


def heard(slug: str, given: Mapping[str, Any]) -> list[Record]:
    """Through the webhook's own door, or as a row of a list."""
    if given["key"] in translate(slug).HEARS:
        return list(partners()[slug].parse({}, json.dumps(given["wire"]).encode()).records)
    record = translate(slug).ROWS[given["key"]](given["wire"])
    return [] if record is None else [record]


def plain(record: Record) -> dict[str, Any]:
    return when_as_time({**as_json(record), "secrets": dict(record.secrets)})


def when_as_time(row: Mapping[str, Any]) -> dict[str, Any]:
    when = row["when"]
    return {**row, "when": datetime.fromisoformat(when) if isinstance(when, str) else when}


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) inside a JSON value."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield value, key
            yield from places(inner)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ENVELOPES = st.builds(
    lambda rows: {"data": rows},
    st.lists(
        st.dictionaries(
            st.sampled_from(
                ["id", "name", "email", "lead_id", "status", "type", "updated", "end_date", "token"]
            ),
            JUNK,
            max_size=6,
        ),
        max_size=3,
    ),
)
