"""What an API key may do: one area for each first word below /api/v1/, to read or to write (S18)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

EVERYTHING = "*"
READ, WRITE = "read", "write"
SAFE = ("GET", "HEAD", "OPTIONS")
ROOT = "/api/v1/"


@dataclass(frozen=True, kw_only=True)
class Area:
    """A first word of the API's addresses and its name for people; what stands below it is of its area."""

    slug: str
    label: str | Promise

    def scopes(self) -> list[str]:
        """To read and to write, also where nothing can be written."""
        return [f"{self.slug}:{verb}" for verb in (READ, WRITE)]


AREAS: dict[str, Area] = {
    area.slug: area
    for area in (
        Area(slug="persons", label=_("Persons")),
        Area(slug="companies", label=_("Companies")),
        Area(slug="deals", label=_("Deals")),
        Area(slug="tasks", label=_("Tasks")),
        Area(slug="interaction-records", label=_("Interaction records")),
        Area(slug="products", label=_("Products")),
        Area(slug="files", label=_("Files")),
        Area(slug="funnels", label=_("Funnels")),
        Area(slug="stages", label=_("Stages")),
        Area(slug="loss-reasons", label=_("Loss reasons")),
        Area(slug="checklist-items", label=_("Checklist items")),
        Area(slug="requirements", label=_("Required fields of stages")),
        Area(slug="fields", label=_("Custom fields")),
        Area(slug="users", label=_("Users, and who of them is an administrator")),
        Area(slug="profiles", label=_("Profiles")),
        Area(slug="invitations", label=_("Invitations, also of administrators")),
        Area(slug="teams", label=_("Teams")),
        Area(slug="modules", label=_("Modules")),
        Area(slug="configuration", label=_("The whole configuration of the account, as a file")),
        Area(slug="partners", label=_("Partners")),
        Area(slug="connections", label=_("Connections, their settings and field maps")),
        Area(slug="automations", label=_("Automations")),
        Area(slug="workflow-runs", label=_("Runs of automations")),
        Area(slug="leads", label=_("Leads")),
        Area(slug="inbox", label=_("Inbox of the integrations")),
        Area(slug="outbox", label=_("Outbox of the integrations")),
        Area(slug="exchanges", label=_("Exchanges with partners")),
        Area(slug="privacy", label=_("Export and erasure of a person")),
        Area(slug="conflicts", label=_("Conflicts")),
        Area(slug="webhook-endpoints", label=_("Webhook endpoints and all that their events tell")),
        Area(slug="events", label=_("Events told to webhook endpoints")),
    )
}


def all_scopes() -> list[str]:
    """Every scope there is, "*" first."""
    return [EVERYTHING, *(scope for area in AREAS.values() for scope in area.scopes())]


def scope_of(*, path: str, method: str) -> str:
    """The one scope that opens this: its area is the path's first word below /api/v1/."""
    area = path.removeprefix(ROOT).split("/", 1)[0]
    return f"{area}:{READ if method in SAFE else WRITE}"


def opens(scopes: Collection[str], scope: str) -> bool:
    """Whether a key with these scopes may do what `scope` names; "write" alone opens no GET."""
    return EVERYTHING in scopes or scope in scopes


def tidy(scopes: Iterable[str]) -> list[str]:
    """The scopes in the table's order, each once; ["*"] where it is among them. ValueError for a stranger."""
    given = set(scopes)
    if unknown := given.difference(all_scopes()):
        raise ValueError(", ".join(sorted(unknown)))
    return [EVERYTHING] if EVERYTHING in given else [each for each in all_scopes() if each in given]
