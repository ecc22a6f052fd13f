"""What the document says becomes of a card: a table transcribed by hand, that knows nothing of the product.

`next_state(card, happening)` is the whole of it. Each line names its section of the document (or the row of the
requirements where the document is silent, marked →) and quotes it. Times are seconds of the story; persons are
words; nothing here is a row, a rule or an id of anybody's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Person = str
Prospection = tuple[Person, int]
"""The nth time that this person is prospected over there."""

# --- The tables -------------------------------------------------------------------------------------------------

# 6.1 "Ao marcar um lead como ganho na Meetime, é possível definir se o negócio também será ganho, movimentado ou
# mantido na mesma etapa" · FAQ 10 "Ser movimentado de etapa, Permanecer na mesma etapa, ou Ser marcado como ganho".
WON = {"win": ("won", "same"), "keep": ("open", "same"), "move": ("open", "next")}
"""The action configured → (status of the deal, its stage)."""

# 6.2 "Se todos os leads relacionados ao negócio forem marcados como perdidos, o card será automaticamente marcado
# como perdido" · FAQ 12 "Se um lead for perdido, mas ainda houver outros leads em aberto, o negócio permanece ativo,
# e a integração continua funcionando normalmente" · 6.2 "Caso sim [perder os demais], o negócio será perdido
# obrigatoriamente": the others are lost at the same instant, so none is open.
LOST = {"others open": ("open", "goes on"), "none open": ("lost", "ends")}
"""Other leads of the card after the loss → (status of the deal, the integration)."""

# 5.3 "Correspondência entre Atividades e Registros"; the row of e-mail is broken in the table, FAQ 13 has it
# ("e-mail → registro de e-mail"). → M33: any other activity is a simple record.
RECORDS = {
    "SEARCH": "simple",  # Pesquisa | Registro simples
    "CALL": "phone",  # Ligação | Registro de telefone
    "E_MAIL": "email",  # FAQ 13
    "SOCIAL_POINT": "simple",  # Social Point | Registro simples
    "WHATSAPP": "whatsapp",  # Social Point – WhatsApp | Registro de WhatsApp
    "MEETING": "meeting",  # Reunião | Registro de reunião
    "QUIZ": "simple",  # → M33
}

# FAQ 6 "Se o lead estiver fechado (ganho ou perdido), ele será reaberto na Meetime e entrará na nova cadência" ·
# "Se o lead estiver aberto e a nova cadência tiver prioridade menor, nenhuma atualização será feita" (→ M32: or equal,
# as here, where every sending is of one cadence). Nobody with that e-mail: 1 "Os leads são iniciados no Ploomes".
SENT = {"unknown": "executing", "closed": "executing", "open": "left"}
"""How the person's lead stands over there → how it stands for the card that sends it."""

# → M47 "won → open leads won there; lost → lost": the document knows of no closing in the CRM.
CLOSED_HERE = {"won": "won", "lost": "lost"}
"""The deal closed in the CRM → its open leads, there and here."""

# 6.1 "perguntará se o usuário deseja perder os demais": answered after the win. → how long after, README "Assumed".
ANSWER = 60.0
"""Seconds after a win in which another lead's loss still is that answer."""


# --- The state --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class There:
    """A lead at Meetime: is it open, how often was it prospected, are there annotations."""

    open: bool
    times: int
    annotated: bool = False


@dataclass(frozen=True)
class Run:
    """One sending of the card: its leads as the card knows them, when it began and when it ended."""

    leads: Mapping[Person, str]
    began: float
    ended: float | None = None


@dataclass(frozen=True)
class News:
    """Something that happened there and has not been told here: a result, an activity, a lead added, a move."""

    what: str  # won · lost · added · reopened · moved · or a kind of activity
    of: Prospection
    at: float
    number: int  # nothing happens twice: the nth happening of the story
    to: str = ""  # the stage, when the card was moved


@dataclass(frozen=True)
class Card:
    """The card here, its leads there, and the news between them."""

    main: Person
    action: str
    contacts: tuple[Person, ...] = ()
    status: str = "open"
    stage: str = "entry"
    runs: tuple[Run, ...] = ()
    there: Mapping[Person, There] = field(default_factory=dict)
    of_run: Mapping[Prospection, int] = field(default_factory=dict)
    """Which sending a prospection belongs to."""
    latest: Mapping[tuple[int, Person], int] = field(default_factory=dict)
    """Sending, person → the latest of its prospections that the card has heard of."""
    untold: tuple[News, ...] = ()
    records: Mapping[tuple[Person, str], int] = field(default_factory=dict)
    not_sent: int = 0
    """How often the card said that a contact came too late."""
    stage_since: float = 0.0
    """When it came to its stage here."""
    moved: Mapping[int, float] = field(default_factory=dict)
    """Sending → when its latest move happened that is known."""
    happened: int = 0

    @property
    def run(self) -> Run:
        """The last sending."""
        return self.runs[-1]

    @property
    def running(self) -> bool:
        """Whether the integration of the card goes on."""
        return bool(self.runs) and self.run.ended is None

    def executing(self, run: Run) -> list[Person]:
        """Who is open in that run, as the card knows."""
        return [person for person, state in run.leads.items() if state == "executing"]


# --- The happenings ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Enters:
    """The card enters the sending stage, or is reopened in it."""

    at: float


@dataclass(frozen=True)
class Result:
    """Over there a lead is won or lost; its user answers whether the deal's others are lost too."""

    what: str
    who: Person
    at: float
    lose_others: bool = False
    annotate: bool = False


@dataclass(frozen=True)
class Done:
    """An activity of that kind is done over there."""

    kind: str
    who: Person
    at: float


@dataclass(frozen=True)
class Added:
    """A lead is added over there to the same deal."""

    who: Person
    at: float


@dataclass(frozen=True)
class Reopened:
    """Over there a closed lead of the card is taken up again."""

    who: Person
    at: float


@dataclass(frozen=True)
class Moved:
    """Over there the card is moved to that stage, from somebody's lead."""

    to: str
    who: Person
    at: float


@dataclass(frozen=True)
class ClosedHere:
    """The deal is won or lost in the CRM."""

    what: str
    at: float


@dataclass(frozen=True)
class ContactHere:
    """A related contact is added in the CRM."""

    who: Person
    at: float


@dataclass(frozen=True)
class Told:
    """News arrives here: these, or None for everything that happened; told again it changes nothing."""

    at: float
    news: tuple[News, ...] | None = None


Happening = Enters | Result | Done | Added | Reopened | Moved | ClosedHere | ContactHere | Told


def next_state(card: Card, happening: Happening) -> Card:
    """The card after that happening."""
    return STEPS[type(happening)](card, happening)


# --- What the CRM does --------------------------------------------------------------------------------------------


def _enters(card: Card, step: Enters) -> Card:
    """5.2 "Quando o card é movido para a etapa […], o lead é automaticamente criado na Meetime" · 5.1 "todos os contatos
    relacionados são criados como leads associados ao mesmo negócio" · 4.5 "Card reaberto neste estágio".

    FAQ 12 ends one integration; → M43: the end is of one run, a new sending starts another.
    """
    card = replace(card, status="open", stage="sending", stage_since=step.at)
    if card.running:
        return card
    leads, there, of_run, latest = {}, dict(card.there), dict(card.of_run), dict(card.latest)
    for person in dict.fromkeys((card.main, *card.contacts)):
        lead = there.get(person)
        leads[person] = SENT["unknown" if lead is None else "open" if lead.open else "closed"]
        if leads[person] == "executing":
            times = (lead.times if lead else 0) + 1
            there[person] = There(open=True, times=times, annotated=lead.annotated if lead else False)
            of_run[person, times] = len(card.runs)
            latest[len(card.runs), person] = times
    ended = None if "executing" in leads.values() else step.at  # → M32: nobody is integrated with this card
    runs = (*card.runs, Run(leads, step.at, ended))
    return replace(card, runs=runs, there=there, of_run=of_run, latest=latest)


def _closed_here(card: Card, step: ClosedHere) -> Card:
    """→ M47: "won → open leads won there; lost → lost with the reason; the integration ends"."""
    card = replace(card, status=step.what)
    if not card.running:
        return card
    for person in card.executing(card.run):
        if card.there[person].open:
            card = _close(card, person)
            card = _lead(card, len(card.runs) - 1, person, CLOSED_HERE[step.what])
            card = _record(card, person, CLOSED_HERE[step.what])
    return _ends(card, step.at)


def _contact_here(card: Card, step: ContactHere) -> Card:
    """4.3 "após a integração do card e do lead, não é possível adicionar novos contatos relacionados pela Ploomes para
    gerar leads na Meetime" · FAQ 7 "ele não será sincronizado com a Meetime". → M35: the card says so."""
    said = card.not_sent + (1 if card.running and step.who not in card.run.leads else 0)
    return replace(card, contacts=(*card.contacts, step.who), not_sent=said)


# --- What Meetime's user does -------------------------------------------------------------------------------------


def _result(card: Card, step: Result) -> Card:
    """5.6 "Ao final da cadência, o usuário pode ganhar ou perder o lead" · 6.1, 6.2 "perguntará se o usuário deseja perder
    os demais": the deal's other open leads."""
    others = [each for each, lead in card.there.items() if each != step.who and lead.open]
    if step.annotate:
        lead = card.there[step.who]
        card = replace(card, there={**card.there, step.who: replace(lead, annotated=True)})
    card = _news(_close(card, step.who), step.what, step.who, step.at)
    for other in others if step.lose_others else ():
        card = _news(_close(card, other), "lost", other, step.at)
    return card


def _done(card: Card, step: Done) -> Card:
    """5.3 "Na Meetime, o responsável executa as atividades da cadência"."""
    return _news(card, step.kind, step.who, step.at)


def _added(card: Card, step: Added) -> Card:
    """5.4 "o usuário pode adicionar novos leads associados ao mesmo negócio diretamente pela interface da Meetime"."""
    card = replace(card, there={**card.there, step.who: There(open=True, times=1)})
    return _news(card, "added", step.who, step.at)


def _reopened(card: Card, step: Reopened) -> Card:
    """→ FAQ 12 "ainda houver outros leads em aberto": a closed lead that is taken up again there is open, in a
    prospection of its own and of the card that prospected it last."""
    lead = card.there[step.who]
    again = (step.who, lead.times + 1)
    of_run = dict(card.of_run)
    if (step.who, lead.times) in of_run:  # else the card has not heard of the lead yet
        of_run[again] = of_run[step.who, lead.times]
    there = {**card.there, step.who: replace(lead, open=True, times=again[1])}
    return _news(replace(card, there=there, of_run=of_run), "reopened", step.who, step.at)


def _moved(card: Card, step: Moved) -> Card:
    """5.5 → M36: "Meetime lists the stages of the lead's funnel and can move the card among them"."""
    return _news(card, "moved", step.who, step.at, to=step.to)


# --- What is told here ----------------------------------------------------------------------------------------------


def _told(card: Card, step: Told) -> Card:
    """What happened first is told first; news of a lead that the card does not know waits for the lead.

    Of what is told together, leads that were added or taken up again come first: FAQ 12 "mas ainda houver outros leads em
    aberto, o negócio permanece ativo" asks who is open, not since when.
    """
    news = card.untold if step.news is None else [each for each in step.news if each in card.untold]
    for each in sorted(news, key=lambda one: (one.what not in STANDING, one.at, one.number)):
        if each.what == "added" or each.of in card.of_run:
            card = HEARD.get(each.what, _activity_heard)(card, each, step.at)
            card = replace(card, untold=tuple(other for other in card.untold if other != each))
    return card


def _activity_heard(card: Card, news: News, now: float) -> Card:
    """5.3 "Cada atividade registrada na Meetime gera um Registro de Interação correspondente", for "A Pessoa (Contato)
    correspondente" and "O Negócio (Card) associado"."""
    return _record(_taken_up(card, news), news.of[0], RECORDS[news.what]) if _counts(card, news) else card


def _added_heard(card: Card, news: News, now: float) -> Card:
    """5.4 "Esses leads adicionais são sincronizados e passam a aparecer no Ploomes como Contatos Relacionados do card
    original" · 4.3 "A integração não cria duplicatas de pessoas": who is a contact already stays one."""
    if not card.running or news.at < card.run.began:
        return card  # FAQ 12 "novas atualizações de dados deixam de ser enviadas": it was of a run that has ended
    person, at = news.of[0], len(card.runs) - 1
    contacts = card.contacts if person in (card.main, *card.contacts) else (*card.contacts, person)
    times = card.there[person].times
    of_run = {**card.of_run, **{(person, each): at for each in range(1, times + 1)}}
    card = replace(card, contacts=contacts, of_run=of_run, latest={**card.latest, (at, person): times})
    return _lead(card, at, person, "executing")


def _reopened_heard(card: Card, news: News, now: float) -> Card:
    """→ FAQ 12: it counts as open from when the card hears of it, and not after the end (M43)."""
    return _taken_up(card, news) if _counts(card, news) else card


def _taken_up(card: Card, news: News) -> Card:
    """Any news of a later prospection tells that the lead was taken up again."""
    (person, times), at = news.of, card.of_run[news.of]
    if not card.running or at != len(card.runs) - 1 or times <= card.latest[at, person]:
        return card
    return _lead(replace(card, latest={**card.latest, (at, person): times}), at, person, "executing")


def _moved_heard(card: Card, news: News, now: float) -> Card:
    """→ M36: the latest move counts; → M43 "what happened before the end and arrives late is still taken in", but it
    undoes nothing that came after it: the win's own move or closing, or what people did here."""
    at = card.of_run[news.of]
    if not _counts(card, news) or card.moved.get(at, 0.0) > news.at:
        return card
    if card.runs[at].ended is not None and (card.status != "open" or card.stage_since > news.at):
        return card
    return replace(_stage(card, news.to, now), moved={**card.moved, at: news.at})


def _won_heard(card: Card, news: News, now: float) -> Card:
    """6 "O fluxo da integração se encerra quando o lead é ganho" · FAQ 12 "Se um dos leads for ganho, […] a integração é
    finalizada para aquele negócio"."""
    card, acts = _result_heard(card, news)
    if not acts:
        return card
    status, stage = WON[card.action]
    if card.status == "open":
        card = replace(card, status=status)
        if stage != "same":
            moved = {**card.moved, len(card.runs) - 1: news.at}
            card = replace(_stage(card, stage, now), moved=moved)
    return _ends(card, news.at)


def _lost_heard(card: Card, news: News, now: float) -> Card:
    """6.2 and FAQ 12: the number of leads that are open decides."""
    card, acts = _result_heard(card, news)
    if not acts:
        return card
    status, then = LOST["others open" if card.executing(card.run) else "none open"]
    card = replace(card, status=status if card.status == "open" else card.status)
    return _ends(card, news.at) if then == "ends" else card


def _result_heard(card: Card, news: News) -> tuple[Card, bool]:
    """7 "Quando um lead relacionado é marcado como ganho ou perdido, a atualização é enviada para: A Pessoa (Contato)
    correspondente, O Negócio (Card) associado. Esse envio ocorre mesmo que o negócio ainda esteja aberto".

    Returns too whether the card acts on it: once, only while its integration goes on, and not on how a former
    prospection of the lead ended.
    """
    if not _counts(card, news):
        return card, False
    (person, times), at = news.of, card.of_run[news.of]
    card = _record(card, person, news.what)
    if times < card.latest[at, person]:
        return card, False
    card = _lead(replace(card, latest={**card.latest, (at, person): times}), at, person, news.what)
    return card, at == len(card.runs) - 1 and card.running


def _counts(card: Card, news: News) -> bool:
    """FAQ 12 "o fluxo da integração é encerrado para aquele negócio". → M43: "what happened before the end and arrives
    late is still taken in"; what happened after it is not, but the answer to "lose the others?" (→ M39)."""
    run = card.runs[card.of_run[news.of]]
    if run.ended is None or news.at <= run.ended:
        return True
    answers = news.what == "lost" and run.leads[news.of[0]] == "executing" and "won" in run.leads.values()
    return answers and news.at <= run.ended + ANSWER


def _ends(card: Card, at: float) -> Card:
    """7 "Sempre que um lead integrado a um card é ganho ou todos os leads integrados a um card são perdido, as anotações
    da Meetime são enviadas para o Ploomes, criando registros no Contato principal e nos Contatos relacionados"."""
    run = card.run
    card = replace(card, runs=(*card.runs[:-1], replace(run, ended=at)))
    for person, state in run.leads.items():
        if state != "left" and card.there[person].annotated:
            card = _record(card, person, "annotations")
    return card


# --- Small things ---------------------------------------------------------------------------------------------------


def _stage(card: Card, stage: str, at: float) -> Card:
    return card if card.stage == stage else replace(card, stage=stage, stage_since=at)


def _news(card: Card, what: str, who: Person, at: float, *, to: str = "") -> Card:
    number = card.happened + 1
    news = News(what=what, of=(who, card.there[who].times), at=at, number=number, to=to)
    return replace(card, untold=(*card.untold, news), happened=number)


def _close(card: Card, person: Person) -> Card:
    return replace(card, there={**card.there, person: replace(card.there[person], open=False)})


def _lead(card: Card, at: int, person: Person, state: str) -> Card:
    run = replace(card.runs[at], leads={**card.runs[at].leads, person: state})
    return replace(card, runs=(*card.runs[:at], run, *card.runs[at + 1 :]))


def _record(card: Card, person: Person, kind: str) -> Card:
    return replace(card, records={**card.records, (person, kind): card.records.get((person, kind), 0) + 1})


STANDING = ("added", "reopened")
HEARD: Mapping[str, Callable[[Card, News, float], Card]] = {
    "added": _added_heard,
    "reopened": _reopened_heard,
    "moved": _moved_heard,
    "won": _won_heard,
    "lost": _lost_heard,
}
STEPS: Mapping[type, Callable[[Card, Any], Card]] = {
    Enters: _enters,
    Result: _result,
    Done: _done,
    Added: _added,
    Reopened: _reopened,
    Moved: _moved,
    ClosedHere: _closed_here,
    ContactHere: _contact_here,
    Told: _told,
}
