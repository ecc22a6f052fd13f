"""Two sides edited at will come to rest: equal or knowingly apart, without an endless echo (X5, pain 2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.merge import EQUAL, PREVIEW, Empty, Faces, Master, Move, Verdict, merge

START = datetime(2026, 11, 22, tzinfo=UTC)
Form = Callable[[str], str]
# How a side keeps what it is given: as it came, lower case, trimmed, cut.
FORMS: dict[str, Form] = {
    "as it came": str,
    "lower case": str.lower,
    "trimmed": str.strip,
    "three letters": lambda text: text[:3],
    "blank at times": lambda text: "" if "!" in text else text,
}
VALUES = st.sampled_from(["", " ", "Ana", "ana", "Ana Lima", " Bia", "bia!", "C"])


@dataclass
class Field:
    """Both sides of one field, what they agreed on, and every move that was made."""

    master: Master
    empty: Empty
    kept_here: Form
    kept_there: Form
    remembers: bool
    ours: str
    theirs: str
    ours_agreed: str | None = None
    theirs_agreed: str | None = None
    ours_at: datetime | None = None
    theirs_at: datetime | None = None
    moves: int = 0

    def edit(self, side: str, value: str, at: datetime | None) -> None:
        if side == "ours":
            self.ours, self.ours_at = value, at
        else:
            self.theirs, self.theirs_at = value, at

    def exchange(self) -> Verdict:
        """One merge, its move made, and the agreed values written as the engine writes them."""
        faces = Faces(
            ours_now=self.ours,
            ours_agreed=self.ours_agreed,
            theirs_now=self.theirs,
            theirs_agreed=self.theirs_agreed,
        )
        verdict = merge(
            faces, master=self.master, empty=self.empty, ours_at=self.ours_at, theirs_at=self.theirs_at
        )
        if verdict.move == Move.SEND:
            self.theirs = self.kept_there(self.ours)
        elif verdict.move == Move.TAKE:
            self.ours = self.kept_here(self.theirs)
        self.moves += verdict.move != Move.NONE
        if verdict.move != Move.NONE or verdict.why == EQUAL or (self.remembers and verdict.why != PREVIEW):
            self.ours_agreed, self.theirs_agreed = self.ours, self.theirs
        return verdict

    def equal(self) -> bool:
        """The same value, as each side keeps it."""
        return (
            self.ours == self.theirs
            or self.theirs == self.kept_there(self.ours)
            or self.ours == self.kept_here(self.theirs)
            or not (self.ours.strip() or self.theirs.strip())
        )


STEPS = st.lists(
    st.tuples(st.sampled_from(["ours", "theirs"]), VALUES, st.booleans(), st.integers(0, 3) | st.none()),
    max_size=8,
)


@pytest.mark.parametrize("empty", list(Empty))
@pytest.mark.parametrize("master", list(Master))
@settings(max_examples=300, deadline=None)
@given(
    steps=STEPS,
    first=st.tuples(VALUES, VALUES),
    here=st.sampled_from(sorted(FORMS)),
    there=st.sampled_from(sorted(FORMS)),
    remembers=st.booleans(),
)
def test_x5_edits_and_exchanges_come_to_rest(
    master: Master,
    empty: Empty,
    steps: list[tuple[str, str, bool, int | None]],
    first: tuple[str, str],
    here: str,
    there: str,
    remembers: bool,
) -> None:
    field = Field(
        master=master,
        empty=empty,
        kept_here=FORMS[here],
        kept_there=FORMS[there],
        remembers=remembers,
        ours=first[0],
        theirs=first[1],
    )
    edits = 1  # the first meeting of both sides
    for side, value, exchanged, minutes in steps:
        at = None if minutes is None else START + timedelta(minutes=minutes)  # clocks differ: any order
        field.edit(side, value, at)
        edits += 1
        if exchanged:
            before = field.moves
            field.exchange()
            field.exchange()
            assert field.moves - before <= 2
    for _round in range(2):
        field.exchange()
    moves, rest = field.moves, field.exchange()

    assert rest.move == Move.NONE, "still moving"
    assert field.moves == moves <= edits, "an echo"
    ours, theirs = field.ours, field.theirs
    for _round in range(3):  # at rest: nothing changes any more
        assert field.exchange() == field.exchange()
    assert (field.ours, field.theirs) == (ours, theirs)
    if field.ours_agreed is None or field.theirs_agreed is None:
        both = bool(ours.strip() and theirs.strip())
        deciding = {Master.OURS: ours, Master.THEIRS: theirs}.get(master)
        assert rest.conflict == (both and rest.why == PREVIEW)
        assert both or (deciding is not None and not deciding.strip()) or rest.why == EQUAL
    elif master == Master.BOTH and empty == Empty.ERASE:
        assert field.equal()
    elif master == Master.BOTH:
        assert field.equal() or not (ours.strip() and theirs.strip())
    elif master == Master.OURS:
        assert field.equal() or not ours.strip()
    else:  # what was changed here stays here until they change it
        assert field.equal() or not theirs.strip() or any(side == "ours" for side, *_rest in steps)
