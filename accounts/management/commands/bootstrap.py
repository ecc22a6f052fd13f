"""The first account and its administrator; prints a one-use link with which she sets her password."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from accounts.models import Membership, User, normal_email
from accounts.modules import MODULES
from accounts.origin import Origin
from accounts.services import create_account
from accounts.signin import password_link


class Command(BaseCommand):
    """Run again for the same account and e-mail, it makes nothing new and prints a fresh link."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="the administrator's e-mail")
        parser.add_argument("--account", required=True, help="the account's name")
        parser.add_argument("--name", default="", help="the administrator's name")
        parser.add_argument(
            "--module",
            action="append",
            default=[],
            choices=sorted(MODULES),
            help="contract and switch on (repeat)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        email = normal_email(options["email"])
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email!r} is not an e-mail address.") from error
        if not options["account"].strip():
            raise CommandError("The account needs a name.")
        user = administrator(email=email, account=options["account"].strip())
        if user is None:
            _account, user = create_account(
                name=options["account"],
                admin_email=email,
                admin_name=options["name"],
                modules=options["module"],
                origin=Origin.system("bootstrap"),
            )
        if user.has_usable_password():
            self.stdout.write(f"{user.email} has a password already; with this link she sets a new one.")
        self.stdout.write("Open this once within 24 hours to set the password:")
        self.stdout.write(password_link(user))


def administrator(*, email: str, account: str) -> User | None:
    """The user of that e-mail who administers the account of that name already."""
    rows = Membership.unscoped.filter(
        user__email=email, account__name=account, profile__is_administrator=True, is_active=True
    )
    found = rows.select_related("user").first()
    return found.user if found else None
