"""One story told by webhooks, by polling alone, and by webhooks doubled and shuffled: the rows are the same (M33–M42)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from funnels import services
from funnels.models import Company, Deal, LossReason, Person
from integrations.engine import catalog, clock
from integrations.models import Connection, LinkedUser
from integrations.partners.meetime import seeing
from integrations.sandbox.server import Sandbox
from tests import factories
from tests.api.conftest import caller
from tests.conftest import make_world
from tests.engine import conftest, roads, story_clock
from tests.engine.conftest import Bench
from tests.engine.postbox import Postbox, postbox
from tests.engine.rows import lead_of, their_id
from tests.engine.test_rows_following import associate

BEGINNING = 1_796_040_000.0  # epoch seconds: every telling begins at the same moment
STEP = 120.0
ROADS = {
    "webhooks and polling": (),
    "polling alone": ({"kind": "webhook_dropped"},),
    "webhooks doubled and shuffled, and polling": (
        {"kind": "webhook_shuffled", "hold": 2, "seed": 5, "seconds": 3600},
    ),
}
TWICE = "webhooks doubled and shuffled, and polling"
ACTIVITIES = ("SEARCH", "CALL", "E_MAIL", "SOCIAL_POINT", "WHATSAPP", "MEETING", "QUIZ")


@dataclass(kw_only=True)
class Tale:
    """One telling: `there` acts as the partner's user, and its news travels by this telling's road."""

    bench: Bench
    box: Postbox
    road: str
    owner: User
    came: list[int] = field(default_factory=list)

    def person(self, name: str, **more: Any) -> Person:
        email = f"{name.partition(' ')[0].lower()}@estradas.example"
        return services.create_person(
            account=self.bench.world.account, name=name, email=email, origin=factories.SYSTEM, **more
        )

    def company(self, name: str, phone: str) -> Company:
        return services.create_company(
            account=self.bench.world.account, name=name, phones=[phone], origin=factories.SYSTEM
        )

    def card(self, title: str, main: Person | None, *related: Person, **more: Any) -> Deal:
        deal = factories.deal(
            funnel=self.bench.world.funnel, title=title, person=main, owner=self.owner, **more
        )
        services.set_related_contacts(deal=deal, persons=related, origin=factories.SYSTEM)
        self.here(
            lambda: services.move_deal(deal=deal, stage=self.bench.stages()[1], origin=factories.SYSTEM)
        )
        return deal

    def here(self, do: Callable[[], object]) -> None:
        """Something is done in the CRM, and the pump runs."""
        story_clock.CLOCK.wind(STEP)
        do()
        self.bench.drain()

    def there(self, deal: Deal, who: Person | None, what: str, **body: object) -> None:
        """The partner's user does something to that person's lead (None: the main contact's)."""
        story_clock.CLOCK.wind(STEP)
        self.bench.act(their_id(lead_of(deal, who)), what, **body)
        self.hear()

    def add(self, deal: Deal, name: str, **more: object) -> None:
        story_clock.CLOCK.wind(STEP)
        email = f"{name.partition(' ')[0].lower()}@estradas.example"
        order = {"deal": str(deal.pk), "name": name, "email": email, "started": True, **more}
        self.bench.control("POST", "meetime/leads", order)
        self.hear()

    def hear(self) -> None:
        """What the road has brought by now goes through our webhook view."""
        held = self.bench.sandbox.courier
        with held._gate:  # what a shuffle holds back stays held: only what flies is waited for
            assert held._gate.wait_for(
                lambda: not held._flying and all(due[-1] is None for due in held._due), 20
            )
        letters = self.box.take()
        self.came.append(len(letters))
        for letter in letters:
            for copy in (letter, letter, letter.sent_again()) if self.road == TWICE else (letter,):
                self.box.deliver(copy)
                self.bench.drain()

    def poll(self) -> None:
        story_clock.CLOCK.wind(STEP)
        self.bench.poll()

    def end(self) -> None:
        self.bench.control("POST", "webhooks", {"release": True})
        self.hear()
        self.poll()
        self.bench.drain()


def the_story(tale: Tale) -> None:
    """Sends, activities of all types, fields both ways, owner, cadence, stages, an added lead, loss, win."""
    bench = tale.bench
    sector = associate(
        bench, "person", "Setor", "options", "custom.segmento", options=("Comércio", "Serviços")
    )
    amount = associate(bench, "deal", "Valor", "currency", "custom.valorEstimado")
    reasons: dict[str, LossReason] = {
        name: services.add_loss_reason(funnel=bench.world.funnel, name=name, origin=factories.SYSTEM)
        for name in ("Sem orçamento", "Sem contato")
    }
    catalog.refresh(bench.connection, "funnels", now=clock.now())
    bench.win_action("win")
    stages = [str(stage.pk) for stage in bench.stages()]
    tale.poll()  # as after an activation
    joana, rui, lia = (tale.person(name) for name in ("Joana Prado", "Rui Lima", "Lia Reis"))
    firm = tale.company("Padaria Sol", "(48) 3333-4444")
    sun = tale.card("Padaria Sol", joana, rui, lia, company=firm, custom={amount.key: "10.00"})

    for kind in ACTIVITIES:
        tale.there(sun, None, "activities", type=kind, annotation=f"anotado: {kind}")
    tale.there(sun, rui, "activities", type="CALL", annotation="Falei com o Rui")
    tale.poll()
    tale.there(
        sun, None, "update", name="Joana P. Prado",
        phones=[{"phone": "(48) 97777-1111"}, {"phone": "(48) 3333-4444"}], custom={"segmento": "Serviços"},
    )  # fmt: skip
    others = LinkedUser.unscoped.filter(connection=bench.connection).exclude(user=tale.owner)
    other = others.order_by("user__email").first()
    tale.there(sun, None, "owner", user_id=int(other.their_id))
    tale.there(sun, rui, "update", custom={"valorEstimado": "25,50"})
    tale.poll()
    tale.here(
        lambda: services.update_person(
            person=Person.unscoped.get(pk=lia.pk),
            name="Lia R. Reis",
            custom={sector.key: "Comércio"},
            origin=factories.SYSTEM,
        )
    )
    tale.there(sun, None, "cadence", cadence_id=int(bench.cadence("HIGH").their_id))
    tale.here(lambda: services.move_deal(deal=sun, stage=bench.stages()[2], origin=factories.SYSTEM))
    tale.there(sun, lia, "stage", stage_id=stages[0])
    tale.there(sun, rui, "stage", stage_id=stages[1])
    tale.poll()
    tale.add(sun, "Bia Souza", phone="(48) 95555-0000")
    tale.poll()
    tale.there(
        sun, Person.unscoped.get(email="bia@estradas.example"), "activities", type="MEETING", annotation="oi"
    )
    tale.there(
        sun, rui, "lose", reason="Sem orçamento", lose_others=False, annotations="<p>Rui não tem verba</p>"
    )
    tale.poll()
    tale.there(sun, None, "win", lose_others=True, annotations="Fechamos.<br>Contrato segue.")

    otto, nina = tale.person("Otto Dias"), tale.person("Nina Costa")
    moon = tale.card("Padaria Lua", otto, nina)
    tale.there(moon, otto, "activities", type="WHATSAPP", annotation="respondeu")
    tale.there(moon, nina, "lose", reason="Sem orçamento", lose_others=False)
    tale.there(moon, otto, "lose", reason="Sem contato", lose_others=False, annotations="Não atende")
    tale.poll()

    for title, action, to, moved in (("Saturno", "move", 2, 0), ("Urano", "keep", None, 2)):
        bench.win_action(action, None if to is None else bench.stages()[to])
        card = tale.card(title, tale.person(f"{title} Costa"))
        moved_and_won(tale, card, stages[moved])

    mars = tale.card("Marte", None, company=tale.company("Marte Ltda", "(11) 3222-1111"))
    tale.there(mars, None, "update", name="Ivo Marte", email="ivo@estradas.example")
    tale.poll()
    tale.here(lambda: services.update_deal(deal=mars, custom={amount.key: "77.00"}, origin=factories.SYSTEM))
    tale.there(mars, None, "activities", type="SEARCH")

    caio = tale.person("Caio Luz", phones=["(48) 99911-2233"])
    star = tale.card("Estrela", caio)
    tale.there(star, None, "activities", type="E_MAIL", annotation="proposta enviada")
    tale.poll()
    tale.here(lambda: services.lose_deal(deal=star, reason=reasons["Sem contato"], origin=factories.SYSTEM))
    tale.end()


def moved_and_won(tale: Tale, card: Deal, stage: str) -> None:
    """A move just before the win: shuffled, the win is told first, and the card ends where it ends else (M36, M39)."""
    tale.there(card, None, "stage", stage_id=stage)
    tale.there(card, None, "win", lose_others=False)
    if tale.road == TWICE:
        assert tale.came[-2:] == [0, 2], "the two are no pair: another letter before them mends it"
    tale.poll()


@pytest.fixture(scope="module")
def _sandbox() -> Iterator[Sandbox]:
    with story_clock.sandbox() as running:
        yield running


@pytest.fixture
def telling(
    db: None, sandbox: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], roads.Reading]:
    """Tells the story by a road, reads both sides, and forgets it all."""
    from integrations.engine import caller as speaking
    from integrations.engine import pace

    settings.PARTNER_URLS = {"meetime": f"{sandbox.url}/meetime/v2"}
    settings.PARTNERS_ON_PRIVATE_ADDRESSES = True
    speaking.door.cache_clear()
    monkeypatch.setattr(pace, "reserve", lambda **_given: 0.0)

    def tell(road: str) -> roads.Reading:
        story_clock.install(monkeypatch, stopped=BEGINNING)
        with Forgotten():
            bench = _start(sandbox)
            with postbox(Connection.unscoped.get(pk=bench.connection.pk), settings) as box:
                for order in ROADS[road]:
                    bench.control("POST", "mischief", {"partner": "meetime", **order})
                linked = LinkedUser.unscoped.filter(connection=bench.connection).order_by("user__email")
                owner = linked.first().user
                tale = Tale(bench=bench, box=box, road=road, owner=owner)
                the_story(tale)
            settings.PUBLIC_URL = "http://testserver"
            api = caller(bench.world.account)
            reading = roads.Reading(
                get=api.get,
                control=bench.control,
                since=BEGINNING,
                user_fields=(seeing.LATEST_OWNER, seeing.INITIAL_OWNER),
            )
        assert (sum(tale.came) > 0) is (road != "polling alone"), tale.came
        return reading

    return tell


def _start(sandbox: Sandbox) -> Bench:
    """A new world on both sides, the connection active."""
    for method, path, body in (
        ("POST", "reset", {}),
        ("DELETE", "mischief", {}),
        ("POST", "meetime/pace", {"rate": 10_000, "burst": 10_000}),
    ):
        Bench.control(_Desk(sandbox), method, path, body)  # type: ignore[arg-type]
    return conftest.activate(make_world("Casa", "casa.example"), sandbox)


@dataclass(frozen=True)
class _Desk:
    sandbox: Sandbox


class Forgotten(AbstractContextManager[None]):
    """What is written inside is taken back, so that the next telling begins as this one did."""

    def __enter__(self) -> None:
        self._held = transaction.atomic()
        self._held.__enter__()

    def __exit__(self, *error: Any) -> None:
        transaction.set_rollback(True)
        self._held.__exit__(*error)


PAIRS = {
    "segmento": ("person", "setor", str),
    "valorEstimado": ("deal", "valor", lambda text: text.replace(".", ",") if "." in text else f"{text},00"),
}


@pytest.mark.timeout(900)
def test_m33_m37_m42_each_road_leads_to_the_same_rows_on_both_sides(
    telling: Callable[[str], roads.Reading],
) -> None:
    first, *others = ROADS
    one = telling(first)
    assert len(one.rows["leads"]) == 10
    assert len(one.rows["interaction-records"]) >= 20
    found = [f"{first}: CRM and partner apart: {line}" for line in roads.apart(one, PAIRS)]
    assert [one.rows["deals"][title]["stage"] for title in ("Saturno", "Urano")] == ["Proposta"] * 2
    for road in others:
        other = telling(road)
        found += [f"{first} ≠ {road}: {line}" for line in roads.differences(one.rows, other.rows)]
        found += [
            f"{first} ≠ {road}, there: {line}"
            for line in roads.differences({"leads there": one.theirs}, {"leads there": other.theirs})
        ]
        found += [f"{road}: CRM and partner apart: {line}" for line in roads.apart(other, PAIRS)]
    for line in found:
        print(line)
    assert not found, "\n".join(found)


def test_the_comparison_sees_each_kind_of_difference() -> None:
    """A program that finds nothing proves nothing: it is shown a difference of every sort."""
    one: roads.Rows = {
        "deals": {"Sol": {"status": "won", "stage": "Proposta"}},
        "persons": {"a": {"name": "A"}},
    }
    other: roads.Rows = {
        "deals": {"Sol": {"status": "lost", "stage": "Proposta"}},
        "tasks": {"t": {"text": "x"}},
    }
    assert roads.differences(one, one) == []
    assert [line.partition(":")[0] for line in roads.differences(one, other)] == [
        "deals “Sol” status",
        "persons “a”",
        "tasks “t”",
    ]
