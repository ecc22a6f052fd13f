"""The section "Field mapping": what it shows, what it asks for anew, and what it writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.portal import PortalRequest, origin
from accounts.scoping import SomeoneElseChangedThis
from funnels.services import NotAllowed, create_custom_field
from integrations.activation.mapping import doing, fills, groups, offers
from integrations.activation.mapping.groups import Both
from integrations.activation.sections import Fragment, Section
from integrations.activation.shelves import shelf_context
from integrations.activation.steps import ALIVE
from integrations.models import Connection
from mapping import services
from mapping.models import FieldMap

SLUG = "field-mapping"
SHOWN = "integrations/mapping/"


def shown(request: PortalRequest, connection: Connection) -> dict[str, Any]:
    """The whole section; after a back-fill was asked for, its progress too."""
    both = Both.of(connection)
    filling = None
    added = request.POST.get("theirs", "")  # its back-fill is offered at once
    if request.POST.get("fill"):
        filling = fills.progress_of(connection=connection, row=_row(connection, request.POST.get("map")))
    pairs = offers.suggestions_of(both)
    return {
        **_lists(both, connection, added=added, changed=request.POST.get("map", "")),
        "record": groups.record_label(connection, both.spec),
        "matrix": groups.matrix_of(both),
        "shelf": shelf_context(connection=connection, kind=both.spec.catalog),
        "suggested": len(pairs),
        "suggestions": pairs if request.POST.get("suggested") else (),  # the next one is confirmed at once
        "filling": filling,
    }


def lists(request: PortalRequest, connection: Connection) -> dict[str, Any]:
    """The three groups anew, when the partner's list was read; what is being edited stays."""
    both = Both.of(connection)
    record = groups.record_label(connection, both.spec)
    return {**_lists(both, connection, open=request.GET.getlist("open")), "record": record}


def form(request: PortalRequest, connection: Connection) -> dict[str, Any]:
    """The form that associates a field of one entity."""
    entity = request.GET.get("entity", "")
    if entity not in FieldMap.Entity.values:
        raise Http404
    both = Both.of(connection)
    return {"form": offers.form_of(both, entity=entity, asked=request.GET.dict()), **choices(connection)}


def row(request: PortalRequest, connection: Connection) -> dict[str, Any]:
    """One row, as it is shown, being edited, or about to be removed."""
    found = _row(connection, request.GET.get("map"))
    both = Both.of(connection)
    lines = [line for group in groups.groups_of(both) for line in group.lines]
    line = next((line for line in lines if line.map.pk == found.pk), None)
    if line is None:
        raise Http404
    return {
        "line": line,
        "alive": connection.state in ALIVE,
        "mode": request.GET.get("mode", ""),
        **choices(connection),
    }


def suggested(request: PortalRequest, connection: Connection) -> dict[str, Any]:  # noqa: ARG001 - a fragment's
    """Pairs that may be meant, each to be confirmed."""
    return {"suggestions": offers.suggestions_of(Both.of(connection))}


def fill(request: PortalRequest, connection: Connection) -> Mapping[str, Any]:
    """What a back-fill would do to the cards there are."""
    return fills.preview_of(connection=connection, row=_row(connection, request.GET.get("map")))


def progress(request: PortalRequest, connection: Connection) -> Mapping[str, Any]:
    """How far a back-fill is."""
    filling = fills.progress_of(connection=connection, row=_row(connection, request.GET.get("map")))
    return {"filling": filling}


def choices(connection: Connection) -> dict[str, Any]:
    """Who decides, what an empty value does and whether values travel there; words name the partner."""
    partner = groups.partners()[connection.partner]
    sends = doing.sends(connection)
    return {
        "sends": sends,
        "masters": [
            (FieldMap.Master.BOTH, _("The latest change wins")),
            (FieldMap.Master.OURS, _("The CRM decides")),
            (FieldMap.Master.THEIRS, _("%(partner)s decides") % {"partner": partner.label}),
        ],
        "empties": [
            (FieldMap.Empty.KEEP, _("Erases nothing")),
            (
                FieldMap.Empty.ERASE,
                _("Empties the field on the other side") if sends else _("Empties the field of the CRM"),
            ),
        ],
    }


def add(request: PortalRequest, connection: Connection) -> str:
    """Associates a field; a new one of ours is made with it or not at all (M10, M14)."""
    given = request.POST
    entity, key = given.get("entity", ""), given.get("ours", "")
    if entity not in FieldMap.Entity.values:
        raise NotAllowed(_("Choose a field of the CRM."))
    with transaction.atomic():
        if given.get("new") == "1":
            options = [line.strip() for line in given.get("options", "").splitlines() if line.strip()]
            key = create_custom_field(
                account=request.account,
                entity=entity,
                label=given.get("label", ""),
                type=given.get("type", ""),
                options=options,
                origin=origin(request),
            ).key
        if not key:
            raise NotAllowed(_("Choose a field of the CRM."))
        made = doing.associate(
            connection=connection,
            entity=entity,
            key=key,
            their_key=given.get("theirs", ""),
            master=given.get("master") or FieldMap.Master.BOTH,
            empty=given.get("empty") or FieldMap.Empty.KEEP,
            origin=origin(request),
        )
    return _("“%(theirs)s” is associated.") % {"theirs": made.their_name}


def change(request: PortalRequest, connection: Connection) -> str:
    """Who decides, what an empty value does; follows their field's new name and type."""
    version = request.POST.get("version", "")
    with_words(
        lambda: doing.change(
            connection=connection,
            row=_row(connection, request.POST.get("map")),
            master=request.POST.get("master"),
            empty=request.POST.get("empty"),
            origin=origin(request),
            version=int(version) if version.isdecimal() else None,
        )
    )
    return _("The association is saved.")


def remove(request: PortalRequest, connection: Connection) -> str:
    """Takes an association away; the values stay on both sides."""
    services.remove_map(_row(connection, request.POST.get("map")), origin=origin(request))
    return _("The association is removed. Nothing was deleted on either side.")


def ask_fill(request: PortalRequest, connection: Connection) -> str:
    """The back-fill that the person chose after its preview."""
    found = _row(connection, request.POST.get("map"))
    return fills.ask(
        connection=connection, row=found, fill=request.POST.get("fill", ""), origin=origin(request)
    )


def with_words(act: Callable[[], object]) -> None:
    """Runs one act; somebody else's change in between is told in words."""
    try:
        act()
    except SomeoneElseChangedThis:
        raise NotAllowed(_("Somebody else changed this association meanwhile. Look again.")) from None


def _lists(
    both: Both, connection: Connection, *, open: Sequence[str] = (), added: str = "", changed: str = ""
) -> dict[str, Any]:
    return {
        "groups": groups.groups_of(both, open=set(open), added=added, changed=changed),
        "open": set(open),
        "alive": connection.state in ALIVE,
        "listed": sum(not each.gone for each in both.theirs.values()),
        **choices(connection),
    }


def _row(connection: Connection, asked: str | None) -> FieldMap:
    rows = FieldMap.objects.of(connection.account_id).filter(counterpart_id=connection.counterpart_id)
    number = asked if asked and asked.isascii() and asked.isdecimal() and len(asked) < 19 else 0
    found: FieldMap = get_object_or_404(rows.select_related("field"), pk=number)
    return found


SECTION = Section(
    slug=SLUG,
    title=gettext_lazy("Field mapping"),
    template=f"{SHOWN}section.html",
    context=shown,
    actions={"add": add, "change": change, "remove": remove, "fill": ask_fill},
    fragments={
        "lists": Fragment(template=f"{SHOWN}lists.html", context=lists),
        "form": Fragment(template=f"{SHOWN}form.html", context=form),
        "row": Fragment(template=f"{SHOWN}row.html", context=row),
        "suggestions": Fragment(template=f"{SHOWN}suggestions.html", context=suggested),
        "fill": Fragment(template=f"{SHOWN}fill.html", context=fill),
        "progress": Fragment(template=f"{SHOWN}progress.html", context=progress),
    },
)
