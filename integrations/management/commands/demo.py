"""Starts everything on this machine with the demonstration's data: sandbox, web and worker."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.demo import Demo, StandIn, prepare, stand_ins
from integrations.engine.supervisor import AlreadyRunning, Group, end, only_one, stop_on_signals, supervise
from integrations.models import Heartbeat

PREPARED = "TOMADA_DEMO"
"""Set for the process that runs with the demonstration's settings: "<port> <sandbox port>"."""
PATIENCE = 60.0
"""Seconds until web, sandbox and worker have to answer."""


class Command(BaseCommand):
    """`manage.py demo` (interface.md): first settles the settings, then starts itself anew under them."""

    help = "Starts sandbox, web and worker with demonstration data; Ctrl-C stops all of it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ports: 0 takes any free one."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--sandbox-port", type=int, default=8100)
        parser.add_argument("--data-dir", type=Path, default=settings.DATA_DIR)
        parser.add_argument("--json", action="store_true", help="one line of JSON on stdout when all answer")
        parser.add_argument("--empty", action="store_true", help="account and administrator only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs until SIGTERM or SIGINT; everything it started ends with it, also when it is killed."""
        if PREPARED not in os.environ:
            ports = free_port(options["port"], "--port"), free_port(options["sandbox_port"], "--sandbox-port")
            environment = surroundings(folder=options["data_dir"].resolve(), ports=ports)
            os.execve(  # noqa: S606  # the settings are read once, at the start of a process
                sys.executable, [sys.executable, *sys.argv], environment
            )
        stop = stop_on_signals()
        try:
            only_one(settings.DATA_DIR / "demo.lock")
        except AlreadyRunning:
            raise CommandError(
                _("The demonstration is running here already. Stop it, or name another --data-dir.")
            ) from None
        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
        call_command("collectstatic", verbosity=0, interactive=False, skip_checks=True)
        demo = prepare(folder=settings.DATA_DIR, now=timezone.now(), empty=options["empty"])
        port, sandbox_port = os.environ[PREPARED].split()
        free_port(int(port), "--port")  # somebody may have come first meanwhile
        free_port(int(sandbox_port), "--sandbox-port")
        started = timezone.now()
        groups = processes(port=port, sandbox_port=sandbox_port)
        try:
            if wait_for_all(groups=groups, stop=stop, since=started):
                self._tell(demo, as_json=options["json"])
        except TimeoutError as error:
            end(groups=groups, grace=5)
            raise CommandError(str(error)) from None
        supervise(groups=groups, stop=stop, grace=10)

    def _tell(self, demo: Demo, *, as_json: bool) -> None:
        if as_json:
            facts = {
                "portal": settings.PUBLIC_URL,
                "sandbox": settings.SANDBOX_URL,
                "admin": {"username": demo.username, "password": demo.password},
                "api_key": demo.api_key,
                "account": demo.account,
            }
            self.stdout.write(json.dumps(facts))
        else:
            self.stdout.write(words(demo, stand_ins(settings.SANDBOX_URL)))
        self.stdout.flush()


def surroundings(*, folder: Path, ports: tuple[int, int]) -> dict[str, str]:
    """The environment of the demonstration in `folder`, for the ports of portal and sandbox."""
    folder.mkdir(parents=True, exist_ok=True)
    sandbox = f"http://127.0.0.1:{ports[1]}"
    return {
        "LOG_LEVEL": "WARNING",
        "PYTHONWARNINGS": "ignore",  # for developers; here they would bury what a person reads
        **os.environ,
        PREPARED: f"{ports[0]} {ports[1]}",
        "DEMO": "1",
        "DATA_DIR": str(folder),
        "STATIC_ROOT": str(folder / "static"),
        "PUBLIC_URL": f"http://127.0.0.1:{ports[0]}",
        "SANDBOX_URL": sandbox,
        "PARTNER_URLS": ",".join(f"{each.slug}={each.address}" for each in stand_ins(sandbox)),
    }


def processes(*, port: str, sandbox_port: str) -> list[Group]:
    """Sandbox, web and worker, not started yet. SQLite writes one at a time: few threads answer fastest."""
    on_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    manage = [sys.executable, "manage.py"]
    web = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        port,
        "--no-ws",
    ]
    web += ["--workers", "1", "--blocking-threads", "4" if on_sqlite else "8", "--log-level", "warning"]
    commands = {
        "sandbox": [*manage, "sandbox", "--port", sandbox_port],
        "web": [*web, "--respawn-failed-workers", "config.wsgi:application"],
        "worker": [*manage, "worker"],
    }
    # Our stdout is for the person, or for the one line of JSON.
    return [
        Group(name=name, command=command, cwd=settings.BASE_DIR, output=sys.stderr.fileno())
        for name, command in commands.items()
    ]


def wait_for_all(*, groups: list[Group], stop: Event, since: datetime) -> bool:
    """Starts the groups; True once all answer, False when stopped before. TimeoutError names who does not."""
    waiting: dict[str, Callable[[], bool]] = {
        "sandbox": lambda: answers(settings.SANDBOX_URL),
        "web": lambda: answers(f"{settings.PUBLIC_URL}/healthz"),
        "worker": lambda: Heartbeat.objects.filter(name__startswith="canary:", at__gte=since).exists(),
    }
    deadline = time.monotonic() + PATIENCE
    while waiting:
        for group in groups:
            group.look(now=time.monotonic())
            if group.name == "sandbox" and group.restarts:  # what answers there is somebody else's
                raise TimeoutError(
                    _("The sandbox cannot start at %(url)s. Name another port: --sandbox-port; 0 takes any.")
                    % {"url": settings.SANDBOX_URL}
                )
        waiting = {name: ready for name, ready in waiting.items() if not ready()}
        if waiting and time.monotonic() > deadline:
            raise TimeoutError(
                _("No answer from: %(names)s. The lines above say why.") % {"names": ", ".join(waiting)}
            )
        if waiting and stop.wait(0.2):
            return False
    return True


def answers(url: str) -> bool:
    """Whether something speaks HTTP there and is not broken."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def free_port(port: int, option: str) -> int:
    """The port itself when nothing listens there; any free one for 0. CommandError when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                _("Port %(port)s cannot be used (%(error)s). Name another: %(option)s; 0 takes any.")
                % {"port": port, "error": error.strerror, "option": option}
            ) from None
        found: int = probe.getsockname()[1]
        return found


def words(demo: Demo, partners: list[StandIn]) -> str:
    """What a person reads when everything answers."""
    portal = settings.PUBLIC_URL
    rows = (
        (_("Portal"), f"{portal}/"),
        (_("Sign in"), demo.username),
        (_("Password"), demo.password),
        (
            _("Support staff"),
            _("%(user)s, same password, at %(url)s") % {"user": demo.support, "url": f"{portal}/admin/"},
        ),
        (_("Partners’ sandbox"), f"{settings.SANDBOX_URL}/"),
        (_("API"), f"{portal}/api/docs/"),
        (_("API key"), demo.api_key),
    )
    lines = [
        "",
        _("Tomada is running."),
        "",
        *(f"  {name}: {value}" for name, value in rows),
        "",
        _("To connect a partner: Administração → Integrações plug-and-play, and paste its sandbox token:"),
        *(f"  {partner.label}: {partner.credential}" for partner in partners),
        "",
        _("The data stays in %(folder)s. Ctrl-C stops everything.") % {"folder": settings.DATA_DIR},
    ]
    return "\n".join(lines)
