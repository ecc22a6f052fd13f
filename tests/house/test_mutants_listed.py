"""The list of rules that mutants take out is whole and true on paper; `make mutants` runs it."""

from __future__ import annotations

import pytest

from tests.mutants.listed import Rule, doubled_ids, missing_rows, rules

LISTED = rules()


def test_every_row_of_m_has_a_rule_in_the_list() -> None:
    assert missing_rows(LISTED) == []
    assert doubled_ids(LISTED) == []


@pytest.mark.parametrize("rule", LISTED, ids=lambda rule: rule.id)
def test_each_rules_text_stands_once_and_its_tests_exist(rule: Rule) -> None:
    assert rule.problems() == []
