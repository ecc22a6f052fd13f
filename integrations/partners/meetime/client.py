"""Meetime's addresses, paging and sign-in; returns their JSON (contract sheet, sections 1 to 10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.contract import Call, Malformed

PAGE = 100  # more is answered 400 (section 2)
PAGES = 200  # a catalog longer than 20,000 rows is a loop, not a catalog

Row = Mapping[str, Any]


def _(sentence: str) -> str:
    """Marks a sentence for translation where it is shown."""
    return sentence


class Client:
    """Meetime v2 through one call. The token goes raw into Authorization: with "Bearer" it is 401."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._headers = {"Authorization": call.credentials["token"], "Accept": "application/json"}

    def page(
        self, path: str, *, start: int, limit: int | None = None, filters: Mapping[str, str] | None = None
    ) -> tuple[list[Row], int, bool]:
        """One page, oldest first: its rows, where the next begins, and whether more is there.

        `limit`: rows at most, PAGE unless told. `totalItems` cannot be trusted (section 2): a full page
        means that there may be more.
        """
        size = limit or PAGE
        params = {**(filters or {}), "limit": str(size), "start": str(start)}
        body = self._call.send("GET", path, params=params, headers=self._headers).json()
        rows = body.get("data") if isinstance(body, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Malformed(_("The list has no rows."))
        return rows, start + len(rows), len(rows) >= size

    def every(self, path: str, **filters: str) -> Iterator[Row]:
        """All rows of a list, page by page."""
        start, more = 0, True
        for _page in range(PAGES):
            rows, start, more = self.page(path, start=start, filters=filters)
            yield from rows
            if not more:
                return
        raise Malformed(_("The list does not end."))

    def oldest_user(self) -> Row | None:
        """The first user ever made in the account: its id stays, so it names the account (assumed)."""
        rows, _next, _more = self.page("/users", start=0, limit=1)
        return rows[0] if rows else None

    def lead_by_email(self, email: str) -> Row | None:
        """The lead that has this e-mail; e-mails are unique at Meetime (glossary, "Campo-chave")."""
        rows, _next, _more = self.page("/leads", start=0, filters={"email": email})
        return rows[-1] if rows else None

    def runs(self, lead_id: str) -> list[Row]:
        """The lead's prospections, oldest first: the last is the current one (section 5, `lead_id`)."""
        return list(self.every("/prospections", lead_id=lead_id))

    def lead_by_reference(self, reference: str, *, created_after: str) -> Row | None:
        """The lead that carries our reference among those created since; there is no filter for it."""
        for row in self.every("/leads", lead_created_after=created_after):
            if row.get("external_reference") == reference:
                return row
        return None

    def enroll(self, cadence_id: str, *, token: str, body: Mapping[str, Any]) -> None:
        """Creates a lead inside a cadence (section 9); the answer's shape is not known and not read."""
        params = {"token": token} if token else None
        path = f"/prospections/cadence/{cadence_id}/lead"
        self._call.send("POST", path, params=params, json=body, headers=self._headers)

    def lead(self, lead_id: str) -> Row | None:
        """The lead as the list shows it (section 4, `id`); None when it is gone."""
        rows, _next, _more = self.page("/leads", start=0, filters={"id": lead_id})
        return rows[-1] if rows else None

    def amend(self, lead_id: str, body: Mapping[str, Any]) -> None:
        """Changes the fields that the body names (section 3, PUT /leads/{id})."""
        self._call.send("PUT", f"/leads/{lead_id}", json=body, headers=self._headers)

    def close(self, run_id: str, body: Mapping[str, Any]) -> None:
        """Wins or loses a prospection; no such call is published (section 13.7): assumed."""
        self._call.send("PUT", f"/prospections/{run_id}", json=body, headers=self._headers)

    def place(self, deal: str, body: Mapping[str, Any]) -> None:
        """Says where the card stands in our funnel; assumed."""
        self._call.send("PUT", f"/crm/deals/{deal}", json=body, headers=self._headers)

    def funnels(self) -> list[Row]:
        """The funnels that were told to them; assumed."""
        return list(self.every("/crm/funnels"))

    def tell_funnel(self, funnel: str, body: Mapping[str, Any]) -> None:
        """A funnel with its stages and loss reasons; assumed."""
        self._call.send("PUT", f"/crm/funnels/{funnel}", json=body, headers=self._headers)

    def forget_funnel(self, funnel: str) -> None:
        """Takes a funnel away; assumed."""
        self._call.send("DELETE", f"/crm/funnels/{funnel}", headers=self._headers)

    def webhooks(self) -> list[Row]:
        """The webhooks of the account (section 10.2)."""
        return [row for row in self.every("/webhooks") if not row.get("deleted")]

    def subscribe(self, *, target_url: str, events: list[str], secret: str) -> str:
        """Registers a webhook and returns its id; path and body are assumed (section 10.2)."""
        body = {"target_url": target_url, "events": events, "enabled": True, "secret": secret}
        made = self._call.send("POST", "/webhooks", json=body, headers=self._headers).json()
        return their_id(made if isinstance(made, dict) else {})

    def unsubscribe(self, webhook_id: str) -> None:
        """Takes a webhook away (assumed)."""
        self._call.send("DELETE", f"/webhooks/{webhook_id}", headers=self._headers)


def their_id(row: Row) -> str:
    """Ids come as text in lists and as integers in webhooks: text here; Malformed without one."""
    if row.get("id") in (None, ""):
        raise Malformed(_("A row has no id."))
    return str(row["id"])
