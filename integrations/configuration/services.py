"""Exports, compares, plans and applies: a plan is an application in earnest that is taken back (X6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.origin import Origin
from accounts.services import audit
from integrations.configuration import waiting
from integrations.configuration.grammar import FORMAT, SECTIONS, Document, parse
from integrations.configuration.names import Names
from integrations.configuration.parts import account as account_part
from integrations.configuration.parts import (
    automations,
    connections,
    endpoints,
    fields,
    funnels,
    people,
)
from integrations.configuration.run import Act, Run, Step, digest_of
from integrations.configuration.writing import written

READ: Mapping[str, Any] = {
    "account_settings": account_part.read,
    "modules": people.read_modules,
    "profiles": people.read_profiles,
    "teams": people.read_teams,
    "fields": fields.read,
    "funnels": funnels.read,
    "connections": connections.read,
    "automations": automations.read,
    "endpoints": endpoints.read,
}
WRITE: Mapping[str, Any] = {
    "account_settings": account_part.write,
    "modules": people.write_modules,
    "profiles": people.write_profiles,
    "teams": people.write_teams,
    "fields": fields.write,
    "funnels": funnels.write,
    "connections": connections.write,
    "automations": automations.write,
    "endpoints": endpoints.write,
}
TOLD_IN_AUDIT = 200  # steps


class PlanChanged(Exception):
    """The account changed since the plan was shown; `words` says what to do."""

    def __init__(self) -> None:
        self.words = _("The account changed since the plan was made. Look at the new plan, then apply it.")
        super().__init__(self.words)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an application does, in order. `digest` names it: only a plan that was seen is applied."""

    digest: str
    steps: list[Step] = field(default_factory=list)
    same: int = 0
    pending: bool = False  # it leaves something to wait that did not wait before

    @property
    def changes(self) -> bool:
        """Whether applying it changes anything."""
        return self.pending or bool(self.done)

    @property
    def done(self) -> list[Step]:
        """What is created, changed and removed."""
        return [step for step in self.steps if step.act in (Act.CREATE, Act.CHANGE, Act.REMOVE)]

    @property
    def differing(self) -> list[Step]:
        """What differs between account and file; what only exists here and stays is no difference."""
        return [step for step in self.steps if step.act != Act.KEEP]

    def counted(self) -> dict[str, int]:
        """Steps by what becomes of them."""
        return {act.value: sum(step.act == act for step in self.steps) for act in Act}


def sections_of(account: Account) -> dict[str, Any]:
    """The account's configuration as plain data, without secrets; the same account gives the same."""
    names = Names(account)
    return {name: READ[name](names) for name in SECTIONS}


def data_of(account: Account, *, now: datetime | None = None) -> dict[str, Any]:
    """The whole file as data: header and sections."""
    return {
        "format": FORMAT,
        "product": settings.VERSION,
        "account": account.name,
        "exported_at": (now or timezone.now()).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **sections_of(account),
    }


def export(account: Account, *, now: datetime | None = None) -> str:
    """The file as text, in a lasting order, with comments in the reader's language."""
    return written(data_of(account, now=now))


def plan(*, account: Account, document: Document, origin: Origin) -> Plan:
    """What applying would do now. Nothing is written: the application is taken back."""
    with transaction.atomic():
        run = _run(account, document, origin)
        found = _plan(account, document, run)
        transaction.set_rollback(True)
    return found


def apply(*, account: Account, document: Document, digest: str, origin: Origin) -> Plan:
    """Does what the plan of this digest says, in one transaction; PlanChanged when it would do other things.

    What cannot be done is left out, what has to wait is kept and done as soon as it can.
    """
    with transaction.atomic():
        run = _run(account, document, origin)
        found = _plan(account, document, run)
        if found.digest != digest:
            raise PlanChanged
        waiting.keep(account, run)
        if found.changes:
            audit(
                account=account,
                origin=origin,
                action="configuration.applied",
                subject=document.account or account.name,
                data={
                    "digest": digest,
                    "counts": found.counted(),
                    "steps": [
                        f"{step.act} {step.kind} {' › '.join(step.path)}"
                        for step in found.done[:TOLD_IN_AUDIT]
                    ],
                },
            )
    return found


def read(raw: bytes | str) -> Document:
    """grammar.parse: the file as a document; NotReadable with lines."""
    return parse(raw)


def _run(account: Account, document: Document, origin: Origin) -> Run:
    locked = Account.objects.select_for_update().get(pk=account.pk)  # one application at a time
    run = Run(account=locked, origin=origin, remove=document.remove)
    for name in SECTIONS:
        if name in document.sections:
            WRITE[name](run, document.sections[name])
    run.take_away()
    waiting.discard(locked, document, run)
    return run


def _plan(account: Account, document: Document, run: Run) -> Plan:
    return Plan(
        digest=digest_of(account, document.sections, document.remove, run.steps),
        steps=run.steps,
        same=run.same,
        pending=waiting.is_new(account, run),
    )
