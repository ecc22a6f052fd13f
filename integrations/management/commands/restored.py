"""After a restore from a backup: what may have been sent since then is checked before it is sent again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from integrations.engine import clock, listen
from integrations.models import Lane, OutboxAction


class Command(BaseCommand):
    """`manage.py restored` (engine.md, "Out"): run it before web and worker are started."""

    help = "Makes every open action unsure: its evidence is asked for before it is sent again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints how many actions are checked."""
        waiting = OutboxAction.State.WAITING, OutboxAction.State.SPEAKING
        reason = "The store was restored from a backup; the evidence is asked for."
        with transaction.atomic():
            rows = OutboxAction.unscoped.filter(state__in=waiting)
            lanes = list(rows.values_list("lane", flat=True))
            now = clock.now()
            # A backup does not say when it was made: evidence is looked for from each action's beginning.
            for row in rows.filter(since__isnull=True):
                rows.filter(pk=row.pk).update(since=row.created_at)
            changed = rows.become(OutboxAction.State.UNSURE, reason=reason, due_at=now)
            Lane.unscoped.filter(pk__in=lanes).forget_leases()
            listen.make_due(Lane.unscoped.filter(pk__in=lanes), due=now)
        self.stdout.write(f"{changed} open actions will be checked at their partners before they are sent.")
