"""Runs the partners' stand-ins alone."""

from __future__ import annotations

import os
import signal
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from integrations.sandbox.server import serve


class Command(BaseCommand):
    """`manage.py sandbox` (interface.md, "Sandbox")."""

    help = "Runs the partners' stand-ins. Where DEMO is off they have no control calls and no pages."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Port 0 takes any free one."""
        parser.add_argument("--port", type=int, default=8100)
        parser.add_argument("--host", default="127.0.0.1")

    def handle(self, *args: Any, **options: Any) -> None:
        """Answers until SIGTERM or SIGINT."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        serve(
            port=options["port"],
            host=options["host"],
            ledger_path=settings.DATA_DIR / "sandbox-ledger.jsonl",
            control_token=os.environ.get("SANDBOX_TOKEN") or None,
            control=settings.DEMO,
            say=self.stdout.write,
        )
