"""Control orders of Meetime's administrator: users, cadences, fields, reasons, pace, quirks, the token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from integrations.sandbox.desk import ControlError

from . import sandbox_shapes as shapes
from .sandbox_play import Stage
from .sandbox_seed import add_custom_field, add_lost_reason
from .sandbox_state import PRIORITIES, Account, Complaint, User

Order = Mapping[str, Any]
Answer = tuple[int, Any]
FILTERS_TO_REFUSE = frozenset({"status", "lead_updated_after", "lead_updated_before", "lead_created_after"})
FIELD_TYPES = ("TEXT", "LONG_TEXT", "SELECT")


def truth(value: Any) -> bool:
    """JSON's true, or what a form or a query sends for it."""
    return value is True or str(value).lower() in ("true", "1", "on", "sim", "yes")


def words(order: Order, name: str) -> str | None:
    """The order's text under that name, None for blank."""
    return str(order[name]).strip() or None if order.get(name) else None


class Administration:
    """`general`: by (method, path). `rows`: by (table, verb) of POST <table>/<id>/<verb>."""

    def __init__(self, *, stage: Stage) -> None:
        self._stage = stage
        self.general: dict[tuple[str, str], Callable[[Account, Order], Answer]] = {
            ("POST", "users"): self._add_user,
            ("POST", "cadences"): self._add_cadence,
            ("POST", "lost-reasons"): lambda account, order: (
                201,
                shapes.lost_reason_row(add_lost_reason(account, name=str(order["name"]))),
            ),
            ("POST", "custom-fields"): self._add_custom_field,
            ("POST", "pace"): self._set_pace,
            ("POST", "quirks"): self._set_quirks,
            ("POST", "tokens/expire"): lambda account, _: self._expire(account, expired=True),
            ("POST", "tokens/restore"): lambda account, _: self._expire(account, expired=False),
        }
        self.rows: dict[tuple[str, str], Callable[[Account, int, Order], Answer]] = {
            ("users", "deactivate"): self._deactivate,
            ("users", "rename"): self._rename_user,
            ("users", "email"): self._readdress_user,
            ("cadences", "delete"): self._delete_cadence,
            ("cadences", "rename"): self._rename_cadence,
            ("lost-reasons", "delete"): lambda account, number, _: self._drop(
                account, "lost_reason", account.lost_reasons, number
            ),
            ("lost-reasons", "rename"): self._rename_reason,
            ("custom-fields", "delete"): lambda account, number, _: self._drop(
                account, "custom_field", account.custom_fields, number
            ),
            ("custom-fields", "rename"): self._rename_field,
            ("custom-fields", "options"): self._set_options,
        }

    def _add_user(self, account: Account, order: Order) -> Answer:
        email = str(order["email"])
        if account.user_by_email(email):
            raise Complaint(409, "email already used by another user")
        team = next((user for user in account.users.values() if user.team_id), None)
        user = User(
            id=account.next_id(),
            email=email,
            name=words(order, "name"),
            role=str(order.get("role") or "SDR"),
            team_id=team.team_id if team else None,
            team_name=team.team_name if team else None,
        )
        account.users[user.id] = user
        self._stage.note(
            account, kind="user.created", by="user", body={"email": email, "name": user.name}, user=user.id
        )
        return 201, shapes.user_row(user)

    def _deactivate(self, account: Account, number: int, _: Order) -> Answer:
        user = _row(account.users, number)
        user.active, user.deleted_on = False, account.now()
        self._stage.note(account, kind="user.deactivated", by="user", user=number)
        return 200, shapes.user_row(user)

    def _rename_user(self, account: Account, number: int, order: Order) -> Answer:
        """{"name": text}; blank takes the name away."""
        user = _row(account.users, number)
        user.name = words(order, "name")
        self._stage.note(account, kind="user.renamed", by="user", body={"name": user.name}, user=number)
        return 200, shapes.user_row(user)

    def _readdress_user(self, account: Account, number: int, order: Order) -> Answer:
        """{"email": text}; 409 when another active user bears it."""
        user, email = _row(account.users, number), _required(order, "email")
        other = account.user_by_email(email)
        if other is not None and other is not user:
            raise Complaint(409, "email already used by another user")
        user.email = email
        self._stage.note(account, kind="user.email", by="user", body={"email": email}, user=number)
        return 200, shapes.user_row(user)

    def _add_cadence(self, account: Account, order: Order) -> Answer:
        priority = str(order.get("priority") or "MEDIUM")
        if priority not in PRIORITIES:
            raise ControlError(400, f"priority must be one of {', '.join(PRIORITIES)}")
        owner_id = next((user.id for user in account.users.values() if user.active), None)
        cadence = account.new_cadence(name=str(order["name"]), priority=priority, owner_id=owner_id)
        self._stage.note(account, kind="cadence.created", by="user", cadence=cadence.id)
        return 201, shapes.cadence_row(cadence, host="")

    def _delete_cadence(self, account: Account, number: int, _: Order) -> Answer:
        cadence = _row(account.cadences, number)
        cadence.deleted = True
        self._stage.note(account, kind="cadence.deleted", by="user", cadence=number)
        return 200, shapes.cadence_row(cadence, host="")

    def _rename_cadence(self, account: Account, number: int, order: Order) -> Answer:
        cadence = _row(account.cadences, number)
        cadence.name = _required(order, "name")
        self._stage.note(
            account, kind="cadence.renamed", by="user", body={"name": cadence.name}, cadence=number
        )
        return 200, shapes.cadence_row(cadence, host="")

    def _rename_reason(self, account: Account, number: int, order: Order) -> Answer:
        reason = _row(account.lost_reasons, number)
        reason.name = _required(order, "name")
        self._stage.note(
            account, kind="lost_reason.renamed", by="user", body={"name": reason.name}, lost_reason=number
        )
        return 200, shapes.lost_reason_row(reason)

    def _add_custom_field(self, account: Account, order: Order) -> Answer:
        kind = str(order.get("type") or "TEXT")
        if kind not in FIELD_TYPES:
            raise ControlError(400, f"type must be one of {', '.join(FIELD_TYPES)}")
        key = str(order["key"])
        _unused(account, key)
        custom = add_custom_field(
            account, key=key, name=str(order.get("name") or key), type=kind, options=_options(order)
        )
        self._stage.note(
            account,
            kind="custom_field.created",
            by="user",
            body=shapes.custom_field_row(custom),
            custom_field=custom.id,
        )
        return 201, shapes.custom_field_row(custom)

    def _rename_field(self, account: Account, number: int, order: Order) -> Answer:
        """{"name"?: text, "key"?: text}; with another key the leads' values go along."""
        custom = _row(account.custom_fields, number)
        custom.name = words(order, "name") or custom.name
        key, old = words(order, "key") or custom.key, custom.key
        if key != old:
            _unused(account, key)
            for lead in account.leads.values():
                if old in lead.custom:
                    lead.custom[key] = lead.custom.pop(old)
            custom.key = key
        return self._changed(account, number, "renamed")

    def _set_options(self, account: Account, number: int, order: Order) -> Answer:
        """{"options": [text]} in place of the old ones; leads keep what they hold."""
        _row(account.custom_fields, number).options = _options(order)
        return self._changed(account, number, "options")

    def _changed(self, account: Account, number: int, what: str) -> Answer:
        row = shapes.custom_field_row(account.custom_fields[number])
        self._stage.note(account, kind=f"custom_field.{what}", by="user", body=row, custom_field=number)
        return 200, row

    def _drop(self, account: Account, kind: str, table: dict[int, Any], number: int) -> Answer:
        """Gone from the list; closed leads keep the reason they were given."""
        _row(table, number)
        del table[number]
        self._stage.note(account, kind=f"{kind}.deleted", by="user", **{kind: number})
        return 200, {"status": "ok"}

    def _set_pace(self, account: Account, order: Order) -> Answer:
        account.pace.rate = float(order.get("rate", account.pace.rate))
        account.pace.burst = account.pace.left = float(order.get("burst", account.pace.burst))
        return 200, {"rate": account.pace.rate, "burst": account.pace.burst}

    def _set_quirks(self, account: Account, order: Order) -> Answer:
        """Only the quirks named change.

        {"refuse_filters"?: [...]}: filters the sheet is not sure of, answered 400 from now on (4, 5).
        {"crm"?: bool}: whether the assumed CRM interface exists. {"numeric_custom"?: bool}: a custom TEXT of
        digits is listed as a number (4).
        """
        if "refuse_filters" in order:
            asked = {str(name) for name in order["refuse_filters"] or ()}
            account.refuse_filters = FILTERS_TO_REFUSE & asked
        if "crm" in order:
            account.crm = truth(order["crm"])
        if "numeric_custom" in order:
            account.numeric_custom = truth(order["numeric_custom"])
        return 200, shapes.quirks(account)

    def _expire(self, account: Account, *, expired: bool) -> Answer:
        account.expired = expired
        self._stage.note(account, kind="token.expired" if expired else "token.restored", by="user")
        return 200, {"account": account.alias, "expired": expired}


def _row(table: Mapping[int, Any], number: int) -> Any:
    if number not in table:
        raise ControlError(404, "no such row")
    return table[number]


def _required(order: Order, name: str) -> str:
    found = words(order, name)
    if found is None:
        raise ControlError(400, f"{name} is missing")
    return found


def _options(order: Order) -> tuple[str, ...]:
    return tuple(str(option) for option in order.get("options") or ())


def _unused(account: Account, key: str) -> None:
    if any(custom.key == key for custom in account.custom_fields.values()):
        raise ControlError(409, "key already used by another field")
