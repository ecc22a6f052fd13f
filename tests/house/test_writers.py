"""Who may write what: states, funnels' tables, rows of all accounts, broad excepts (house.md)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from django.apps import apps

from tests.house.code import Module, modules, partner_slugs, product

# Where states are changed: the tables' own methods, the services, the engine's queryset methods.
STATE_WRITERS = (
    "accounts/idempotency.py",  # the number of a kept HTTP answer
    "accounts/mail.py",  # post_office's own column
    "accounts/models.py",
    "accounts/services.py",
    "funnels/models/",
    "funnels/services/",
    "mapping/models",
    "mapping/services",
    "integrations/models/",
    "integrations/sandbox/",  # another world, without tables
    *(f"integrations/partners/{slug}/sandbox" for slug in partner_slugs()),
)
# Who may see rows of every account.
UNSCOPED = (
    "accounts/models.py",
    "accounts/scoping.py",
    "accounts/services.py",
    "accounts/keys.py",
    "accounts/key_expiry.py",  # keys of every account come to an end
    "accounts/invitations.py",  # a link says which account it is
    "accounts/idempotency.py",  # an answer belongs to a key, and that to an account
    "accounts/api_auth.py",  # a key says which account it is
    "accounts/members.py",  # who is switched off everywhere leaves all her accounts
    "accounts/middleware.py",  # a session says which account it is
    "accounts/notices.py",  # old ones of every account are forgotten
    "accounts/own_trail.py",  # a person's own doings are told in each of her accounts
    "accounts/support.py",  # which account a member of staff has open
    "accounts/admin",
    "accounts/staff",  # the staff admin's rooms
    "accounts/management/",
    "funnels/models/",
    "funnels/services/",
    "funnels/conditions.py",  # a card says whose it is
    "funnels/admin",
    "funnels/staff",
    "mapping/models",
    "mapping/services",
    "mapping/matrix.py",  # a pair that a partner no longer declares stays while anybody uses it
    "mapping/admin",
    "mapping/staff",
    "integrations/models/",
    "integrations/engine/",
    "integrations/endpoints/",  # the sender works for every account
    "integrations/privacy/",  # one person's rows, by her own ids, in the engine's tables
    "integrations/workflow/",  # a worker's room, as the engine
    "integrations/webhooks.py",  # an address says which connection it is
    "integrations/admin",
    "integrations/staff",
    "integrations/management/",
)
WRITES = {
    "create",
    "bulk_create",
    "get_or_create",
    "update_or_create",
    "update",
    "delete",
    "bulk_update",
    "save",
}
BROAD = 2


def assignments(module: Module) -> Iterator[ast.Attribute]:
    for node in ast.walk(module.tree):
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AugAssign)
            else []
        )
        yield from (target for target in targets if isinstance(target, ast.Attribute))


def calls(module: Module) -> Iterator[tuple[ast.Call, str]]:
    """Calls of methods, with the method's name."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, node.func.attr


def root_name(node: ast.expr) -> str:
    """`Deal` for `Deal.objects.of(account).filter(…)`."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def test_states_change_in_models_and_services_only() -> None:
    """No `.state =`, `.status =` or update(state=…) elsewhere: a transition or a queryset method says it."""
    wrong = []
    for module in product(without=STATE_WRITERS):
        wrong += [
            f"{module.path}:{target.lineno} .{target.attr} ="
            for target in assignments(module)
            if target.attr in {"state", "status", "step"} and root_name(target) != "self"
        ]
        wrong += [
            f"{module.path}:{call.lineno} {name}({keyword.arg}=…)"
            for call, name in calls(module)
            if name in {"update", "bulk_update"}
            for keyword in call.keywords
            if keyword.arg in {"state", "status", "step"}
        ]
    assert wrong == []


def test_funnels_tables_are_written_by_its_services_only() -> None:
    """Every other room calls funnels.services with its origin, so that nothing happens unseen."""
    tables = {model.__name__ for model in apps.get_app_config("funnels").get_models()}
    wrong = []
    for module in product(without=("funnels/services/", "funnels/models/")):
        taken = {
            name.rpartition(".")[2] for name in module.imports if name.startswith("funnels.models")
        } & tables
        if not taken:
            continue
        wrong += [
            f"{module.path}:{call.lineno} {name} on {root_name(call.func)}"
            for call, name in calls(module)
            if name in WRITES and root_name(call.func) in taken
        ]
    assert wrong == []


def test_rows_of_all_accounts_are_seen_by_few() -> None:
    """`unscoped` only in engine, services, models and staff admin; everybody else says whose rows."""
    wrong = [
        f"{module.path}:{node.lineno}"
        for module in product(without=UNSCOPED)
        if not module.path.endswith(
            ("/admin.py", "/partner.py", "/services.py", "/setup.py")
        )  # a partner's own rooms
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"unscoped", "_default_manager", "_base_manager"}
    ]
    assert wrong == []


def test_broad_excepts_stand_in_two_places_at_most() -> None:
    """`except Exception` hides bugs: the pump's thread and one more may have it."""
    found = [
        f"{module.path}:{node.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or re.search(r"\b(Base)?Exception\b", ast.unparse(node.type)))
        and not raises_again(node)
    ]
    assert len(found) <= BROAD, found


def raises_again(handler: ast.ExceptHandler) -> bool:
    """It only tidies up: the error goes on to whoever can tell it."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_no_except_is_silent() -> None:
    """A handler that only passes says why beside it."""
    wrong = []
    for module in modules():
        lines = module.source.splitlines()
        wrong += [
            f"{module.path}:{node.lineno}"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ExceptHandler)
            and all(isinstance(each, ast.Pass) for each in node.body)
            and "#" not in "".join(lines[node.lineno - 1 : node.body[-1].lineno])
        ]
    assert wrong == []
