"""The back-fill of an associated field on screen: what it would do, the choice, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.origin import Origin
from funnels.services import NotAllowed
from integrations.activation.steps import ALIVE
from integrations.contract import partners
from integrations.engine import filling
from integrations.models import Connection
from mapping.models import FieldMap
from mapping.ours import field_of

Fill = FieldMap.Fill


def preview_of(*, connection: Connection, row: FieldMap) -> dict[str, Any]:
    """The counts, the first cards that are not equal, and what each choice would write."""
    found = filling.preview(connection=connection, field_map=row)
    label = partners()[connection.partner].label
    filled = found.here + found.there
    all_ours, all_theirs = found.there + found.apart, found.here + found.apart
    return {
        "map": row,
        "ours": field_of(row),
        "preview": found,
        "tiles": [
            ("same", _("Equal"), found.same),
            ("there", _("Only in the CRM"), found.there),
            ("here", _("Only at %(partner)s") % {"partner": label}, found.here),
            ("apart", _("Different"), found.apart),
            ("unreadable", _("Not convertible"), found.unreadable),
        ],
        "words": {
            "there": _("Only in the CRM"),
            "here": _("Only at %(partner)s") % {"partner": label},
            "apart": _("Different"),
            "unreadable": _("Not convertible"),
        },
        "more": found.there + found.here + found.apart + found.unreadable - len(found.rows),
        "fills": [
            (Fill.NONE, _("Only from now on"), _("The cards there are stay as they are on both sides.")),
            (
                Fill.BLANKS,
                _("Fill what is blank"),
                _leads(filled) + " " + _("Where both sides have a value, nothing is changed."),
            ),
            (
                Fill.OURS,
                _("Fill with the CRM's values"),
                _leads(all_ours) + " " + _("Blank fields of the CRM change nothing."),
            ),
            (
                Fill.THEIRS,
                _("Fill with the values of %(partner)s") % {"partner": label},
                _leads(all_theirs) + " " + _("Blank fields over there change nothing."),
            ),
        ],
    }


def ask(*, connection: Connection, row: FieldMap, fill: str, origin: Origin) -> str:
    """Asks for it and says what follows; raises NotAllowed for no such choice or no connection that runs."""
    if connection.state not in ALIVE:
        raise NotAllowed(_("Activate the integration first: there are no cards to fill yet."))
    if fill not in Fill.values:
        raise NotAllowed(_("Choose what is filled."))
    cards = filling.ask(connection=connection, field_map=row, fill=fill, origin=origin)
    if not fill:
        return _("The cards there are stay as they are. From now on, changes travel.")
    told = ngettext("%(count)d card is being filled.", "%(count)d cards are being filled.", cards)
    return told % {"count": cards}


def progress_of(*, connection: Connection, row: FieldMap) -> Mapping[str, Any]:
    """How many leads are done, for the bar that asks for itself until all are."""
    done, total = filling.progress(connection=connection, field_map=row)
    return {
        "map": row,
        "ours": field_of(row),
        "done": done,
        "total": total,
        "percent": 100 if total == 0 else done * 100 // total,
        "finished": done >= total or not row.fill,
    }


def _leads(count: int) -> str:
    if not count:
        return _("Changes no lead.")
    return ngettext("Changes %(count)d lead.", "Changes %(count)d leads.", count) % {"count": count}
