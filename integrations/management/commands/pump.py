"""Runs the pump alone; `worker` starts and watches it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from integrations.engine import pump
from integrations.engine.supervisor import stop_on_signals


class Command(BaseCommand):
    """`manage.py pump`."""

    help = "Carries deliveries both ways until SIGTERM; `worker` runs it for you."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Returns after SIGTERM or SIGINT, when what was spoken is recorded."""
        pump.run(stop_on_signals())
