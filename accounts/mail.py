"""E-mails: written in the reader's language, queued with the change that they tell, sent by the worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.template import Context, TemplateDoesNotExist, loader
from django.utils import timezone, translation
from post_office.models import PRIORITY, STATUS, Email
from post_office.settings import get_max_retries, get_retry_timedelta

FOLDER = "accounts/mail"
AT_ONCE = 20  # e-mails of one delivery: a slow server holds a worker no longer than these take
CLAIMED = timedelta(minutes=5)  # longer than one e-mail takes; a killed worker's e-mails go on after it
WAITING = (STATUS.queued, STATUS.requeued)
KEPT = timedelta(days=90)  # who was written to, and when


def post(
    *,
    to: Sequence[str],
    template: str,
    context: Mapping[str, Any] | None = None,
    language: str = "",
) -> int:
    """Queues one e-mail for each address in the caller's transaction; returns how many.

    `template` names accounts/mail/<template>.txt, whose first line is the subject, and .html where there is
    one; `language` is a code of LANGUAGES, blank for the default one. The rows are made here because
    post_office would read the finished text as a template once more, with whatever people typed into it.
    """
    with translation.override(language or settings.LANGUAGE_CODE):
        values = {"site": settings.PUBLIC_URL, "language": translation.get_language(), **(context or {})}
        subject, text = _text(template, values)
        html = _html(template, {**values, "subject": subject})
    rows = [
        Email(
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[address],
            subject=subject,
            message=text,
            html_message=html,
            status=STATUS.queued,
            priority=PRIORITY.medium,
        )
        for address in dict.fromkeys(to)
    ]
    for row in rows:
        row.save()
    return len(rows)


def waiting(*, now: datetime | None = None) -> bool:
    """Whether an e-mail is due."""
    return _due(now or timezone.now()).exists()


def deliver(*, now: datetime | None = None) -> int:
    """Sends what is queued and due; returns how many were sent.

    Each e-mail is claimed by moving its time, so two workers never send one twice; one that a server
    declines is tried again after RETRY_INTERVAL, MAX_RETRIES times. Sent or given up, its text is
    forgotten: it may hold a one-use link.
    """
    moment = now or timezone.now()
    sent = 0
    for email in list(_due(moment).order_by("-priority", "pk")[:AT_ONCE]):
        if _due(moment).filter(pk=email.pk).update(scheduled_time=moment + CLAIMED):
            email.dispatch(log_level=1)
            sent += _settle(email, moment)
    return sent


def forget_old(*, now: datetime) -> int:
    """Deletes what was sent or given up long ago; returns how many e-mails."""
    old = Email.objects.filter(status__in=(STATUS.sent, STATUS.failed), created__lt=now - KEPT)
    return old.delete()[1].get("post_office.Email", 0)


def _due(now: datetime) -> QuerySet[Email]:
    return Email.objects.filter(Q(scheduled_time=None) | Q(scheduled_time__lte=now), status__in=WAITING)


def _settle(email: Email, now: datetime) -> int:
    """What becomes of an e-mail after a try; 1 when it went out."""
    tries = email.number_of_retries or 0
    row = Email.objects.filter(pk=email.pk)
    if email.status != STATUS.sent and tries < get_max_retries():
        row.update(
            status=STATUS.requeued,  # post_office's own column
            scheduled_time=now + get_retry_timedelta(),
            number_of_retries=tries + 1,
        )
        return 0
    row.update(message="", html_message="", scheduled_time=None)
    return 1 if email.status == STATUS.sent else 0


def _text(template: str, values: dict[str, Any]) -> tuple[str, str]:
    """Subject and plain text; nothing is escaped, there is no markup."""
    source = loader.get_template(f"{FOLDER}/{template}.txt").template  # type: ignore[attr-defined]
    written = source.render(Context(values, autoescape=False)).strip()
    subject, _break, text = written.partition("\n")
    return subject.strip(), text.strip() + "\n"


def _html(template: str, values: dict[str, Any]) -> str:
    try:
        return loader.render_to_string(f"{FOLDER}/{template}.html", values)
    except TemplateDoesNotExist:
        return ""  # plain text alone is a whole e-mail
