"""Who calls the API: the key in `Authorization: Bearer`, its account, and whether that account may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import nouns
from accounts.keys import LENGTH, digest, is_open
from accounts.models import ApiKey
from accounts.modules import MODULES, module_on
from accounts.origin import Origin

REALM = 'Bearer realm="Tomada"'
USED_EVERY = timedelta(minutes=1)  # `last_used_at` is for people: one write a minute is enough


class ApiKeyAuthentication(BaseAuthentication):
    """401 for a key unknown, revoked or expired, 403 while the account's module "api" is off (S4, S18)."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        """Sets `request.account` and `request.origin`; None where no key is given."""
        scheme, _space, plain = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        plain = plain.strip()
        if scheme.lower() != "bearer" or len(plain) != LENGTH or not plain.isascii():
            raise AuthenticationFailed(_("This is not an API key."), code="invalid_key")
        key = ApiKey.unscoped.select_related("account").filter(digest=digest(plain)).first()
        if key is None:
            raise AuthenticationFailed(_("This API key does not exist."), code="invalid_key")
        if key.revoked_at is not None:
            raise AuthenticationFailed(_("This API key was revoked."), code="revoked_key")
        if not is_open(key, at=timezone.now()):
            raise AuthenticationFailed(_("This API key has expired."), code="expired_key")
        if not module_on(key.account_id, "api"):
            message = _("The module “%(module)s” is off in this account.") % {"module": MODULES["api"].label}
            raise PermissionDenied(message, code="module_off")
        _mark_used(key)
        nouns.use(key.account)
        request.account = key.account  # type: ignore[attr-defined]
        request.origin = Origin.api(key_id=key.pk, label=key.name)  # type: ignore[attr-defined]
        return AnonymousUser(), key

    def authenticate_header(self, _request: Request) -> str:
        return REALM


class HasApiKey(BasePermission):
    """Every endpoint needs a key; which scope it needs is asked by rest.resource."""

    def has_permission(self, request: Request, _view: Any) -> bool:
        return isinstance(request.auth, ApiKey)


def _mark_used(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at >= USED_EVERY:
        ApiKey.objects.of(key.account_id).filter(pk=key.pk).update(last_used_at=now)
