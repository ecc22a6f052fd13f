"""The second factor: codes of an app on the person's phone (TOTP) and ten one-use recovery codes."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from os import urandom

import segno
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import Account, Membership, User
from accounts.origin import Origin
from accounts.own_trail import tell_accounts
from accounts.services import audit

RECOVERY_CODES = 10
APP_DIGITS = 6
NAME = "app"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a code: `wait` are seconds that the next try has to wait after too many wrong ones."""

    right: bool
    wait: int = 0


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A person's second factor: since when, and how many recovery codes are left."""

    since: datetime
    codes_left: int


def enrolled(user: User) -> bool:
    """Whether signing in asks her for a code."""
    return TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists()


def standing(user: User) -> Standing | None:
    """None for who has none."""
    device = TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).first()
    if device is None:
        return None
    left = StaticToken.objects.filter(device__user_id=user.pk).count()
    return Standing(since=device.created_at or user.date_joined, codes_left=left)


def begin(user: User) -> TOTPDevice:
    """The device that she is setting up: the same key until it is confirmed, so a reload changes nothing."""
    device = TOTPDevice.objects.filter(user_id=user.pk, confirmed=False).order_by("pk").first()
    return device or TOTPDevice.objects.create(user_id=user.pk, name=NAME, confirmed=False)


def picture(device: TOTPDevice) -> str:
    """The QR code that the app reads, as a data: address of an SVG."""
    return segno.make(device.config_url, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff")


def typed_key(device: TOTPDevice) -> str:
    """The same key for typing, in groups of four."""
    key = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))


@transaction.atomic
def confirm(*, user: User, code: str, origin: Origin) -> tuple[Verdict, list[str]]:
    """With a right code the device counts from now on; also gives the recovery codes, told only once."""
    device = TOTPDevice.objects.select_for_update().filter(user_id=user.pk, confirmed=False).first()
    if device is None:
        return Verdict(right=False), []
    verdict = _ask(device, _plain(code))
    if not verdict.right:
        return verdict, []
    device.confirmed = True
    device.created_at = timezone.now()
    device.save(update_fields=["confirmed", "created_at"])
    TOTPDevice.objects.filter(user_id=user.pk).exclude(pk=device.pk).delete()
    tell_accounts(user=user, action="second_factor.enabled", origin=origin)
    return verdict, new_recovery_codes(user=user)


@transaction.atomic
def verify(*, user: User, code: str) -> Verdict:
    """A code of the app, each only once, or a recovery code, which is used up.

    The device itself slows guessing down (1, 2, 4, 8 … seconds), from whatever address it comes.
    """
    plain = _plain(code)
    if len(plain) == APP_DIGITS and plain.isdecimal():
        apps = TOTPDevice.objects.select_for_update().filter(user_id=user.pk, confirmed=True)
        device: TOTPDevice | StaticDevice | None = apps.first()
    else:
        device = StaticDevice.objects.select_for_update().filter(user_id=user.pk).first()
        plain = _digest(plain)
    return _ask(device, plain) if device is not None else Verdict(right=False)


@transaction.atomic
def new_recovery_codes(*, user: User) -> list[str]:
    """Ten new ones, in clear; those of before no longer open anything. Only their digests are kept."""
    StaticDevice.objects.filter(user_id=user.pk).delete()
    device = StaticDevice.objects.create(user_id=user.pk, name=NAME)
    codes = [b32encode(urandom(10)).decode().lower()[:10] for _each in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_digest(code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


@transaction.atomic
def disable(*, user: User, origin: Origin) -> None:
    """Signing in asks for the password alone from now on; each of her accounts' audit trails has it."""
    TOTPDevice.objects.filter(user_id=user.pk).delete()
    StaticDevice.objects.filter(user_id=user.pk).delete()
    tell_accounts(user=user, action="second_factor.disabled", origin=origin)


def members_without(account: Account) -> QuerySet[Membership]:
    """Active members who have no second factor yet, by name."""
    theirs = TOTPDevice.objects.filter(user_id=OuterRef("user_id"), confirmed=True)
    active = Membership.objects.of(account).filter(is_active=True, user__is_active=True)
    return active.filter(~Exists(theirs)).select_related("user", "profile").order_by("user__name", "pk")


@transaction.atomic
def demand(*, account: Account, on: bool, origin: Origin) -> bool:
    """Whether every member must have one; false when nothing changed."""
    row = Account.objects.select_for_update().get(pk=account.pk)
    if row.demands_second_factor == on:
        return False
    row.demands_second_factor = on
    row.save(update_fields=["demands_second_factor"])
    action = "second_factor.demanded" if on else "second_factor.optional"
    audit(account=row, origin=origin, action=action)
    return True


def _ask(device: TOTPDevice | StaticDevice, code: str) -> Verdict:
    free, why = device.verify_is_allowed()
    if free:
        return Verdict(right=device.verify_token(code))
    left = (why["locked_until"] - timezone.now()).total_seconds()
    return Verdict(right=False, wait=max(1, ceil(left)))


def _plain(code: str) -> str:
    """A code as it is compared: without the spaces and dashes that people and apps put in."""
    return "".join(letter for letter in code.lower() if letter.isalnum())


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()[: StaticToken._meta.get_field("token").max_length]
