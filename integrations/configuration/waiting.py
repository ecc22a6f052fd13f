"""What of a file waits for credentials, lists and activation: kept on the account, done when it can."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import notices
from accounts.models import Account
from accounts.origin import Origin
from accounts.services import audit
from integrations.automations.services import update_automation
from integrations.configuration import references
from integrations.configuration.grammar import SECTIONS, Document, automation_key
from integrations.configuration.partners import part_of
from integrations.configuration.parts import automations
from integrations.configuration.run import Act, Run
from integrations.contract import partners
from integrations.models import Automation, CatalogShelf, Connection

log = logging.getLogger(__name__)

LABEL = gettext_noop("Configuration file")
LEFT_OUT = gettext_noop(
    "What waited of the configuration file could not all be done. Left out: %(what)s. The page says why."
)
TOLD = 3  # names in a notice; the page and the audit trail have all
WAITED, REFUSED = "waiting", "refused"
READY = (Connection.State.VALIDATED, Connection.State.ENABLED, Connection.State.ACTIVE)


def waiting_of(account: Account | int) -> Mapping[str, Any]:
    """{"sections", "switch_on": automation ids, "order"} that the last file left; empty for nothing."""
    left = {name: value for name, value in _kept(account).items() if name != REFUSED}
    return left if any(left.values()) else {}


def refused_of(account: Account | int) -> Sequence[Mapping[str, Any]]:
    """What waited of the last file and then could not be done: {"kind", "path", "why"} each."""
    found: Sequence[Mapping[str, Any]] = _kept(account).get(REFUSED, ())
    return found


def _kept(account: Account | int) -> dict[str, Any]:
    pk = account if isinstance(account, int) else account.pk
    kept: dict[str, Any] = Account.objects.values_list("prepared", flat=True).get(pk=pk)
    return kept


def is_new(account: Account, run: Run) -> bool:
    """Whether the run leaves something else to wait than what waits already."""
    return _left(run) != (waiting_of(account) or _left(Run(account=account, origin=run.origin)))


def keep(account: Account, run: Run, *, refused: Sequence[Mapping[str, Any]] = ()) -> None:
    """Keeps what waits, in the caller's transaction; what an earlier file left is replaced."""
    kept = {**_left(run), **({REFUSED: list(refused)} if refused else {})}
    if kept != _kept(account) and (any(kept.values()) or _kept(account)):
        Account.objects.filter(pk=account.pk).update(prepared=kept)


def discard(account: Account, document: Document, run: Run) -> None:
    """Notes what an earlier file left to wait, and this one neither names nor leaves to wait."""
    before, left = waiting_of(account), _left(run)
    if not before:
        return
    why = _("An earlier file left it to wait; this file discards that.")
    named = document.sections.get("connections", {})
    for slug, told in sorted(before["sections"].get("connections", {}).items()):  # PostgreSQL keeps no order
        still, says = left["sections"].get("connections", {}).get(slug, {}), named.get(slug, {})
        for name, rows in sorted(told.items()):
            others = [*_rows(still.get(name)), *_rows(says.get(name))]
            known = {_title(slug, name, row).casefold() for row in others}
            for row in _rows(rows):
                title = _title(slug, name, row)
                if title.casefold() not in known:
                    run.note(Act.REMOVE, WAITED, [_label(slug), title], why=why)
    says = document.sections.get("automations", ())
    also = {automation_key(told) for told in [*says, *left["sections"].get("automations", ())]}
    for told in before["sections"].get("automations", ()):
        if automation_key(told) not in also:
            path = [references.stage_names(told["stage"])[0], told["description"]]
            run.note(Act.REMOVE, WAITED, path, why=why)
    dropped = set(before["switch_on"]) - set(left["switch_on"])
    for row in Automation.objects.of(account).filter(pk__in=dropped, enabled=False).select_related("funnel"):
        why = _("An earlier file was to switch it on; this file discards that.")
        run.note(Act.REMOVE, WAITED, [row.funnel.name, row.description], why=why)


def _rows(told: Any) -> Sequence[Any]:
    """A partner's list, or its settings one by one."""
    return [{name: value} for name, value in told.items()] if isinstance(told, Mapping) else told or ()


def _title(slug: str, name: str, row: Mapping[str, Any]) -> str:
    """A list's row by what tells it from the others, a setting by its name."""
    if name == "settings":
        return next(iter(row))
    if name == "field_maps":
        return str(row["ours"])
    once = next((rows.once for rows in part_of(slug).rows if rows.name == name), ())
    return " · ".join(references.words(row.get(each)) for each in once)


def _label(slug: str) -> str:
    return str(partners()[slug].label) if slug in partners() else slug


def _left(run: Run) -> dict[str, Any]:
    order = run.order if "automations" in run.waiting else []
    return {"sections": run.waiting, "switch_on": sorted(run.switch_on), "order": order}


def finish(account_id: int) -> int:
    """Does what can be done now of what waits; returns how many steps. Nothing waits: one query."""
    if not waiting_of(account_id):
        return 0
    from integrations.configuration.services import WRITE  # it keeps what waits by this module

    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=account_id)
        left = waiting_of(account)
        run = Run(account=account, origin=Origin.system(LABEL), order=list(left.get("order", ())))
        sections = left.get("sections", {})
        for name in SECTIONS:
            if name in sections:
                WRITE[name](run, sections[name])
        automations.order(run, left.get("order", ()))
        run.switch_on += [pk for pk in left.get("switch_on", ()) if not _switched_on(run, pk)]
        keep(account, run, refused=[*refused_of(account), *_tell_refused(account, run)])
    if run.done:
        log.info("account %s: %s steps of a configuration file were waiting", account_id, len(run.done))
    return len(run.done)


def _tell_refused(account: Account, run: Run) -> Sequence[Mapping[str, Any]]:
    """What waited and cannot be done is left out, and never silently: audit trail, notice, page."""
    found = [
        {"kind": step.kind, "path": list(step.path), "why": step.why}
        for step in run.steps
        if step.act == Act.CANNOT
    ]
    if found:
        names = [" › ".join(each["path"]) for each in found]
        audit(
            account=account,
            origin=run.origin,
            action="configuration.refused",
            subject=names[0],
            data={
                "steps": [
                    f"{each['kind']} {name}: {each['why']}" for each, name in zip(found, names, strict=True)
                ]
            },
        )
        notices.tell(
            account=account,
            kind="configuration",
            words=LEFT_OUT,
            values={"what": "; ".join(names[:TOLD]) + ("; …" if len(names) > TOLD else "")},
            link="/configuration/",
            now=timezone.now(),
        )
    return found


def _switched_on(run: Run, pk: int) -> bool:
    """Switches a prepared automation on once its connection is active; True when nothing is left to do."""
    row = Automation.objects.of(run.account).select_related("connection").filter(pk=pk).first()
    if row is None or row.enabled:
        return True
    if row.connection is not None and row.connection.state != Connection.State.ACTIVE:
        return False
    path = [row.description]
    run.attempt(
        Act.CHANGE,
        "automation",
        path,
        lambda: update_automation(automation=row, enabled=True, origin=run.origin),
    )
    return True


def moved(sender: type[Connection], instance: Connection, target: str, **_given: Any) -> None:  # noqa: ARG001
    """A connection took a step: after the commit, what waited for it is done."""
    if target in READY:
        transaction.on_commit(lambda: finish(instance.account_id), robust=True)


def listed(sender: type[CatalogShelf], instance: CatalogShelf, **_given: Any) -> None:  # noqa: ARG001
    """A partner's list was read: what is named in it can be found now."""
    if instance.read_at is not None and instance.connection.state in READY:
        transaction.on_commit(lambda: finish(instance.account_id), robust=True)


def register() -> None:
    """Listens; called once by AppConfig.ready."""
    from django.db.models.signals import post_save
    from django_fsm.signals import post_transition

    post_transition.connect(moved, sender=Connection, dispatch_uid="configuration.moved")
    post_save.connect(listed, sender=CatalogShelf, dispatch_uid="configuration.listed")
