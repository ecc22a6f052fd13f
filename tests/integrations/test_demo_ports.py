"""`manage.py demo` where its sandbox's port is somebody else's: refused at once, by name."""

from __future__ import annotations

import socket
from threading import Event

import pytest
from django.core.management import CommandError
from django.utils import timezone, translation

from integrations.management.commands import demo


class Restarting:
    """A sandbox that ended at once, as when its port is taken."""

    name, restarts = "sandbox", 1

    def look(self, *, now: float) -> bool:
        return False


def test_a_taken_port_is_refused_with_the_option_to_choose_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CommandError, match="--sandbox-port"):
            demo.free_port(taken.getsockname()[1], "--sandbox-port")


def test_a_sandbox_that_cannot_start_is_told_at_once_whoever_answers_there(monkeypatch) -> None:
    monkeypatch.setattr(demo, "answers", lambda _url: True)
    with translation.override("en"), pytest.raises(TimeoutError, match="--sandbox-port"):
        demo.wait_for_all(groups=[Restarting()], stop=Event(), since=timezone.now())  # type: ignore[list-item]
