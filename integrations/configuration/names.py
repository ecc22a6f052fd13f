"""The account's rows by name, as they stand at this moment: nothing of another account is ever found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from accounts.models import Account, Membership, Profile, Team, User, normal_email
from funnels.models import Funnel, Stage
from integrations.configuration.references import stage_names, stage_ref, unique
from integrations.models import CatalogItem, CatalogShelf, Connection

T = TypeVar("T")


class Unresolved(Exception):
    """A name that means nobody here; `words` says which."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class Waiting(Exception):
    """It can only be done later, and then happens by itself; `words` says what it waits for."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class Names:
    """Names of one account; `forget` after rows were made."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._known: dict[Any, Any] = {}

    def forget(self) -> None:
        """What was read is read anew."""
        self._known.clear()

    def once(self, key: object, read: Callable[[], T]) -> T:
        """What `read` gives, kept under the key until `forget`."""
        if key not in self._known:
            self._known[key] = read()
        found: T = self._known[key]
        return found

    @property
    def funnels(self) -> Mapping[str, Funnel]:
        """Funnels by name, in their order."""
        rows = Funnel.objects.of(self.account).order_by("position", "id")
        return self.once("funnels", lambda: unique(rows, lambda row: row.name))

    def stages(self, funnel: Funnel) -> Mapping[str, Stage]:
        """Stages of a funnel by name, in their order; one query for all funnels."""

        def read() -> dict[int, list[Stage]]:
            found: dict[int, list[Stage]] = {}
            for row in Stage.objects.of(self.account).order_by("position", "id"):
                found.setdefault(row.funnel_id, []).append(row)
            return found

        every = self.once("stages", read)
        return self.once(
            ("stages", funnel.pk), lambda: unique(every.get(funnel.pk, ()), lambda row: row.name)
        )

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """Profiles by name."""
        rows = Profile.objects.of(self.account).order_by("id")
        return self.once("profiles", lambda: unique(rows, lambda row: row.name))

    @property
    def teams(self) -> Mapping[str, Team]:
        """Teams by name."""
        rows = Team.objects.of(self.account).order_by("id")
        return self.once("teams", lambda: unique(rows, lambda row: row.name))

    @property
    def members(self) -> Mapping[str, User]:
        """Who has a place in the account, by e-mail."""
        rows = Membership.objects.of(self.account).select_related("user")
        return self.once("members", lambda: {normal_email(row.user.email): row.user for row in rows})

    # --- From ids to names --------------------------------------------------------------------------------

    def funnel_name(self, funnel_id: object) -> str:
        """What the file calls the funnel; "" for none of this account."""
        return self._named("funnel", self.funnels, funnel_id)

    def stage_ref(self, stage_id: object) -> Any:
        """What the file calls the stage; None for none of this account."""

        def read() -> dict[str, Any]:
            return {
                str(stage.pk): stage_ref(funnel_name, stage_name)
                for funnel_name, funnel in self.funnels.items()
                for stage_name, stage in self.stages(funnel).items()
            }

        return self.once("stage_refs", read).get(str(stage_id))

    def profile_name(self, profile_id: object) -> str:
        """What the file calls the profile."""
        return self._named("profile", self.profiles, profile_id)

    def team_name(self, team_id: object) -> str:
        """What the file calls the team."""
        return self._named("team", self.teams, team_id)

    def email(self, user_id: object) -> str:
        """The member's e-mail; "" for who has no place here."""
        return self._named("member", self.members, user_id)

    def _named(self, kind: str, rows: Mapping[str, Any], id: object) -> str:
        names = self.once((kind, "names"), lambda: {str(row.pk): name for name, row in rows.items()})
        return names.get(str(id), "")

    def catalog_ref(self, connection: Connection | None, kind: str, their_id: str) -> Any:
        """An item by name and id; by id alone when the partner never told its name; "" stays blank."""
        if not their_id:
            return {}
        row = self._listed(connection, kind).get(their_id)
        return {"name": row.name, "id": their_id} if row is not None and row.name else {"id": their_id}

    def _listed(self, connection: Connection | None, kind: str) -> Mapping[str, CatalogItem]:
        if connection is None:
            return {}
        rows = CatalogItem.objects.of(self.account).filter(connection=connection, kind=kind).order_by("id")
        return self.once(("catalog", connection.pk, kind), lambda: {row.their_id: row for row in rows})

    # --- From names to rows -------------------------------------------------------------------------------

    def funnel(self, name: str) -> Funnel:
        """Raises Unresolved."""
        return _found(self.funnels, name, _("There is no funnel “%(name)s” here."))

    def stage(self, ref: Any) -> Stage:
        """Raises Unresolved."""
        funnel, stage = stage_names(ref)
        if not funnel:
            raise Unresolved(_("The stage does not exist any more where the file was made."))
        rows = self.stages(self.funnel(funnel))
        words = _("There is no stage “%(name)s” in “%(funnel)s”.") % {"name": "%(name)s", "funnel": funnel}
        return _found(rows, stage, words)

    def profile(self, name: str) -> Profile:
        """Raises Unresolved."""
        return _found(self.profiles, name, _("There is no profile “%(name)s” here."))

    def team(self, name: str) -> Team:
        """Raises Unresolved."""
        return _found(self.teams, name, _("There is no team “%(name)s” here."))

    def user(self, email: str) -> User:
        """Raises Unresolved."""
        words = _("Nobody in this account has the e-mail %(name)s. Invite the person first.")
        return _found(self.members, email, words)

    def catalog_id(self, connection: Connection, kind: str, ref: Any, *, now: str = "") -> str:
        """Their id of the item that the file names: name and id together, else a name that only one has.

        An id alone counts only where it is chosen already (`now`). Raises Waiting before the partner's list
        was read, Unresolved for what it does not have.
        """
        name, id = str(ref.get("name") or ""), str(ref.get("id") or "")
        if id and id == now:
            return id
        shelf = CatalogShelf.objects.of(self.account).filter(connection=connection, kind=kind)
        if connection.state == Connection.State.DRAFT or not shelf.exclude(read_at=None).exists():
            words = _(
                "“%(name)s” is looked up as soon as the credentials are validated and the list is read."
            )
            raise Waiting(words % {"name": name or id})
        living = [row for row in self._listed(connection, kind).values() if row.gone_at is None]
        alike = [row for row in living if name and row.name.strip().casefold() == name.casefold()]
        exact = [row for row in alike if row.their_id == id]
        if exact or len(alike) == 1:
            return str((exact or alike)[0].their_id)
        if alike:
            words = _("The partner lists “%(name)s” more than once: choose one here by hand.")
            raise Unresolved(words % {"name": name})
        raise Unresolved(
            _("The partner does not list “%(name)s”. Create it there first.") % {"name": name or id}
        )


def _found(rows: Mapping[str, T], name: str, words: str) -> T:
    wanted = name.strip().casefold()
    for each, row in rows.items():
        if each.casefold() == wanted:
            return row
    raise Unresolved(words % {"name": name})
