"""An account's configuration at the command line: export, diff, plan, apply (X6)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Account
from accounts.origin import Origin
from integrations.configuration import services, words
from integrations.configuration.grammar import Document
from integrations.configuration.kinds import NotReadable
from integrations.configuration.reading import MOST_BYTES
from integrations.configuration.run import Act

NOTHING, CHANGES, CANNOT = 0, 2, 3


class Command(BaseCommand):
    """`manage.py configuration export|diff|plan|apply --account N [file]`.

    `apply` takes the digest that `plan` printed, or --yes for whatever the plan is now; without either it
    prints the plan and applies nothing.

    Exit codes: 0 nothing to do, or applied whole · 1 unreadable or refused · 2 diff, plan or an apply that
    only asks found changes · 3 something in the file cannot be done (the rest was, by apply).
    """

    help = "Exports, compares, plans and applies an account's configuration as a YAML file."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, whose, and the file ("-" reads the standard input)."""
        parser.add_argument("do", choices=("export", "diff", "plan", "apply"))
        parser.add_argument("file", nargs="?", default="-")
        parser.add_argument("--account", type=int, required=True)
        parser.add_argument("--digest", default="", help="apply only this plan, as plan printed it")
        parser.add_argument("--yes", action="store_true", help="apply without having seen the plan")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints, and ends with the code."""
        account = Account.objects.filter(pk=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no account {options['account']}.")
        if options["do"] == "export":
            self._export(account, options["file"])
            return
        try:
            document = services.read(_read(options["file"]))
        except NotReadable as unreadable:
            raise CommandError(str(unreadable)) from None
        do = options["do"]
        if do == "apply" and not options["digest"] and not options["yes"]:
            do = "ask"
        code = getattr(self, f"_{do}")(account, document, options["digest"])
        if code:
            sys.exit(code)

    def _export(self, account: Account, file: str) -> None:
        text = services.export(account)
        if file == "-":
            self.stdout.write(text, ending="")
        else:
            Path(file).write_text(text, encoding="utf-8")

    def _diff(self, account: Account, document: Document, _digest: str) -> int:
        found = services.plan(account=account, document=document, origin=_origin())
        for step in found.steps:
            self.stdout.write(f"{words.kind(step.kind)} {words.name(step)}")
            for change in step.changes:
                self.stdout.write(f"  - {change.what} {words.value(change.now)}".rstrip())
                self.stdout.write(f"  + {change.what} {words.value(change.file)}".rstrip())
        return _code(found)

    def _plan(self, account: Account, document: Document, _digest: str) -> int:
        found = services.plan(account=account, document=document, origin=_origin())
        self._show(found)
        self.stdout.write(f"digest {found.digest}")
        return _code(found)

    def _ask(self, account: Account, document: Document, digest: str) -> int:
        code = self._plan(account, document, digest)
        if code == CHANGES:
            self.stdout.write("Nothing was applied: give --digest to apply this plan, or --yes.")
        return code

    def _apply(self, account: Account, document: Document, digest: str) -> int:
        wanted = digest or services.plan(account=account, document=document, origin=_origin()).digest
        try:
            done = services.apply(account=account, document=document, digest=wanted, origin=_origin())
        except services.PlanChanged as changed:
            raise CommandError(changed.words) from None
        self._show(done)
        return CANNOT if done.counted()[Act.CANNOT] else NOTHING

    def _show(self, found: services.Plan) -> None:
        for step in found.steps:
            line = f"{words.ACTS[step.act][0]}: {words.kind(step.kind)} {words.name(step)}"
            self.stdout.write(f"{line} ({step.why})" if step.why else line)
        counts = ", ".join(f"{count} {act}" for act, count in found.counted().items() if count)
        self.stdout.write(f"{counts or 'nothing to do'}; {found.same} as they are")


def _read(file: str) -> bytes:
    try:
        if file == "-":
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        with Path(file).open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None


def _origin() -> Origin:
    return Origin.system("manage.py configuration")


def _code(found: services.Plan) -> int:
    if found.changes:
        return CHANGES
    return CANNOT if found.counted()[Act.CANNOT] else NOTHING
