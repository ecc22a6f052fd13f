"""Notices: what needs a person is told to her once, in the portal and by e-mail, in her language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import mail
from accounts.models import Account, Membership, Notice, NoticeChoice, User
from accounts.module_names import MODULES

KEPT = timedelta(days=90)  # after reading


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of notice; `mailed`: sent by e-mail too, unless the person chose otherwise."""

    slug: str
    label: str | Promise
    mailed: bool = True


KINDS: dict[str, Kind] = {
    each.slug: each
    for each in (
        Kind(slug="connection", label=_("An integration stopped or needs new credentials")),
        Kind(
            slug="module", label=_("A module was contracted, or stopped something when it was switched off")
        ),
        Kind(slug="endpoint", label=_("A webhook endpoint was switched off after days of failure")),
        Kind(slug="api_key", label=_("An API key expires soon")),
        Kind(slug="configuration", label=_("Something that waited of a configuration file was left out")),
        Kind(slug="workflow", label=_("An automation was refused or went in a circle")),
        Kind(slug="task", label=_("A reminder of an automation"), mailed=False),
    )
}


@transaction.atomic
def tell(
    *,
    account: Account,
    kind: str,
    words: str,
    values: Mapping[str, Any] | None = None,
    link: str = "",
    source: str = "",
    to: Iterable[User] | None = None,
    now: datetime,
) -> int:
    """Tells those of these users who are active members, else the administrators; returns how many were told.

    E-mails are queued with it, for a kind that is mailed and readers who did not choose otherwise.

    `words` is a message id (gettext_noop) with %(name)s for `values`; what has a language of its own is told
    when it is read: `modules`, slugs, as %(module)s, and each of `days`, name → ISO date. `link` is a path of
    the portal. While a
    notice of the same `source` is unread, its reader is not told again. KeyError for an unknown kind.
    """
    KINDS[kind]
    chosen = Membership.objects.of(account).filter(is_active=True, user__is_active=True)
    if to is None:
        chosen = chosen.filter(profile__is_administrator=True)
    else:
        chosen = chosen.filter(user_id__in={user.pk for user in to})
    users = list(chosen.order_by("user_id").values_list("user_id", flat=True))
    if source:
        unread = Notice.objects.of(account).filter(source=source, read_at=None, user_id__in=users)
        known = set(unread.values_list("user_id", flat=True))
        users = [user for user in users if user not in known]
    rows = [
        Notice(
            account=account,
            user_id=user,
            kind=kind,
            words=words,
            values=dict(values or {}),
            link=link,
            source=source,
            at=now,
        )
        for user in users
    ]
    # Two at once may tell the same matter: the store keeps one.
    Notice.objects.of(account).bulk_create(rows, ignore_conflicts=True)
    if rows and KINDS[kind].mailed:
        _mail(account, rows, now=now)
    return len(rows)


def said(notice: Notice) -> str:
    """The sentence, in the language of whoever reads."""
    values = dict(notice.values)
    if slugs := values.get("modules"):
        values["module"] = ", ".join(str(MODULES[slug].label) for slug in slugs if slug in MODULES)
    for name, day in values.get("days", {}).items():
        values[name] = date_format(date.fromisoformat(day), "SHORT_DATE_FORMAT")
    return gettext(notice.words) % values


def address(account: Account, path: str) -> str:
    """A whole address that opens a path of the portal in this account, whichever she last worked in."""
    opens = reverse("portal:account-open", args=[account.pk])
    return f"{settings.PUBLIC_URL}{opens}?{urlencode({'to': path}, safe='/')}"


def read(*, account: Account, user: User, now: datetime, ids: Iterable[int] | None = None) -> int:
    """Marks these notices of hers as read, else all; returns how many were unread."""
    rows = Notice.objects.of(account).filter(user=user, read_at=None)
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    return rows.update(read_at=now)


@transaction.atomic
def choose(*, account: Account, user: User, mailed: Iterable[str]) -> None:
    """The kinds of which she wants e-mails in this account; KeyError for an unknown one."""
    wanted = {KINDS[kind].slug for kind in mailed}
    unwanted = {kind.slug for kind in KINDS.values() if kind.mailed} - wanted
    rows = NoticeChoice.objects.of(account).filter(user=user)
    rows.exclude(kind__in=unwanted).delete()
    NoticeChoice.objects.of(account).bulk_create(
        (NoticeChoice(account=account, user=user, kind=kind) for kind in sorted(unwanted)),
        ignore_conflicts=True,
    )


def unwanted(*, account: Account, user: User) -> set[str]:
    """The kinds of which she wants no e-mails."""
    return set(NoticeChoice.objects.of(account).filter(user=user).values_list("kind", flat=True))


def forget_old(*, now: datetime) -> int:
    """Deletes notices that were read long ago, and unread ones older than a year; returns how many."""
    old = Q(read_at__lt=now - KEPT) | Q(at__lt=now - timedelta(days=365))
    return Notice.unscoped.filter(old).delete()[0]


def _mail(account: Account, rows: Iterable[Notice], *, now: datetime) -> None:
    kind = next(iter(rows)).kind
    silent = NoticeChoice.objects.of(account).filter(kind=kind).values_list("user_id", flat=True)
    told = [row.user_id for row in rows if row.user_id not in set(silent)]
    sample = next(iter(rows))
    for user in User.objects.filter(pk__in=told, is_active=True):
        language = user.language or settings.LANGUAGE_CODE
        with translation.override(language):
            text = said(sample)
        mail.post(
            to=[user.email],
            template="notice",
            context={
                "account": account.name,
                "text": text,
                "kind": KINDS[kind].label,
                "link": address(account, sample.link or "/notices/"),
                "settings_link": address(account, "/notices/"),
            },
            language=language,
        )
    sent = Notice.objects.of(account).filter(user_id__in=told, kind=kind, at=sample.at, mailed_at=None)
    sent.update(mailed_at=now)
