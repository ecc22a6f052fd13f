"""Which addresses an endpoint may have: https, public, without a password in them."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from funnels.services import NotAllowed
from integrations.http import PLAIN_HTTP, PRIVATE
from integrations.http_guard import Deadline, Guard, PrivateAddress, is_literal

LONGEST = 500
LOOK_UP_SECONDS = 2.0
PORTS = {"https": 443, "http": 80}


def checked(url: str, *, look_up: bool = True) -> str:
    """The address as it is kept; raises NotAllowed with words.

    Looks the name up, at most two seconds: one that is not known now is taken, since a try tells it. What
    lies inside a private network is refused here and again, on the connected socket, at every sending.
    Without `look_up` no name is asked for, only addresses of digits are checked.
    """
    text = url.strip()
    if len(text) > LONGEST or not (text.isascii() and text.isprintable()) or " " in text:
        raise NotAllowed(_("Write a web address of at most %(most)s plain characters.") % {"most": LONGEST})
    parts = _split(text)
    guard = Guard(allow_private=settings.PARTNERS_ON_PRIVATE_ADDRESSES)
    host = parts.hostname or ""
    if parts.scheme not in PORTS or not host:
        raise NotAllowed(_("Write a whole web address, such as https://erp.example/tomada."))
    if parts.scheme != "https" and not guard.permits_private(host):
        raise NotAllowed(_(PLAIN_HTTP))
    if parts.username is not None or parts.password is not None:
        raise NotAllowed(_("Leave user and password out of the address; the signature proves that it is us."))
    if parts.fragment:
        raise NotAllowed(_("Leave out what follows the # of the address."))
    if look_up or is_literal(host):
        _refuse_private(guard, host, parts.port or PORTS[parts.scheme])
    return text


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _port = parts.port  # raises for a port that is none
    except ValueError:
        raise NotAllowed(_("Write a whole web address, such as https://erp.example/tomada.")) from None
    return parts


def _refuse_private(guard: Guard, host: str, port: int) -> None:
    if guard.permits_private(host):
        return
    try:
        rows = guard.look_up(host, port, deadline=Deadline.within(LOOK_UP_SECONDS))
    except (OSError, UnicodeError):
        return  # not known now; the first try says so
    try:
        for row in rows:
            guard.check(host, str(row[4][0]))
    except PrivateAddress:
        raise NotAllowed(_(PRIVATE)) from None
