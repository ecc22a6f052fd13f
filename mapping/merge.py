"""A three-way merge of one field with two faces, and of the phones of a person and her company."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext_noop as _


class Master(StrEnum):
    """Who decides a field; with `BOTH` the latest change wins."""

    BOTH = "both"
    OURS = "ours"
    THEIRS = "theirs"


class Empty(StrEnum):
    """What an empty value on one side does to the other (X14)."""

    KEEP = "keep"
    ERASE = "erase"


class Move(StrEnum):
    """Which way the value goes: `TAKE` is theirs → ours, `SEND` ours → theirs."""

    NONE = "none"
    TAKE = "take"
    SEND = "send"


@dataclass(frozen=True, kw_only=True)
class Faces:
    """One field as both sides hold it, ours as it would be told to them; agreed None: nothing agreed yet.

    `ours_agreed` is ours as last sent, `theirs_agreed` theirs as last read back. They may differ (partners
    normalise), so each side is compared with its own.
    """

    ours_now: str
    ours_agreed: str | None
    theirs_now: str
    theirs_agreed: str | None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What to do and why, as an English message id; `conflict` asks for a line in the log (X5)."""

    move: Move
    conflict: bool
    why: str


EQUAL = _("Both sides hold the same value.")
UNCHANGED = _("Neither side changed since they last agreed.")
OURS_CHANGED = _("Only the CRM changed it.")
THEIRS_CHANGED = _("Only the partner changed it.")
OURS_DECIDES = _("The partner changed it, but the CRM decides this field.")
THEIRS_DECIDES = _("The CRM changed it, but the partner decides this field.")
ERASES_NOTHING = _("One side was emptied, and an empty value erases nothing.")
FILLED_HERE = _("It was empty in the CRM.")
FILLED_THERE = _("It was empty at the partner.")
NOT_FILLED = _("It is empty on the side that decides this field.")
PREVIEW = _("Both sides hold a value and nothing was agreed yet: decided in the preview.")
BOTH_OURS = _("Both sides changed it; the CRM decides this field.")
BOTH_THEIRS = _("Both sides changed it; the partner decides this field.")
BOTH_KEEP = _("Both sides changed it; the empty value erases nothing.")
BOTH_LATEST_OURS = _("Both sides changed it; the CRM's change is the latest.")
BOTH_LATEST_THEIRS = _("Both sides changed it; the partner's change is the latest.")


def merge(
    faces: Faces, *, master: Master, empty: Empty, ours_at: datetime | None, theirs_at: datetime | None
) -> Verdict:
    """What one field needs so that both sides agree again (X5, X14; engine.md, "Merge").

    The times say when each side last changed; an unknown one loses, and a tie is ours. The caller makes the
    move and keeps what both sides then hold as agreed. After `NONE` it may do so too (the sides stay apart
    until one changes again), except for `PREVIEW`, which is a person's to decide.
    """
    if faces.ours_now == faces.theirs_now or (_blank(faces.ours_now) and _blank(faces.theirs_now)):
        return _verdict(Move.NONE, EQUAL)
    if faces.ours_agreed is None or faces.theirs_agreed is None:
        return _first(faces, master)
    ours = faces.ours_now != faces.ours_agreed
    theirs = faces.theirs_now != faces.theirs_agreed
    keep = empty == Empty.KEEP
    if ours and theirs:
        return _both(faces, master, keep, ours_at, theirs_at)
    if ours:
        return _ours_alone(faces, master, keep)
    if theirs:
        return _theirs_alone(faces, master, keep)
    return _verdict(Move.NONE, UNCHANGED)


def _first(faces: Faces, master: Master) -> Verdict:
    if _blank(faces.ours_now):
        if master == Master.OURS:
            return _verdict(Move.NONE, NOT_FILLED)
        return _verdict(Move.TAKE, FILLED_HERE)
    if _blank(faces.theirs_now):
        if master == Master.THEIRS:
            return _verdict(Move.NONE, NOT_FILLED)
        return _verdict(Move.SEND, FILLED_THERE)
    return _verdict(Move.NONE, PREVIEW, conflict=True)


def _ours_alone(faces: Faces, master: Master, keep: bool) -> Verdict:
    if master == Master.THEIRS:
        return _verdict(Move.NONE, THEIRS_DECIDES)
    if keep and _blank(faces.ours_now):
        return _verdict(Move.NONE, ERASES_NOTHING)
    return _verdict(Move.SEND, OURS_CHANGED)


def _theirs_alone(faces: Faces, master: Master, keep: bool) -> Verdict:
    if master == Master.OURS:
        # Put back what they changed, also when they emptied it; but an empty value of ours erases nothing.
        if keep and _blank(faces.ours_now):
            return _verdict(Move.NONE, ERASES_NOTHING)
        return _verdict(Move.SEND, OURS_DECIDES)
    if keep and _blank(faces.theirs_now):
        return _verdict(Move.NONE, ERASES_NOTHING)
    return _verdict(Move.TAKE, THEIRS_CHANGED)


def _both(
    faces: Faces, master: Master, keep: bool, ours_at: datetime | None, theirs_at: datetime | None
) -> Verdict:
    if master == Master.BOTH:
        if keep and (_blank(faces.ours_now) or _blank(faces.theirs_now)):
            filled = Move.TAKE if _blank(faces.ours_now) else Move.SEND
            return _verdict(filled, BOTH_KEEP, conflict=True)
        if theirs_at is not None and (ours_at is None or theirs_at > ours_at):
            return _verdict(Move.TAKE, BOTH_LATEST_THEIRS, conflict=True)
        return _verdict(Move.SEND, BOTH_LATEST_OURS, conflict=True)
    if keep and _blank(faces.ours_now if master == Master.OURS else faces.theirs_now):
        return _verdict(Move.NONE, BOTH_KEEP, conflict=True)
    if master == Master.OURS:
        return _verdict(Move.SEND, BOTH_OURS, conflict=True)
    return _verdict(Move.TAKE, BOTH_THEIRS, conflict=True)


def _blank(text: str) -> bool:
    return not text.strip()


def _verdict(move: Move, why: str, *, conflict: bool = False) -> Verdict:
    return Verdict(move=move, conflict=conflict, why=why)


# --- Phones ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PhoneMove:
    """The phones of both records after the merge; `changed`: they differ from what was handed in."""

    ours_person: list[str]
    ours_company: list[str]
    changed: bool


Key = Callable[[str], str]


def phones_told(*, person: Sequence[str], company: Sequence[str], key: Key) -> list[str]:
    """The list as it is sent: the person's phones, then the company's, blanks and repeats left out (M11)."""
    return _once([*person, *company], key)


def merge_phones(
    *, person: Sequence[str], company: Sequence[str], agreed: Sequence[str], theirs: Sequence[str], key: Key
) -> PhoneMove:
    """What a change of their list (`agreed` → `theirs`) does to a person's and a company's phones (M11, M12).

    `key` tells when two phones are one. A phone exchanged for another goes back, in place, to the record
    that held the old one (to both, if both did); a new one goes to the end of the person's; one removed
    there is kept here (X14). Doing it twice changes nothing more.
    """
    known = {_key(phone, key) for phone in (*person, *company)}
    before, after = _once(agreed, key), _once(theirs, key)
    renewed = {
        old: new
        for old, new in _exchanged(before, after, key).items()
        if old in known and _key(new, key) not in known
    }
    news = [
        phone
        for phone in _without(after, before, key)
        if phone not in renewed.values() and _key(phone, key) not in known
    ]
    ours_person = [*_renew(person, renewed, key), *news]
    ours_company = _renew(company, renewed, key)
    return PhoneMove(
        ours_person=ours_person,
        ours_company=ours_company,
        changed=ours_person != list(person) or ours_company != list(company),
    )


def phones_there(*, said: Sequence[str], agreed: Sequence[str], theirs: Sequence[str], key: Key) -> list[str]:
    """Their list as it becomes when ours went from `agreed` to `said`: ours first, then what else they have.

    A phone that was exchanged here for another goes there too; one removed here stays there (X14), and where
    nothing but that happened their list is as it was.
    """
    after, have = _once(said, key), _once(theirs, key)
    exchanged = _exchanged(_once(agreed, key), after, key)
    if not exchanged and [phone for phone in have if phone in after] == after:
        return have
    others = _without(have, after, key)
    return [*after, *(phone for phone in others if _key(phone, key) not in exchanged)]


def _exchanged(before: list[str], after: list[str], key: Key) -> dict[str, str]:
    """The new phone by the old one's key: exactly one of each, else those that stand at the same place."""
    gone, come = _without(before, after, key), _without(after, before, key)
    if len(gone) == len(come) == 1:
        return {_key(gone[0], key): come[0]}
    return {
        _key(old, key): new for old, new in zip(before, after, strict=False) if old in gone and new in come
    }


def _renew(phones: Sequence[str], renewed: dict[str, str], key: Key) -> list[str]:
    """The list with its old phones replaced in place; a repeat of an old one goes with it."""
    kept: list[str] = []
    for phone in phones:
        new = renewed.get(_key(phone, key))
        if new is None:
            kept.append(phone)
        elif new not in kept:
            kept.append(new)
    return kept


def _without(phones: list[str], others: list[str], key: Key) -> list[str]:
    there = {_key(phone, key) for phone in others}
    return [phone for phone in phones if _key(phone, key) not in there]


def _once(phones: Sequence[str], key: Key) -> list[str]:
    first: dict[str, str] = {}
    for phone in phones:
        if not _blank(phone):
            first.setdefault(_key(phone, key), phone)
    return list(first.values())


def _key(phone: str, key: Key) -> str:
    """What a phone is compared by; one that has no key ("see notes") is only equal to itself."""
    return key(phone) or phone.strip()
