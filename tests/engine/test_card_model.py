"""A card with up to four leads through every order of happenings, compared with the document after each (M33–M36, M39–M43, M47)."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from funnels import services
from funnels.models import Deal, InteractionRecord, Person
from integrations.engine import catalog, clock
from integrations.models import (
    Arrival,
    Automation,
    Connection,
    Delivery,
    Enrollment,
    Lead,
    OutboxAction,
    SyncEvent,
)
from integrations.partners.meetime.models import WinAction
from integrations.sandbox.server import Sandbox
from tests import factories
from tests.availability import STORE_ONLY
from tests.engine import document as doc
from tests.engine import story_clock
from tests.engine.conftest import Bench
from tests.engine.postbox import Letter, Postbox, postbox
from tests.engine.rows import person

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "8" if os.environ.get(STORE_ONLY) else "20"))
"""How many stories are told in all; `make model` tells thousands."""
PARTS = int(os.environ.get("MODEL_PARTS", "1"))
"""Each part tells its share in a database and a sandbox of its own, so that parts can run side by side."""
SEED = os.environ.get("MODEL_SEED", "")
"""The first part's seed, the others count on from it; empty: always the same stories."""

PEOPLE = ("Ana", "Rui", "Lia", "Caio", "Nina")
MOST_LEADS = 4
STEPS = (
    240.0,
    2.0,
)  # seconds between two happenings: more, and less, than an answer to "lose the others?" has
ROADS = ("poll", "webhook", "later")
RESULTS = {"Lead ganho": "won", "Lead perdido": "lost", "Anotações": "annotations"}


class Scene:
    """What all stories of a part share."""

    def __init__(self, bench: Bench, owner: object, box: Postbox) -> None:
        self.bench, self.owner, self.box = bench, owner, box
        self.clock = story_clock.CLOCK
        self.stories = 0
        self.told: Counter[str] = Counter()
        self.win_action = WinAction.unscoped.get(connection=bench.connection)
        self.stages = dict(zip(("entry", "sending", "next"), bench.stages(), strict=True))

    def begin(self, action: str) -> int:
        """The next story: its win action, and nothing of the former ones within the look-back of a poll."""
        self.stories += 1
        self.clock.wind(3600)
        self.settle()
        self.box.take()
        self.win_action.action = action
        self.win_action.stage = self.stages["next"] if action == "move" else None
        self.win_action.save()
        return self.stories

    def settle(self) -> None:
        """Every webhook that was sent lies in the postbox."""
        assert self.bench.sandbox.courier.settle(timeout=20), "webhooks are stuck"


class CardMachine(RuleBasedStateMachine):
    """Steps of Meetime's user and of ours; news comes by either road, at once or later, once or twice."""

    scene: Scene

    # --- Before ---

    @initialize(
        people=st.integers(1, 3),
        action=st.sampled_from(sorted(doc.WON)),
    )
    def sent(self, people: int, action: str) -> None:
        scene = type(self).scene
        self.story, self.bench = scene.begin(action), scene.bench
        persons = [self._person(name) for name in PEOPLE[:people]]
        self.deal = factories.deal(
            funnel=self.bench.world.funnel,
            title=f"Negócio {self.story}",
            person=persons[0],
            owner=scene.owner,
        )
        services.set_related_contacts(deal=self.deal, persons=persons[1:], origin=factories.SYSTEM)
        self.card = doc.Card(main=PEOPLE[0], contacts=PEOPLE[1:people], action=action)
        self.their_id: dict[str, int] = {}
        self.moves: list[int] = []
        self.letters: list[Letter] = []
        self.delivered: list[Letter] = []
        self.enter()

    def _person(self, name: str) -> Person:
        return person(self.bench, f"{name} {self.story}", self._email(name))

    def _email(self, name: str) -> str:
        return f"{name.lower()}.{self.story}@modelo.example"

    # --- The happenings ---

    def enter(self) -> None:
        """Into the sending stage by whatever way leads there from where the card stands."""
        at, deal = self._at(), self._deal()
        if deal.status != Deal.Status.OPEN:
            services.reopen_deal(deal=deal, origin=factories.SYSTEM)
        elif deal.stage == type(self).scene.stages["sending"] and not self.card.running:
            services.move_deal(deal=deal, stage=type(self).scene.stages["entry"], origin=factories.SYSTEM)
        services.move_deal(
            deal=self._deal(), stage=type(self).scene.stages["sending"], origin=factories.SYSTEM
        )
        self.bench.drain()
        self._next(doc.Enters(at=at))
        self._know()

    @precondition(lambda self: not self.card.running)
    @rule()
    def enters_again(self) -> None:
        self.enter()

    @precondition(lambda self: self._open_there())
    @rule(data=st.data(), lose_others=st.booleans(), annotate=st.booleans(), road=st.sampled_from(ROADS))
    def won_there(self, data: st.DataObject, lose_others: bool, annotate: bool, road: str) -> None:
        self._result(data, "won", lose_others=lose_others, annotate=annotate, road=road)

    @precondition(lambda self: self._open_there())
    @rule(data=st.data(), lose_others=st.booleans(), annotate=st.booleans(), road=st.sampled_from(ROADS))
    def lost_there(self, data: st.DataObject, lose_others: bool, annotate: bool, road: str) -> None:
        self._result(data, "lost", lose_others=lose_others, annotate=annotate, road=road)

    def _result(
        self, data: st.DataObject, what: str, *, lose_others: bool, annotate: bool, road: str
    ) -> None:
        who, at = data.draw(st.sampled_from(self._open_there())), self._soon(data)
        self._act(
            who,
            {"won": "win", "lost": "lose"}[what],
            lose_others=lose_others,
            **({"annotations": f"<p>Anotado de {who}</p>"} if annotate else {}),
        )
        self._next(doc.Result(what=what, who=who, at=at, lose_others=lose_others, annotate=annotate))
        self._tell(data, road)

    @precondition(lambda self: self._open_there())
    @rule(data=st.data(), kind=st.sampled_from(sorted(doc.RECORDS)), road=st.sampled_from(ROADS))
    def activity(self, data: st.DataObject, kind: str, road: str) -> None:
        who, at = data.draw(st.sampled_from(self._open_there())), self._soon(data)
        self._act(who, "activities", type=kind, annotation="feito")
        self._next(doc.Done(kind=kind, who=who, at=at))
        self._tell(data, road)

    @precondition(lambda self: self.card.running and len(self.card.there) < MOST_LEADS)
    @rule(data=st.data(), road=st.sampled_from(ROADS))
    def added_there(self, data: st.DataObject, road: str) -> None:
        strangers = [name for name in PEOPLE if name not in self.card.there]
        who = data.draw(st.sampled_from(strangers))
        at = self._at()
        made = self.bench.control(
            "POST",
            "meetime/leads",
            {
                "deal": str(self.deal.pk),
                "name": f"{who} {self.story}",
                "email": self._email(who).upper(),
                "started": True,
            },
        )
        self.their_id[who] = made["id"]
        self._next(doc.Added(who=who, at=at))
        self._tell(data, road)

    @precondition(lambda self: self._closed_there())
    @rule(data=st.data(), road=st.sampled_from(ROADS))
    def reopened_there(self, data: st.DataObject, road: str) -> None:
        who, at = data.draw(st.sampled_from(self._closed_there())), self._soon(data)
        cadence = int(self.bench.automation.parameters["cadence"])
        self._act(who, "reopen", cadence_id=cadence, started=True)
        self._next(doc.Reopened(who=who, at=at))
        self._tell(data, road)

    @precondition(lambda self: self._open_there())
    @rule(data=st.data(), to=st.sampled_from(["entry", "sending", "next"]), road=st.sampled_from(ROADS))
    def moved_there(self, data: st.DataObject, to: str, road: str) -> None:
        who, at = data.draw(st.sampled_from(self._open_there())), self._soon(data)
        self._act(who, "stage", stage_id=str(type(self).scene.stages[to].pk))
        self._next(doc.Moved(to=to, who=who, at=at))
        self.moves.append(self.card.happened)
        self._tell(data, road)

    @precondition(lambda self: self.card.status == "open")
    @rule(what=st.sampled_from(["won", "lost"]))
    def closed_here(self, what: str) -> None:
        at = self._at()
        close = {"won": services.win_deal, "lost": services.lose_deal}[what]
        close(deal=self._deal(), origin=factories.SYSTEM)
        self.bench.drain()
        self._next(doc.ClosedHere(what=what, at=at))

    @precondition(lambda self: set(self._not_contacts()))
    @rule(data=st.data())
    def contact_added_here(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(self._not_contacts()))
        at = self._at()
        known = Person.objects.of(self.bench.world.account).filter(email=self._email(who)).first()
        contacts = [
            each.person for each in self.deal.related_contacts.select_related("person").order_by("id")
        ]
        services.set_related_contacts(
            deal=self._deal(), persons=[*contacts, known or self._person(who)], origin=factories.SYSTEM
        )
        self.bench.drain()
        self._next(doc.ContactHere(who=who, at=at))

    @precondition(lambda self: self.card.untold)
    @rule(data=st.data(), road=st.sampled_from(ROADS[:2]))
    def late_news(self, data: st.DataObject, road: str) -> None:
        self._at()
        self._tell(data, road)

    @rule(data=st.data(), what=st.sampled_from(["pages", "webhook", "webhook anew"]))
    def again(self, data: st.DataObject, what: str) -> None:
        """The same pages once more, and nobody remembers having seen them; or a webhook, as itself or as another."""
        self._at()
        if what == "pages" or not self.delivered:
            Arrival.unscoped.filter(lane__key=f"deal:{self.deal.pk}").update(digest="")
            self._poll()
        else:
            letter = data.draw(st.sampled_from(self.delivered))
            self._deliver(letter.sent_again() if what == "webhook anew" else letter)

    # --- News ---

    def _tell(self, data: st.DataObject, road: str) -> None:
        if road == "poll":
            self._poll()
        elif road == "webhook":
            self._collect()
            # All that lies there, or some of it; what stays lies there until later.
            order = data.draw(st.permutations(range(len(self.letters))))
            count = data.draw(st.integers(1, len(order))) if order else 0
            chosen = [self.letters[at] for at in order[:count]]
            twice = data.draw(st.booleans())
            for letter in chosen:
                self.letters.remove(letter)
                self._deliver(letter)
                self.delivered.append(letter)
                if twice:
                    self._deliver(letter.sent_again())

    def _poll(self) -> None:
        self.bench.poll()
        self._next(doc.Told(at=type(self).scene.clock.seconds()))

    def _collect(self) -> None:
        type(self).scene.settle()
        # Leads do not wait for one another, so those of one instant come in any order: here always in the same.
        self.letters += sorted(type(self).scene.box.take(), key=_place_of)

    def _deliver(self, letter: Letter) -> None:
        type(self).scene.box.deliver(letter)
        self.bench.drain()
        self._next(doc.Told(at=type(self).scene.clock.seconds(), news=self._news_in(letter)))

    def _news_in(self, letter: Letter) -> tuple[doc.News, ...]:
        """What a webhook tells: one activity, or a result with all that was done before it."""
        told = letter.told
        if told["event"] == "DEAL.STAGE_MOVED":
            rows = self.bench.control("GET", "meetime/state")["moves"]
            mine = [row["id"] for row in rows if row["deal_id"] == str(self.deal.pk)]
            number = self.moves[mine.index(told["id"])]
            return tuple(news for news in self.card.untold if news.number == number)
        lead = told["prospection"]["lead"]["id"]
        who = next(name for name, number in self.their_id.items() if number == lead)
        inside = self.bench.control("GET", f"meetime/leads/{lead}")
        runs = [run["id"] for run in inside["prospections"]]
        of = (who, runs.index(told["prospection"]["id"]) + 1)
        silent = ("moved", *doc.STANDING)
        mine = [news for news in self.card.untold if news.of == of and news.what not in silent]
        activities = [news for news in mine if news.what in doc.RECORDS]
        if told["event"] == "ACTIVITY.FINISHED":
            number = self._activity_numbers(inside, told["prospection"]["id"]).index(told["activity"]["id"])
            return tuple(news for news in activities if self._place(news) == number)
        return tuple(mine)

    def _activity_numbers(self, inside: dict[str, Any], run: int) -> list[int]:
        return [int(row["id"]) for row in inside["activities"] if row["prospection_id"] == str(run)]

    def _place(self, news: doc.News) -> int:
        """Which activity of its prospection it is, from 0."""
        return self.done.setdefault(news.of, []).index(news.number)

    # --- What there is ---

    def _next(self, happening: doc.Happening) -> None:
        before = self.card.happened
        type(self).scene.told[happening.__class__.__name__] += 1
        self.card = doc.next_state(self.card, happening)
        if isinstance(happening, doc.Done):
            of = (happening.who, self.card.there[happening.who].times)
            self.done.setdefault(of, []).append(before + 1)

    @property
    def done(self) -> dict[doc.Prospection, list[int]]:
        return self.__dict__.setdefault("_done", {})

    def _at(self) -> float:
        return type(self).scene.clock.wind(STEPS[0])

    def _soon(self, data: st.DataObject) -> float:
        """Minutes later, or at once."""
        return type(self).scene.clock.wind(data.draw(st.sampled_from(STEPS)))

    def _act(self, who: str, what: str, **body: object) -> Any:
        return self.bench.act(str(self.their_id[who]), what, **body)

    def _open_there(self) -> list[str]:
        """Who is open over there and known to the card, or about to be."""
        return [name for name in self._known_there() if self.card.there[name].open]

    def _closed_there(self) -> list[str]:
        """Who is closed over there and known to the card, or about to be."""
        return [name for name in self._known_there() if not self.card.there[name].open]

    def _known_there(self) -> list[str]:
        coming = {news.of[0] for news in self.card.untold if news.what == "added"}
        return [
            name
            for name, lead in sorted(self.card.there.items())
            if (name, lead.times) in self.card.of_run or name in coming
        ]

    def _not_contacts(self) -> list[str]:
        return [name for name in PEOPLE if name not in (self.card.main, *self.card.contacts)]

    def _deal(self) -> Deal:
        return Deal.unscoped.select_related("stage").get(pk=self.deal.pk)

    def _know(self) -> None:
        """The ids of the leads that were made there."""
        if set(self.card.there) - set(self.their_id):
            self.their_id = {name: row["id"] for name, row in self._there().items()}

    def _there(self) -> dict[str, dict[str, Any]]:
        rows = self.bench.control("GET", f"meetime/leads?deal={self.deal.pk}")["data"]
        found = {row["email"].partition(".")[0].title(): row for row in rows}
        assert len(found) == len(rows), "a lead is there twice"
        return found

    # --- Compared ---

    def teardown(self) -> None:
        if hasattr(self, "card") and self.card.untold:
            self._at()
            self._poll()
            self.compare()

    @invariant()
    def compare(self) -> None:
        """Everything that the document speaks of, here and there, and nothing failed, nothing doubled."""
        if not hasattr(self, "card"):
            return
        card, deal = self.card, self._deal()
        note(f"document: {card}")
        assert {
            "status": deal.status,
            "stage": deal.stage_id,
            "runs": self._runs(),
            "records": self._records(),
            "contacts": sorted(self._names(row.person_id for row in deal.related_contacts.all())),
            "not sent": self._told_not_sent(),
            "there": {name: row["open"] for name, row in sorted(self._there().items())},
        } == {
            "status": card.status,
            "stage": type(self).scene.stages[card.stage].pk,
            "runs": [(run.ended is None, dict(sorted(run.leads.items()))) for run in card.runs],
            "records": dict(sorted(card.records.items())),
            "contacts": sorted(card.contacts),
            "not sent": card.not_sent,
            "there": {name: lead.open for name, lead in sorted(card.there.items())},
        }
        self._nothing_failed_or_doubled()

    def _runs(self) -> list[tuple[bool, dict[str, str]]]:
        runs = Enrollment.unscoped.filter(deal=self.deal).order_by("number").prefetch_related("leads__person")
        assert [run.number for run in runs] == list(range(1, len(runs) + 1))
        return [
            (
                run.state != Enrollment.State.ENDED,
                {self._name(lead.person): self._state(lead) for lead in run.leads.order_by("person__name")},
            )
            for run in runs
        ]

    def _state(self, lead: Lead) -> str:
        return "executing" if lead.state == Lead.State.REOPENED else str(lead.state)

    def _records(self) -> dict[tuple[str, str], int]:
        rows = InteractionRecord.unscoped.filter(deal=self.deal).select_related("person")
        return dict(sorted(Counter((self._name(row.person), self._kind(row)) for row in rows).items()))

    def _kind(self, row: InteractionRecord) -> str:
        return next((kind for words, kind in RESULTS.items() if row.text.startswith(words)), str(row.type))

    def _told_not_sent(self) -> int:
        return SyncEvent.unscoped.filter(deal=self.deal, words__contains="is not sent").count()

    def _name(self, who: Person) -> str:
        return str(who.name).partition(" ")[0]

    def _names(self, ids: Iterator[int]) -> list[str]:
        return [self._name(row) for row in Person.unscoped.filter(pk__in=list(ids))]

    def _nothing_failed_or_doubled(self) -> None:
        account = self.bench.world.account
        assert not Arrival.unscoped.filter(state=Arrival.State.FAILED).exists()
        assert not Delivery.unscoped.exclude(state__in=("taken", "ignored")).exists()
        assert not OutboxAction.unscoped.filter(
            state__in=(*OutboxAction.NEEDS_PERSON, *OutboxAction.OPEN)
        ).exists()
        assert Deal.unscoped.filter(account=account).count() == type(self).scene.stories
        emails = Person.unscoped.filter(account=account, email__endswith=f".{self.story}@modelo.example")
        assert len({row.email_key for row in emails}) == len(emails), "a person is here twice"


def _place_of(letter: Letter) -> tuple[int, int, str]:
    told = letter.told
    return told["prospection"]["id"], told.get("activity", {}).get("id", 0), str(told.get("movedAt", ""))


# --- The telling ---


@pytest.fixture(scope="module")
def _sandbox() -> Iterator[Sandbox]:
    """As conftest's, with the story's clock."""
    with story_clock.sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def scene(_story_clock: None, bench: Bench, owner: object, settings: Any) -> Iterator[Scene]:
    bench.win_action("win")
    row = Automation.unscoped.get(pk=bench.automation.pk)
    row.pk, row.trigger = None, "reopened"
    row.save()
    catalog.refresh(bench.connection, "funnels", now=clock.now())  # they may move the card among its stages
    bench.poll()  # as after an activation: cursors begin there, not ten minutes before the first late look
    with postbox(Connection.unscoped.get(pk=bench.connection.pk), settings) as box:
        yield Scene(bench, owner, box)


@pytest.fixture
def _story_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    story_clock.install(monkeypatch)


def share(part: int) -> int:
    """How many stories that part tells."""
    return max(1, EXAMPLES // PARTS + (1 if part < EXAMPLES % PARTS else 0))


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("part", range(PARTS))
def test_m39_m40_a_card_goes_where_the_document_says(
    part: int, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    class Machine(CardMachine):
        pass

    Machine.scene = scene
    told = seed(int(SEED) + part)(Machine) if SEED else Machine
    began, cpu = time.monotonic(), time.process_time()
    try:
        run_state_machine_as_test(
            told,
            settings=settings(
                max_examples=share(part),
                stateful_step_count=8,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.explicit, Phase.generate, Phase.shrink],
                database=None,
                derandomize=not SEED,
                print_blob=True,
            ),
        )
    except Exception as wrong:
        _say(capsys, "".join(traceback.format_exception_only(wrong)))
        raise
    finally:
        told_of = f"{scene.stories} stories, {dict(scene.told)}"
        took = f"{time.monotonic() - began:.0f} s, {time.process_time() - cpu:.0f} s of CPU"
        _say(capsys, f"part {part}: seed {int(SEED) + part if SEED else 'fixed'}, {told_of}, {took}")
    assert scene.stories >= share(part)


def _say(capsys: pytest.CaptureFixture[str], words: str) -> None:
    """At once: a run of thousands takes long, and pytest tells of failures at its end."""
    if PARTS > 1:
        with capsys.disabled():
            print(words, file=sys.stderr, flush=True)


def test_the_document_knows_nothing_of_the_product() -> None:
    """The table imports no line of ours, so it cannot agree with the rules by copying them."""
    import ast
    from pathlib import Path

    tree = ast.parse(Path(doc.__file__).read_text(encoding="utf-8"))
    named: Sequence[str] = [
        name
        for node in ast.walk(tree)
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]
    assert {name.partition(".")[0] for name in named} <= {
        "__future__",
        "collections",
        "dataclasses",
        "typing",
    }
