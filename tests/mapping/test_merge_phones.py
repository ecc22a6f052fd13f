"""Phones of a person and a company against the one list of a lead (M11, M12, X14)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnels.fields import phone_forms
from mapping.merge import PhoneMove, merge_phones, phones_there, phones_told


def key(phone: str) -> str:
    """What the CRM compares phones by: without the ninth digit."""
    return phone_forms(phone)[1]


A, B, C, D, E = (f"+55119{number}000000" for number in (81, 82, 83, 84, 85))


@pytest.mark.parametrize(
    ("person", "company", "told"),
    [
        ([A, B], [C], [A, B, C]),
        ([A], [A, C], [A, C]),  # the person's first, no repeats
        (
            ["11 98100-0000"],
            ["+55 11 8100-0000"],
            ["11 98100-0000"],
        ),  # one phone, with and without the ninth digit
        (["", " "], [A], [A]),
        (["ver notas"], ["ver notas", "ramal"], ["ver notas", "ramal"]),  # no digits: only equal to itself
    ],
)
def test_m11_the_persons_phones_are_told_first_without_repeats(
    person: list[str], company: list[str], told: list[str]
) -> None:
    assert phones_told(person=person, company=company, key=key) == told


@pytest.mark.parametrize(
    ("person", "company", "agreed", "theirs", "person_after", "company_after"),
    [
        # nothing changed, or only the order, or only how it is written
        ([A], [B], [A, B], [A, B], [A], [B]),
        ([A], [B], [A, B], [B, A], [A], [B]),
        (["11 98100-0000"], [], ["11 98100-0000"], ["+551181000000"], ["11 98100-0000"], []),
        # one exchanged: it returns to the record it came from, in place
        ([A, B], [C], [A, B, C], [D, B, C], [D, B], [C]),
        ([A, B], [C], [A, B, C], [A, B, D], [A, B], [D]),
        ([A], [B, C], [A, B, C], [A, D, C], [A], [D, C]),
        ([A], [B, C], [A, B, C], [A, C, D], [A], [D, C]),  # one of each, at another place
        # two exchanged, each at its place
        ([A], [B], [A, B], [C, D], [C], [D]),
        # held by both: exchanged in both
        ([A], [A, B], [A, B], [C, B], [C], [C, B]),
        # written twice in one record: exchanged once
        (["11 98100-0000", B, "+551181000000"], [], [A, B], [C, B], [C, B], []),
        # two of each, one of them at no common place: that one is new, and the removed one stays
        ([A], [B, C], [A, B, C], [D, C, E], [D, E], [B, C]),
        # a new one goes to the end of the person's
        ([A], [B], [A, B], [A, B, C], [A, C], [B]),
        ([], [B], [B], [C, B], [C], [B]),
        ([], [], [], [A, A, "", B], [A, B], []),
        # removed there: kept here
        ([A], [B], [A, B], [A], [A], [B]),
        ([A], [B], [A, B], [], [A], [B]),
        # meanwhile changed here as well
        ([C], [], [A], [B], [C, B], []),  # A → C here, A → B there: both are kept
        ([B], [], [A], [B], [B], []),  # the same change on both sides
        ([A, B], [], [A], [B], [A, B], []),  # B is here already: nothing is exchanged
        ([], [], [A], [A], [], []),  # removed here: their old one does not come back
    ],
)  # fmt: skip
def test_m11_a_phone_changed_there_returns_to_its_record(
    person: list[str],
    company: list[str],
    agreed: list[str],
    theirs: list[str],
    person_after: list[str],
    company_after: list[str],
) -> None:
    moved = merge_phones(person=person, company=company, agreed=agreed, theirs=theirs, key=key)
    assert (moved.ours_person, moved.ours_company) == (person_after, company_after)
    assert moved.changed == ((person, company) != (person_after, company_after))


PHONES = st.lists(st.sampled_from(["1", "1-", "2", "-2", "3", "4", "5-", "6", "", "x"]), max_size=5)


def digits(phone: str) -> str:
    return phone.replace("-", "") if phone != "x" else ""


def keys(*lists: Sequence[str]) -> list[str]:
    return [digits(phone) or phone for phones in lists for phone in phones if phone]


def repeats(phones: Sequence[str]) -> int:
    return len(keys(phones)) - len(set(keys(phones)))


phones = given(person=PHONES, company=PHONES, agreed=PHONES, theirs=PHONES)
often = settings(max_examples=500, deadline=None)


def moved_by(
    person: Sequence[str], company: Sequence[str], agreed: Sequence[str], theirs: Sequence[str]
) -> PhoneMove:
    return merge_phones(person=person, company=company, agreed=agreed, theirs=theirs, key=digits)


@often
@phones
def test_m12_merged_twice_is_merged_once(
    person: list[str], company: list[str], agreed: list[str], theirs: list[str]
) -> None:
    moved = moved_by(person, company, agreed, theirs)
    told = phones_told(person=moved.ours_person, company=moved.ours_company, key=digits)
    for then, now in (
        (agreed, theirs),  # the agreed list was not written: the same news once more
        (theirs, theirs),
        (theirs, told),  # told again: they take it as it is
        (told, told),
    ):
        again = moved_by(moved.ours_person, moved.ours_company, then, now)
        assert not again.changed, (then, now)
        assert (again.ours_person, again.ours_company) == (moved.ours_person, moved.ours_company)


@often
@phones
def test_m12_no_phone_is_lost_or_doubled(
    person: list[str], company: list[str], agreed: list[str], theirs: list[str]
) -> None:
    moved = moved_by(person, company, agreed, theirs)
    before, after = set(keys(person, company)), set(keys(moved.ours_person, moved.ours_company))
    new = set(keys(theirs)) - set(keys(agreed))
    gone = before - after
    assert new <= after, "a new phone of theirs is missing"
    assert gone <= set(keys(agreed)) - set(keys(theirs)), "only what was exchanged there may go"
    assert len(gone) <= len(new - before), "each that went was exchanged for a new one"
    assert after <= before | new, "a phone of nobody"
    assert repeats(moved.ours_person) <= repeats(person)
    assert repeats(moved.ours_company) <= repeats(company)
    assert len(keys(moved.ours_company)) <= len(keys(company)), "new ones go to the person"
    told = phones_told(person=moved.ours_person, company=moved.ours_company, key=digits)
    assert repeats(told) == 0
    assert moved.changed == ((moved.ours_person, moved.ours_company) != (person, company))


@pytest.mark.parametrize(
    ("agreed", "said", "theirs", "there"),
    [
        ([A], [A, B], [A], [A, B]),  # a new one
        ([A, B], [A], [A, B], [A, B]),  # removed here: kept there
        ([A, B], [], [A, B], [A, B]),
        ([A], [B], [A], [B]),  # exchanged here: exchanged there
        ([A, B], [C, B], [A, B, D], [C, B, D]),  # what only they have stays
        ([A], [B], [D], [B, D]),  # exchanged on both sides: both new ones
        ([A, B], [B, A], [A, B], [B, A]),  # our order
        ([], [A], ["+551181000000"], [A]),  # one number, however it is written
    ],
)
def test_x14_what_changed_here_changes_there_and_nothing_else_goes(
    agreed: list[str], said: list[str], theirs: list[str], there: list[str]
) -> None:
    assert phones_there(said=said, agreed=agreed, theirs=theirs, key=key) == there


@often
@given(said=PHONES, agreed=PHONES, theirs=PHONES)
def test_x14_their_list_loses_only_what_was_exchanged_and_is_said_once(
    said: list[str], agreed: list[str], theirs: list[str]
) -> None:
    there = phones_there(said=said, agreed=agreed, theirs=theirs, key=digits)
    gone = set(keys(theirs)) - set(keys(there))
    assert set(keys(said)) <= set(keys(there)) <= set(keys(said, theirs))
    assert len(gone) <= len(set(keys(said)) - set(keys(agreed))), "each that went was exchanged for a new one"
    assert repeats(there) == 0
    assert phones_there(said=said, agreed=said, theirs=there, key=digits) == there, "nothing more to say"
