"""Which stages and teams are named where no foreign key shows it, such as in automations' values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.models import Account, Invitation
from funnels.models import Requirement
from integrations.configuration.conditions import STAGE_FIELD
from integrations.configuration.parameters import TEAM
from integrations.models import Automation
from integrations.workflow.declaration import ACTIONS, Kind


def mentioned_stages(account: Account) -> set[str]:
    """Ids, as text, of the stages that something of the account names; two queries."""
    rows = Automation.objects.of(account).values_list("filters", "action", "parameters")
    conditions = list(Requirement.objects.of(account).values_list("condition", flat=True))
    found = set(_in_rules([*conditions, *(filters for filters, _action, _values in rows)]))
    for _filters, action, values in rows:
        parameters = ACTIONS[action].parameters if action in ACTIONS else ()
        found |= {str(values.get(each.name, "")) for each in parameters if each.kind == Kind.STAGE}
    return found


def mentioned_teams(account: Account) -> set[int]:
    """Ids of the teams that automations or open invitations name; two queries."""
    found: set[int] = set()
    for action, values in Automation.objects.of(account).values_list("action", "parameters"):
        for each in ACTIONS[action].parameters if action in ACTIONS else ():
            who = str(values.get(each.name, ""))
            if each.kind == Kind.WHO and who.startswith(TEAM):
                found.add(int(who.removeprefix(TEAM)))
    open_ones = Invitation.objects.of(account).filter(accepted_at=None, revoked_at=None)
    return found.union(*open_ones.values_list("teams", flat=True))


def _in_rules(conditions: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for condition in conditions:
        for rule in condition.get("rules", ()):
            if rule.get("field") == STAGE_FIELD:
                yield str(rule.get("value") or "")
