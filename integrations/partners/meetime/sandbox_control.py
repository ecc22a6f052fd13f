"""`/_control/meetime/…`: acting as Meetime's user and administrator, and seeing the account from inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from integrations.sandbox.desk import ControlError

from .sandbox_administration import Administration, Answer, Order, truth, words
from .sandbox_board import LostReason
from .sandbox_crm import Crm
from .sandbox_inside import inside, state_of
from .sandbox_play import Stage
from .sandbox_seed import add_lost_reason
from .sandbox_state import Account, Complaint, Lead, epoch

CHOICES: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "seed": ("seed", int),
    "leads": ("leads", int),
    "company": ("company", str),
    "empty": ("empty", truth),
    "open": ("opened", truth),
    "references": ("references", truth),
}


class Accounts(Protocol):
    """Where accounts are kept."""

    def accounts(self) -> list[Account]: ...
    def account(self, token: str) -> Account | None: ...
    def open_account(
        self,
        *,
        token: str,
        seed: int = ...,
        leads: int = ...,
        empty: bool = ...,
        opened: bool = ...,
        references: bool = ...,
        company: str = ...,
    ) -> Account: ...


class Orders:
    """Each order names its account by `token` (default: the sandbox's own). Answers are JSON."""

    def __init__(self, *, stage: Stage, crm: Crm, accounts: Accounts) -> None:
        self._stage, self._accounts = stage, accounts
        self._administration = Administration(stage=stage)
        self._lead_verbs: dict[str, Callable[[Account, Lead, Order], object]] = {
            "win": lambda account, lead, order: stage.win(
                account,
                lead,
                lose_others=truth(order.get("lose_others")),
                annotations=words(order, "annotations"),
            ),
            "lose": lambda account, lead, order: stage.lose(
                account,
                lead,
                reason=_reason(account, lead, order),
                lose_others=truth(order.get("lose_others")),
                annotations=words(order, "annotations"),
            ),
            "activities": lambda account, lead, order: stage.act(
                account,
                lead,
                kind=str(order.get("type") or "SEARCH").upper(),
                annotation=words(order, "annotation"),
                executed=_moment(order.get("executed_at")),
                status=str(order.get("status") or "FINISHED"),
                scope=str(order.get("scope") or "EXTRA_ACTIVITY"),
                user_id=int(order["user_id"]) if order.get("user_id") else None,
            ),
            "owner": lambda account, lead, order: stage.assign(account, lead, user_id=int(order["user_id"])),
            "cadence": lambda account, lead, order: stage.switch(
                account, lead, cadence_id=int(order["cadence_id"])
            ),
            "reopen": lambda account, lead, order: stage.reopen(
                account,
                lead,
                cadence_id=int(order["cadence_id"]),
                owner_id=int(order["owner_id"]) if order.get("owner_id") else None,
                started=_started(order),
            ),
            "stage": lambda account, lead, order: crm.move(
                account,
                lead,
                stage_id=str(order["stage_id"]),
                user_id=int(order["user_id"]) if order.get("user_id") else None,
            ),
            "start": lambda account, lead, _: stage.start(account, lead),
            "pause": lambda account, lead, _: stage.pause(account, lead),
            "update": lambda account, lead, order: stage.amend(account, lead, _typed(order), by="user"),
            "delete": lambda account, lead, _: stage.remove(account, lead),
        }
        self._account_orders: dict[tuple[str, str], Callable[[Account, Order], Answer]] = {
            ("GET", "leads"): lambda account, order: (200, {"data": self._all(account, order)}),
            ("POST", "leads"): self._add_lead,
            ("GET", "state"): lambda account, _: (200, state_of(account)),
            **self._administration.general,
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
        row_order = self._administration.rows.get((table, verb))
        if row_order is None or method != "POST":
            raise ControlError(404, "no such control call")
        return row_order(account, int(number), order)

    def _open(self, order: Order) -> Answer:
        token = str(order.get("token") or "")
        if not token:
            raise ControlError(400, "token is missing")
        chosen = {name: read(order[key]) for key, (name, read) in CHOICES.items() if key in order}
        account = self._accounts.open_account(token=token, **chosen)
        self._stage.note(account, kind="account.created", by="user", body=chosen)
        return 201, state_of(account)

    def _add_lead(self, account: Account, order: Order) -> Answer:
        """A lead typed in at Meetime (M34).

        `deal`: the CRM's id of the deal it joins; `same_deal_as`: a lead whose deal it joins; either way it
        gets that deal's cadence and owner unless told. `external_reference`: the whole reference.
        """
        body = _typed(order)
        if order.get("email") and account.lead_by_email(str(order["email"])):
            raise Complaint(409, "email already used by another lead")
        model = self._beside(account, order)
        if model is not None:
            run = account.current(model)
            body["externalReference"] = model.deal or None
            body.setdefault("cadence_id", run.cadence_id if run else 0)
            body.setdefault("owner_id", run.owner_id if run else 0)
        elif order.get("deal") or order.get("external_reference"):
            body["externalReference"] = order.get("deal") or order["external_reference"]
        body["status"] = "EXECUTING" if _started(order) else "WAITING"
        owner = account.users.get(int(body.get("owner_id") or 0))
        if owner is not None and owner.active:
            body["salesmanEmail"] = owner.email
        offered = [cadence.id for cadence in account.cadences.values() if not cadence.deleted]
        cadence = account.cadences.get(int(body.get("cadence_id") or next(iter(offered), 0)))
        if cadence is None:
            raise ControlError(404, "no such cadence")
        return 201, inside(account, self._stage.inscribe(account, cadence, body, by="user"))

    def _beside(self, account: Account, order: Order) -> Lead | None:
        """The lead whose deal a new one joins; for a `deal` that has none here: None."""
        if not order.get("same_deal_as"):
            return next(iter(account.of_deal(str(order.get("deal") or ""))), None)
        model = account.leads.get(int(order["same_deal_as"]))
        if model is None:
            raise ControlError(404, "same_deal_as is no lead")
        return model

    def _all(self, account: Account, order: Order) -> list[dict[str, Any]]:
        wanted = str(order.get("deal") or "")
        return [inside(account, lead) for lead in account.leads.values() if not wanted or lead.deal == wanted]


def _typed(order: Order) -> dict[str, Any]:
    """An order as a lead's body: `phone` for one phone, `custom` or `custom_fields` for the custom ones."""
    body = dict(order)
    if order.get("phone"):
        body.setdefault("phones", [{"phone": order["phone"], "label": "Celular"}])
    for name in ("custom", "custom_fields"):
        if order.get(name):
            body.setdefault("customFields", order[name])
    return body


def _started(order: Order) -> bool:
    """Whether the lead goes on at once: `started`, or `status` EXECUTING."""
    return truth(order.get("started")) or order.get("status") == "EXECUTING"


def _moment(value: Any) -> float | None:
    """Epoch seconds or any of Meetime's spellings."""
    if value in (None, ""):
        return None
    return float(value) if isinstance(value, int | float) else epoch(str(value))


def _reason(account: Account, lead: Lead, order: Order) -> LostReason | None:
    """One of the reasons that the lead shows, by `reason_id` or by the name `reason`.

    `any_reason`: a name outside them, as of a list that changed a moment ago (M41). Where nothing is
    published a name not yet heard is taken up into the account's own.
    """
    offered = account.reasons(lead)
    number, name = str(order.get("reason_id") or ""), str(order.get("reason") or "").strip()
    if not number and not name:
        return None
    found = next(
        (
            each
            for each in offered
            if (str(each.id) == number if number else each.name.casefold() == name.casefold())
        ),
        None,
    )
    if found is not None:
        return found
    if name and truth(order.get("any_reason")):
        return LostReason(id=account.next_id(), name=name)
    if number or account.published(lead) is not None:
        raise ControlError(400, "no such lost reason")
    return add_lost_reason(account, name=name)
