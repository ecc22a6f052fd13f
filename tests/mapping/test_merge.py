"""One field with two faces: every rule of the merge, line by line (X5, X14)."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from mapping.merge import Empty, Faces, Master, Move, Verdict, merge

EARLY, LATE = datetime(2026, 11, 22, 9, tzinfo=UTC), datetime(2026, 11, 22, 10, tzinfo=UTC)
BOTH, OURS, THEIRS = Master.BOTH, Master.OURS, Master.THEIRS
KEEP, ERASE = Empty.KEEP, Empty.ERASE
NONE, TAKE, SEND = Move.NONE, Move.TAKE, Move.SEND


def faces(ours: tuple[str | None, str], theirs: tuple[str | None, str]) -> Faces:
    """Each side as (agreed, now)."""
    return Faces(ours_agreed=ours[0], ours_now=ours[1], theirs_agreed=theirs[0], theirs_now=theirs[1])


# ours (agreed, now), theirs (agreed, now), master, empty → move, conflict, what the reason says
TABLE = [
    # neither changed, also where the partner writes it in its own way
    (("Ação", "Ação"), ("acao", "acao"), BOTH, KEEP, NONE, False, "Neither side changed"),
    (("x", "x"), ("", ""), BOTH, KEEP, NONE, False, "Neither side changed"),
    # one side changed
    (("a", "b"), ("a", "a"), BOTH, KEEP, SEND, False, "Only the CRM changed it"),
    (("a", "b"), ("a", "a"), OURS, KEEP, SEND, False, "Only the CRM changed it"),
    (("a", "b"), ("a", "a"), THEIRS, KEEP, NONE, False, "the partner decides"),
    (("a", "a"), ("a", "b"), BOTH, KEEP, TAKE, False, "Only the partner changed it"),
    (("a", "a"), ("a", "b"), THEIRS, KEEP, TAKE, False, "Only the partner changed it"),
    (("a", "a"), ("a", "b"), OURS, KEEP, SEND, False, "the CRM decides"),  # put back
    # to what the other side holds already
    (("Ação", "acao"), ("acao", "acao"), BOTH, KEEP, NONE, False, "hold the same value"),
    # one side emptied
    (("a", ""), ("a", "a"), BOTH, KEEP, NONE, False, "erases nothing"),
    (("a", " "), ("a", "a"), BOTH, KEEP, NONE, False, "erases nothing"),
    (("a", ""), ("a", "a"), OURS, KEEP, NONE, False, "erases nothing"),
    (("a", ""), ("a", "a"), THEIRS, KEEP, NONE, False, "the partner decides"),
    (("a", "a"), ("a", ""), BOTH, KEEP, NONE, False, "erases nothing"),
    (("a", "a"), ("a", ""), THEIRS, KEEP, NONE, False, "erases nothing"),
    (("a", "a"), ("a", ""), OURS, KEEP, SEND, False, "the CRM decides"),  # put back
    (("a", ""), ("a", "a"), BOTH, ERASE, SEND, False, "Only the CRM changed it"),
    (("a", ""), ("a", "a"), OURS, ERASE, SEND, False, "Only the CRM changed it"),
    (("a", ""), ("a", "a"), THEIRS, ERASE, NONE, False, "the partner decides"),
    (("a", "a"), ("a", ""), BOTH, ERASE, TAKE, False, "Only the partner changed it"),
    (("a", "a"), ("a", ""), THEIRS, ERASE, TAKE, False, "Only the partner changed it"),
    (("a", "a"), ("a", ""), OURS, ERASE, SEND, False, "the CRM decides"),
    # they fill what is empty here and ours decides: our empty value erases nothing, or erases
    (("", ""), ("", "b"), OURS, KEEP, NONE, False, "erases nothing"),
    (("", ""), ("", "b"), OURS, ERASE, SEND, False, "the CRM decides"),
    # both changed, to the same
    (("a", "b"), ("a", "b"), BOTH, KEEP, NONE, False, "hold the same value"),
    (("a", "b"), ("a", "b"), OURS, KEEP, NONE, False, "hold the same value"),
    (("a", ""), ("a", " "), BOTH, ERASE, NONE, False, "hold the same value"),
    # both changed, apart, and one side decides
    (("a", "b"), ("a", "c"), OURS, KEEP, SEND, True, "the CRM decides"),
    (("a", "b"), ("a", "c"), THEIRS, KEEP, TAKE, True, "the partner decides"),
    (("a", "b"), ("a", ""), OURS, KEEP, SEND, True, "the CRM decides"),
    (("a", ""), ("a", "c"), THEIRS, KEEP, TAKE, True, "the partner decides"),
    (("a", ""), ("a", "c"), OURS, KEEP, NONE, True, "empty value erases nothing"),
    (("a", "b"), ("a", ""), THEIRS, KEEP, NONE, True, "empty value erases nothing"),
    (("a", ""), ("a", "c"), OURS, ERASE, SEND, True, "the CRM decides"),
    (("a", "b"), ("a", ""), THEIRS, ERASE, TAKE, True, "the partner decides"),
    # nothing agreed yet
    ((None, "a"), (None, "a"), BOTH, KEEP, NONE, False, "hold the same value"),
    ((None, ""), (None, ""), BOTH, KEEP, NONE, False, "hold the same value"),
    ((None, "a"), (None, ""), BOTH, KEEP, SEND, False, "empty at the partner"),
    ((None, ""), (None, "a"), BOTH, KEEP, TAKE, False, "empty in the CRM"),
    ((None, "a"), (None, ""), BOTH, ERASE, SEND, False, "empty at the partner"),  # nobody erased anything
    ((None, ""), (None, "a"), THEIRS, ERASE, TAKE, False, "empty in the CRM"),
    ((None, "a"), (None, ""), OURS, KEEP, SEND, False, "empty at the partner"),
    ((None, ""), (None, "a"), OURS, KEEP, NONE, False, "empty on the side that decides"),
    ((None, "a"), (None, ""), THEIRS, KEEP, NONE, False, "empty on the side that decides"),
    ((None, "a"), (None, "b"), BOTH, KEEP, NONE, True, "decided in the preview"),
    ((None, "a"), (None, "b"), OURS, ERASE, NONE, True, "decided in the preview"),
    (("a", "a"), (None, "b"), THEIRS, KEEP, NONE, True, "decided in the preview"),
    ((None, "a"), ("b", "b"), BOTH, KEEP, NONE, True, "decided in the preview"),
]


@pytest.mark.parametrize(("ours", "theirs", "master", "empty", "move", "conflict", "why"), TABLE)
def test_x5_a_field_is_merged_by_its_rules(
    ours: tuple[str | None, str],
    theirs: tuple[str | None, str],
    master: Master,
    empty: Empty,
    move: Move,
    conflict: bool,
    why: str,
) -> None:
    for ours_at, theirs_at in product((None, EARLY, LATE), repeat=2):  # the times decide none of these
        verdict = merge(faces(ours, theirs), master=master, empty=empty, ours_at=ours_at, theirs_at=theirs_at)
        assert (verdict.move, verdict.conflict) == (move, conflict)
        assert why in verdict.why


@pytest.mark.parametrize(
    ("ours_at", "theirs_at", "move"),
    [
        (LATE, EARLY, SEND),
        (EARLY, LATE, TAKE),
        (LATE, LATE, SEND),  # a tie is ours
        (None, None, SEND),
        (EARLY, None, SEND),  # no time loses
        (None, EARLY, TAKE),
    ],
)
@pytest.mark.parametrize("empty", list(Empty))
def test_x5_both_changed_the_latest_wins(
    ours_at: datetime | None, theirs_at: datetime | None, move: Move, empty: Empty
) -> None:
    verdict = merge(
        faces(("a", "b"), ("a", "c")), master=BOTH, empty=empty, ours_at=ours_at, theirs_at=theirs_at
    )
    latest = {SEND: "the CRM's change is the latest", TAKE: "the partner's change is the latest"}[move]
    assert (verdict.move, verdict.conflict) == (move, True)
    assert latest in verdict.why


@pytest.mark.parametrize("late", ["ours", "theirs"])
def test_x14_a_later_blank_does_not_beat_a_value(late: str) -> None:
    times = {"ours_at": LATE, "theirs_at": EARLY} if late == "ours" else {"ours_at": EARLY, "theirs_at": LATE}
    emptied_here, emptied_there = faces(("a", ""), ("a", "c")), faces(("a", "b"), ("a", ""))
    assert merge(emptied_here, master=BOTH, empty=KEEP, **times).move == TAKE
    assert merge(emptied_there, master=BOTH, empty=KEEP, **times).move == SEND
    # … unless the map says that an empty value erases: then it is a change like any other.
    erased = SEND if late == "ours" else TAKE
    assert merge(emptied_here, master=BOTH, empty=ERASE, **times).move == erased
    assert merge(emptied_there, master=BOTH, empty=ERASE, **times).move == erased


VALUES = ("", " ", "a", "b")
AGREED = (None, *VALUES)


def every_case() -> list[tuple[Faces, Master, Empty, datetime | None, datetime | None, Verdict]]:
    """Every combination of few values, with its verdict."""
    times = (None, EARLY, LATE)
    return [
        (one, master, empty, ours_at, theirs_at, merge(one, master=master, empty=empty, ours_at=ours_at, theirs_at=theirs_at))
        for agreed, now, their_agreed, their_now in product(AGREED, VALUES, AGREED, VALUES)
        for one in (faces((agreed, now), (their_agreed, their_now)),)
        for master, empty, ours_at, theirs_at in product(Master, Empty, times, times)
    ]  # fmt: skip


def test_x5_what_holds_for_every_combination() -> None:
    for one, master, empty, _ours_at, _theirs_at, verdict in every_case():
        moved = {SEND: one.ours_now, TAKE: one.theirs_now}.get(verdict.move)
        case = (one, master, empty, verdict)
        assert not (empty == KEEP and moved is not None and not moved.strip()), f"a blank erased: {case}"
        assert not (master == OURS and verdict.move == TAKE), f"theirs was taken: {case}"
        assert not (master == THEIRS and verdict.move == SEND), f"ours was sent: {case}"
        same = one.ours_now.strip() == one.theirs_now.strip() == "" or one.ours_now == one.theirs_now
        new = one.ours_agreed is None or one.theirs_agreed is None
        apart = (
            bool(one.ours_now.strip() and one.theirs_now.strip())
            if new
            else one.ours_now != one.ours_agreed and one.theirs_now != one.theirs_agreed
        )
        assert verdict.conflict == (apart and not same), f"conflict: {case}"
        assert verdict.why.endswith(".")


def test_x5_neither_side_is_favoured_but_in_a_tie() -> None:
    """With the sides exchanged the verdict is the same, the other way round."""
    turned = {SEND: TAKE, TAKE: SEND, NONE: NONE}
    other = {BOTH: BOTH, OURS: THEIRS, THEIRS: OURS}
    for one, master, empty, ours_at, theirs_at, verdict in every_case():
        alone = (one.ours_now != one.ours_agreed) != (one.theirs_now != one.theirs_agreed)
        if ours_at == theirs_at or (master != BOTH and alone):
            continue  # a tie is ours; what changed at the side that does not decide is put back there only
        mirrored = merge(
            faces((one.theirs_agreed, one.theirs_now), (one.ours_agreed, one.ours_now)),
            master=other[master],
            empty=empty,
            ours_at=theirs_at,
            theirs_at=ours_at,
        )
        assert (mirrored.move, mirrored.conflict) == (turned[verdict.move], verdict.conflict), one
