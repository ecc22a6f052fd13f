"""Runs the pump, the CRM's own automations and the sender of our events beside it; `worker` watches it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from integrations.endpoints import sender
from integrations.engine import pump
from integrations.engine.supervisor import stop_on_signals
from integrations.workflow import runner


class Command(BaseCommand):
    """`manage.py pump`."""

    help = "Carries deliveries both ways and runs automations until SIGTERM; `worker` runs it for you."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Returns after SIGTERM or SIGINT, when what was spoken is recorded."""
        stop = stop_on_signals()
        with runner.beside(stop), sender.beside(stop):
            pump.run(stop)
