"""`/_control/meetime/…`: acting as Meetime's user and administrator, and seeing the account from inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from integrations.sandbox.desk import ControlError

from . import sandbox_shapes as shapes
from .sandbox_inside import inside, state_of
from .sandbox_play import Stage
from .sandbox_seed import add_custom_field, add_lost_reason
from .sandbox_state import PRIORITIES, Account, Complaint, Lead, User, epoch

Order = Mapping[str, Any]
Answer = tuple[int, Any]
FILTERS_TO_REFUSE = frozenset({"status", "lead_updated_after", "lead_updated_before", "lead_created_after"})


def truth(value: Any) -> bool:
    """JSON's true, or what a form or a query sends for it."""
    return value is True or str(value).lower() in ("true", "1", "on", "sim", "yes")


CHOICES: Mapping[str, Callable[[Any], Any]] = {"seed": int, "leads": int, "company": str, "empty": truth}


class Accounts(Protocol):
    """Where accounts are kept."""

    def accounts(self) -> list[Account]: ...
    def account(self, token: str) -> Account | None: ...
    def open_account(
        self, *, token: str, seed: int = ..., leads: int = ..., empty: bool = ..., company: str = ...
    ) -> Account: ...


class Orders:
    """Each order names its account by `token` (default: the sandbox's own). Answers are JSON."""

    def __init__(self, *, stage: Stage, accounts: Accounts) -> None:
        self._stage, self._accounts = stage, accounts
        self._lead_verbs: dict[str, Callable[[Account, Lead, Order], object]] = {
            "win": lambda account, lead, order: stage.win(
                account,
                lead,
                lose_others=truth(order.get("lose_others")),
                annotations=_words(order, "annotations"),
            ),
            "lose": lambda account, lead, order: stage.lose(
                account,
                lead,
                reason_id=_reason(account, order),
                lose_others=truth(order.get("lose_others")),
                annotations=_words(order, "annotations"),
            ),
            "activities": lambda account, lead, order: stage.act(
                account,
                lead,
                kind=str(order.get("type") or "SEARCH").upper(),
                annotation=_words(order, "annotation"),
                executed=_moment(order.get("executed_at")),
                status=str(order.get("status") or "FINISHED"),
                scope=str(order.get("scope") or "EXTRA_ACTIVITY"),
                user_id=int(order["user_id"]) if order.get("user_id") else None,
            ),
            "owner": lambda account, lead, order: stage.assign(account, lead, user_id=int(order["user_id"])),
            "cadence": lambda account, lead, order: stage.switch(
                account, lead, cadence_id=int(order["cadence_id"])
            ),
            "start": lambda account, lead, _: stage.start(account, lead),
            "pause": lambda account, lead, _: stage.pause(account, lead),
            "update": lambda account, lead, order: stage.amend(account, lead, order, by="user"),
            "delete": lambda account, lead, _: stage.remove(account, lead),
        }
        self._account_orders: dict[tuple[str, str], Callable[[Account, Order], Answer]] = {
            ("GET", "leads"): lambda account, order: (200, {"data": self._all(account, order)}),
            ("POST", "leads"): self._add_lead,
            ("GET", "state"): lambda account, _: (200, state_of(account)),
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
        self._row_orders: dict[tuple[str, str], Callable[[Account, int], Answer]] = {
            ("users", "deactivate"): self._deactivate,
            ("cadences", "delete"): self._delete_cadence,
            ("lost-reasons", "delete"): lambda account, number: _drop(account.lost_reasons, number),
            ("custom-fields", "delete"): lambda account, number: _drop(account.custom_fields, number),
        }

    def answer(self, method: str, path: str, order: Order) -> Answer:
        """(status, JSON) of one order; ControlError when it cannot be done."""
        if (method, path) == ("POST", "accounts"):
            return self._open(order)
        account = self._accounts.account(str(order.get("token") or ""))
        if account is None:
            raise ControlError(404, "no account with this token")
        try:
            with account.lock:
                return self._carry_out(account, method, path, order)
        except Complaint as complaint:
            raise ControlError(complaint.status, complaint.words) from complaint
        except KeyError as missing:
            raise ControlError(400, f"{missing.args[0]} is missing") from missing

    def act(self, account: Account, number: int, verb: str, order: Order) -> dict[str, Any]:
        """Do `verb` to a lead and return it from inside; the pages' buttons come here too."""
        lead = account.leads.get(number)
        act = self._lead_verbs.get(verb)
        if lead is None or act is None:
            raise ControlError(404, "no such lead or verb")
        act(account, lead, order)
        return inside(account, lead)

    def _carry_out(self, account: Account, method: str, path: str, order: Order) -> Answer:
        general = self._account_orders.get((method, path))
        if general is not None:
            return general(account, order)
        table, number, verb = ([*path.split("/"), "", ""])[:3]
        if not number.isdecimal():
            raise ControlError(404, "no such control call")
        if table == "leads" and method == "GET" and not verb and int(number) in account.leads:
            return 200, inside(account, account.leads[int(number)])
        if table == "leads" and method == "POST":
            return 200, self.act(account, int(number), verb, order)
        row_order = self._row_orders.get((table, verb))
        if row_order is None or method != "POST":
            raise ControlError(404, "no such control call")
        return row_order(account, int(number))

    def _open(self, order: Order) -> Answer:
        token = str(order.get("token") or "")
        if not token:
            raise ControlError(400, "token is missing")
        chosen = {name: read(order[name]) for name, read in CHOICES.items() if name in order}
        account = self._accounts.open_account(token=token, **chosen)
        self._stage.note(account, kind="account.created", by="user", body=chosen)
        return 201, state_of(account)

    def _add_lead(self, account: Account, order: Order) -> Answer:
        """A lead typed in at Meetime; `same_deal_as` copies the deal of another lead (M34)."""
        body = dict(order)
        if order.get("email") and account.lead_by_email(str(order["email"])):
            raise Complaint(409, "email already used by another lead")
        open_cadences = [cadence for cadence in account.cadences.values() if not cadence.deleted]
        if order.get("same_deal_as"):
            model = account.leads.get(int(order["same_deal_as"]))
            if model is None:
                raise ControlError(404, "same_deal_as is no lead")
            run = account.current(model)
            body["externalReference"] = model.deal or None
            body.setdefault("cadence_id", run.cadence_id if run else 0)
            body.setdefault("owner_id", run.owner_id if run else 0)
        elif order.get("external_reference"):
            body["externalReference"] = order["external_reference"]
        if order.get("phone"):
            body.setdefault("phones", [{"phone": order["phone"], "label": "Celular"}])
        if order.get("custom_fields"):
            body.setdefault("customFields", order["custom_fields"])
        owner = account.users.get(int(body.get("owner_id") or 0))
        if owner is not None:
            body["salesmanEmail"] = owner.email
        cadence = account.cadences.get(
            int(body.get("cadence_id") or (open_cadences[0].id if open_cadences else 0))
        )
        if cadence is None:
            raise ControlError(404, "no such cadence")
        return 201, inside(account, self._stage.inscribe(account, cadence, body, by="user"))

    def _add_user(self, account: Account, order: Order) -> Answer:
        email = str(order["email"])
        if account.user_by_email(email):
            raise Complaint(409, "email already used by another user")
        team = next((user for user in account.users.values() if user.team_id), None)
        user = User(
            id=account.next_id(),
            email=email,
            name=_words(order, "name"),
            role=str(order.get("role") or "SDR"),
            team_id=team.team_id if team else None,
            team_name=team.team_name if team else None,
        )
        account.users[user.id] = user
        self._stage.note(
            account, kind="user.created", by="user", body={"email": email, "name": user.name}, user=user.id
        )
        return 201, shapes.user_row(user)

    def _deactivate(self, account: Account, number: int) -> Answer:
        user = account.users.get(number)
        if user is None:
            raise ControlError(404, "no such user")
        user.active, user.deleted_on = False, account.now()
        self._stage.note(account, kind="user.deactivated", by="user", user=number)
        return 200, shapes.user_row(user)

    def _add_cadence(self, account: Account, order: Order) -> Answer:
        priority = str(order.get("priority") or "MEDIUM")
        if priority not in PRIORITIES:
            raise ControlError(400, f"priority must be one of {', '.join(PRIORITIES)}")
        owner_id = next((user.id for user in account.users.values() if user.active), None)
        cadence = account.new_cadence(name=str(order["name"]), priority=priority, owner_id=owner_id)
        self._stage.note(account, kind="cadence.created", by="user", cadence=cadence.id)
        return 201, shapes.cadence_row(cadence, host="")

    def _delete_cadence(self, account: Account, number: int) -> Answer:
        cadence = account.cadences.get(number)
        if cadence is None:
            raise ControlError(404, "no such cadence")
        cadence.deleted = True
        self._stage.note(account, kind="cadence.deleted", by="user", cadence=number)
        return 200, shapes.cadence_row(cadence, host="")

    def _add_custom_field(self, account: Account, order: Order) -> Answer:
        custom = add_custom_field(
            account,
            key=str(order["key"]),
            name=str(order.get("name") or order["key"]),
            type=str(order.get("type") or "TEXT"),
            options=tuple(str(option) for option in order.get("options") or ()),
        )
        return 201, shapes.custom_field_row(custom)

    def _set_pace(self, account: Account, order: Order) -> Answer:
        account.pace.rate = float(order.get("rate", account.pace.rate))
        account.pace.burst = account.pace.left = float(order.get("burst", account.pace.burst))
        return 200, {"rate": account.pace.rate, "burst": account.pace.burst}

    def _set_quirks(self, account: Account, order: Order) -> Answer:
        """{"refuse_filters": [...]}: filters the sheet is not sure of, answered 400 from now on (4, 5)."""
        account.refuse_filters = FILTERS_TO_REFUSE & {str(name) for name in order.get("refuse_filters") or ()}
        return 200, {"refuse_filters": sorted(account.refuse_filters)}

    def _expire(self, account: Account, *, expired: bool) -> Answer:
        account.expired = expired
        self._stage.note(account, kind="token.expired" if expired else "token.restored", by="user")
        return 200, {"account": account.alias, "expired": expired}

    def _all(self, account: Account, order: Order) -> list[dict[str, Any]]:
        wanted = str(order.get("deal") or "")
        return [inside(account, lead) for lead in account.leads.values() if not wanted or lead.deal == wanted]


def _words(order: Order, name: str) -> str | None:
    return str(order[name]).strip() or None if order.get(name) else None


def _moment(value: Any) -> float | None:
    """Epoch seconds or any of Meetime's spellings."""
    if value in (None, ""):
        return None
    return float(value) if isinstance(value, int | float) else epoch(str(value))


def _reason(account: Account, order: Order) -> int | None:
    if order.get("reason_id"):
        number = int(order["reason_id"])
        if number not in account.lost_reasons:
            raise ControlError(400, "no such lost reason")
        return number
    name = str(order.get("reason") or "").strip()
    if not name:
        return None
    # A name Meetime has not heard yet is taken up, so that an unknown reason can be played (M41).
    found = next(
        (each.id for each in account.lost_reasons.values() if each.name.lower() == name.lower()), None
    )
    return found if found is not None else add_lost_reason(account, name=name).id


def _drop(table: dict[int, Any], number: int) -> Answer:
    if table.pop(number, None) is None:
        raise ControlError(404, "no such row")
    return 200, {"status": "ok"}
