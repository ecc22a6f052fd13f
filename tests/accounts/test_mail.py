"""The queue of e-mails: written with the change, sent once, tried again, forgotten."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from post_office.models import STATUS, Email

from accounts import mail
from integrations.engine import jobs

pytestmark = pytest.mark.django_db
Mailbox = Callable[[], list[EmailMessage]]
VALUES = {
    "account": "Padaria {{ sol }} & Filhos",
    "inviter": "Ana <b>",
    "name": "Bia",
    "profile": "Vendedor",
    "until": "29/11",
    "link": "https://x.example/invitation/abc",
    "label": "Aceitar",
}


def posted(**more: Any) -> None:
    mail.post(to=["bia@x.example"], template="invitation", context={**VALUES, **more})


def test_an_email_has_a_subject_a_text_and_a_page(mailbox: Mailbox) -> None:
    """What people typed stays what they typed: text without entities, page without markup, no second rendering."""
    posted()
    (sent,) = mailbox()
    assert sent.to == ["bia@x.example"]
    assert "Padaria {{ sol }} & Filhos" in sent.subject
    assert "\n" not in sent.subject
    assert "Ana <b>" in sent.body
    assert "&amp;" not in sent.body
    assert VALUES["link"] in sent.body
    page, kind = sent.alternatives[0]
    assert kind == "text/html"
    assert "Ana &lt;b&gt;" in page
    assert f'href="{VALUES["link"]}"' in page


def test_an_email_speaks_the_language_it_is_asked_for(mailbox: Mailbox) -> None:
    mail.post(to=["b@x.example"], template="invitation", context=VALUES, language="en")
    (sent,) = mailbox()
    assert "invites you to" in sent.subject
    assert 'lang="en"' in sent.alternatives[0][0]


def test_a_change_that_is_undone_sends_nothing(mailbox: Mailbox) -> None:
    with suppress(ZeroDivisionError), transaction.atomic():
        posted()
        _broken = 1 / 0
    assert mailbox() == []


def test_what_was_sent_is_not_sent_again_and_its_text_is_forgotten(mailbox: Mailbox) -> None:
    posted()
    assert len(mailbox()) == 1
    assert len(mailbox()) == 1
    row = Email.objects.get()
    assert (row.status, row.message, row.html_message) == (STATUS.sent, "", "")
    assert row.subject


def test_an_email_that_another_worker_claimed_is_left_to_it(mailbox: Mailbox) -> None:
    posted()
    now = timezone.now()
    Email.objects.update(scheduled_time=now + mail.CLAIMED)
    assert not mail.waiting(now=now)
    assert mail.deliver(now=now) == 0
    assert mail.deliver(now=now + mail.CLAIMED) == 1  # that worker died


def test_a_server_that_declines_is_tried_again_and_at_last_given_up(
    mailbox: Mailbox, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_args: Any) -> int:
        raise OSError("no route to the server")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuses)
    settings.POST_OFFICE = {**settings.POST_OFFICE, "MAX_RETRIES": 2}
    posted()
    now = timezone.now()
    for count in (1, 2):
        assert mail.deliver(now=now) == 0
        row = Email.objects.get()
        assert (row.status, row.number_of_retries) == (STATUS.requeued, count)
        assert mail.deliver(now=now) == 0  # not before its time
        now += settings.POST_OFFICE["RETRY_INTERVAL"]
    mail.deliver(now=now)
    row = Email.objects.get()
    assert (row.status, row.message) == (STATUS.failed, "")
    assert "no route" in row.logs.first().message


def test_the_metronome_asks_for_a_delivery_only_while_something_waits(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(jobs, "async_task", lambda name, *_args: asked.append(name))
    metronome = jobs.Metronome()
    metronome.tick(now=10.0)
    assert "accounts.mail.deliver" not in asked
    posted()
    metronome.tick(now=20.0)
    metronome.tick(now=23.0)
    assert asked.count("accounts.mail.deliver") == 1
    mailbox()
    metronome.tick(now=40.0)
    assert asked.count("accounts.mail.deliver") == 1


def test_old_emails_go(mailbox: Mailbox) -> None:
    posted()
    mailbox()
    posted()
    later = timezone.now() + mail.KEPT + timedelta(days=1)
    assert mail.forget_old(now=later) == 1  # the one that waits stays
    assert Email.objects.get().status == STATUS.queued


def test_no_link_stands_in_the_logs() -> None:
    from accounts.logs import blank_secrets

    for path in ("/invitation/aB3_xyz-0123456789", "/password/set/MQ/c9x-0123456789abcdef/"):
        assert "0123456789" not in blank_secrets(f"GET {path} 200")
