"""Sends again what stepped aside, and takes in again what failed, many at once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.origin import Origin
from integrations.engine import replay
from integrations.models import Arrival, Connection, OutboxAction


class Command(BaseCommand):
    """`manage.py replay --connection 7 [--inbox] [--yes]`: without --yes it only counts (X4)."""

    help = "Sends refused and given-up actions again, or with --inbox takes failed arrivals in again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One connection at a time, so that nobody replays a stranger's rows by mistake."""
        parser.add_argument("--connection", type=int, required=True)
        parser.add_argument("--inbox", action="store_true", help="arrivals that failed, not actions")
        parser.add_argument("--yes", action="store_true", help="do it; else it is only counted")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints how many rows are, or would be, done again."""
        connection = Connection.unscoped.filter(pk=options["connection"]).first()
        if connection is None:
            raise CommandError(f"There is no connection {options['connection']}.")
        origin = Origin.system("manage.py replay")
        found: list[Arrival] | list[OutboxAction]
        if options["inbox"]:
            found = list(Arrival.unscoped.filter(connection=connection, state=Arrival.State.FAILED))
        else:
            stopped = OutboxAction.NEEDS_PERSON
            found = list(OutboxAction.unscoped.filter(connection=connection, state__in=stopped))
        if not options["yes"]:
            self.stdout.write(f"{len(found)} rows of {connection} would be done again. Add --yes to do it.")
            return
        for row in found:
            if isinstance(row, Arrival):
                replay.take_in_again(arrival=row, origin=origin)
            else:
                replay.send_again(action=row, origin=origin)
        self.stdout.write(f"{len(found)} rows of {connection} are due again.")
