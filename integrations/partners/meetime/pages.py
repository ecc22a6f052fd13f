"""Meetime's part of the shared screens: two flows, the sections "Leads" and "Vendedores"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.portal import PortalRequest, origin
from funnels.models import Funnel
from integrations.activation.sections import Flow, Fragment, Screens, Section
from integrations.activation.shelves import shelf_context
from integrations.models import CatalogItem, CatalogShelf, Connection, LinkedUser
from integrations.partners.meetime import setup
from integrations.partners.meetime.forms import (
    FunnelsForm,
    ProfileForm,
    WinActionForm,
    WonStageForm,
    read,
)
from integrations.partners.meetime.models import WinAction

USERS = "users"
SHOWN_SELLERS = 100

CENTRAL = Flow(
    slug="centralisation",
    label=gettext_lazy("Centralise leads in the CRM"),
    summary=gettext_lazy(
        "Cards become leads through funnel automations; everything that happens comes back to the card."
    ),
    steps=(
        gettext_lazy("A card enters a stage and is sent to a Meetime cadence."),
        gettext_lazy("Your sellers prospect there: calls, e-mails, meetings."),
        gettext_lazy("Activities and results return as interaction records, and the deal follows."),
    ),
    recommended=True,
)
WON_LEADS = Flow(
    slug="won_leads",
    label=gettext_lazy("Receive won leads"),
    summary=gettext_lazy(
        "Only a lead won at Meetime creates or updates a deal here. Nothing is sent to Meetime."
    ),
    steps=(
        gettext_lazy("A lead is won at Meetime."),
        gettext_lazy("Its person and company are found by e-mail, CNPJ or name, or created here."),
        gettext_lazy("A deal arrives in the funnel and stage that you choose; won again, it is updated."),
    ),
    note=gettext_lazy("It cannot be used together with the other flow in the same account."),
)


def leads(request: PortalRequest, connection: Connection) -> Mapping[str, Any]:
    """The section "Leads": allowed funnels, win actions, what Meetime lists; or where deals arrive (M45)."""
    if connection.flow == WON_LEADS.slug:
        return {"receives": True, "won_form": WonStageForm(connection=connection)}
    allowed = setup.allowed_funnel_ids(connection=connection)
    funnels = [(funnel, funnel.pk in allowed) for funnel in Funnel.objects.of(request.account)]
    return {
        "funnels": funnels,
        "allowed": allowed,
        "told": CatalogShelf.objects.of(request.account)
        .filter(connection=connection, kind="funnels")
        .first(),
        "cadences": shelf_context(connection=connection, kind=setup.CADENCES),
        **win_actions(request, connection),
    }


def win_actions(request: PortalRequest, connection: Connection) -> dict[str, Any]:
    """M8: the actions there are, with the cadence's name, whether it is gone and the funnel still allowed."""
    listed = CatalogItem.objects.of(request.account).filter(connection=connection, kind=setup.CADENCES)
    names = {item.their_id: item for item in listed}
    allowed = setup.allowed_funnel_ids(connection=connection)
    rows = (
        WinAction.objects.of(request.account)
        .filter(connection=connection)
        .select_related("funnel", "stage")
        .order_by("funnel__position", "funnel_id", "id")
    )
    return {
        "win_actions": [
            {
                "row": row,
                "cadence": str(names.get(row.cadence_id, row.cadence_id)),
                "gone": row.cadence_id not in names or names[row.cadence_id].gone_at is not None,
                "not_allowed": row.funnel_id not in allowed,
            }
            for row in rows
        ],
        **win_form(request, connection),
    }


def win_form(request: PortalRequest, connection: Connection) -> dict[str, Any]:
    """M8: the form for one action, made anew when the funnel or the action is chosen (htmx), or refused."""
    given = request.POST if request.method == "POST" else request.GET
    keep = None
    if given.get("change"):
        keep = get_object_or_404(
            WinAction.objects.of(request.account), pk=given["change"], connection=connection
        )
    prefix = f"w{keep.pk}" if keep else "new"
    asked = given.get(f"{prefix}-funnel", "")
    found = Funnel.objects.of(request.account).filter(pk=asked).first() if asked.isdecimal() else None
    funnel = keep.funnel if keep else found
    action = given.get(f"{prefix}-action") or (keep.action if keep else WinAction.Action.WIN)
    form = WinActionForm(connection=connection, funnel=funnel, keep=keep)
    form.initial["action"] = action
    for name in ("cadence", "stage"):
        if given.get(f"{prefix}-{name}"):
            form.initial[name] = given[f"{prefix}-{name}"]
    return {
        "form": form,
        "chosen_funnel": funnel,
        "moves": action == WinAction.Action.MOVE,
        "used_up": funnel is not None and len(form.fields["cadence"].choices) == 1,  # type: ignore[attr-defined]
    }


def sellers(request: PortalRequest, connection: Connection) -> Mapping[str, Any]:
    """The section "Vendedores": the default profile (M21) and who is linked (M22)."""
    linked = LinkedUser.objects.of(request.account).filter(connection=connection)
    rows = list(linked.select_related("user").order_by("user__name", "id")[: SHOWN_SELLERS + 1])
    return {
        "profile_form": ProfileForm(connection=connection),
        "linked": rows[:SHOWN_SELLERS],
        "more_linked": len(rows) > SHOWN_SELLERS,
        "users": shelf_context(connection=connection, kind=USERS),
    }


def save_funnels(request: PortalRequest, connection: Connection) -> str:
    """M7."""
    values = read(FunnelsForm(request.POST, connection=connection))
    setup.allow_funnels(connection=connection, funnels=list(values["funnels"]), origin=origin(request))
    return _("The funnels are saved. Nothing was sent: create an automation in each funnel to send leads.")


def save_win_action(request: PortalRequest, connection: Connection) -> str:
    """M8."""
    keep = None
    if request.POST.get("change"):
        keep = get_object_or_404(
            WinAction.objects.of(request.account), pk=request.POST["change"], connection=connection
        )
    prefix = f"w{keep.pk}" if keep else "new"
    asked = request.POST.get(f"{prefix}-funnel", "")
    found = Funnel.objects.of(request.account).filter(pk=asked).first() if asked.isdecimal() else None
    values = read(
        WinActionForm(request.POST, connection=connection, funnel=keep.funnel if keep else found, keep=keep)
    )
    setup.set_win_action(
        connection=connection,
        funnel=values["funnel"],
        cadence_id=values["cadence"],
        action=values["action"],
        stage=values["stage"] if values["action"] == WinAction.Action.MOVE else None,
        origin=origin(request),
        win_action=keep,
    )
    return _("The action for won leads is saved.")


def remove_win_action(request: PortalRequest, connection: Connection) -> str:
    """M8: without an action the deal keeps its stage."""
    row = get_object_or_404(
        WinAction.objects.of(request.account), pk=request.POST.get("remove") or 0, connection=connection
    )
    setup.remove_win_action(win_action=row, origin=origin(request))
    return _("The action is removed. Deals keep their stage when such a lead is won.")


def save_won_stage(request: PortalRequest, connection: Connection) -> str:
    """M45."""
    values = read(WonStageForm(request.POST, connection=connection))
    setup.set_won_stage(connection=connection, stage=values["stage"], origin=origin(request))
    return _("Won leads will arrive in “%(stage)s”.") % {"stage": values["stage"].name}


def save_profile(request: PortalRequest, connection: Connection) -> str:
    """M21."""
    values = read(ProfileForm(request.POST, connection=connection))
    setup.set_default_profile(connection=connection, profile=values["profile"], origin=origin(request))
    return _("The default profile is saved.")


SCREENS = Screens(
    flows=(CENTRAL, WON_LEADS),
    sections=(
        Section(
            slug="leads",
            title=gettext_lazy("Leads"),
            template="meetime/leads.html",
            context=leads,
            actions={
                "funnels": save_funnels,
                "win-action": save_win_action,
                "remove": remove_win_action,
                "won-stage": save_won_stage,
            },
            keeps=("win-action",),
            fragments={"win-form": Fragment(template="meetime/win_form.html", context=win_form)},
        ),
        Section(
            slug="sellers",
            title=gettext_lazy("Sellers"),
            template="meetime/sellers.html",
            context=sellers,
            actions={"profile": save_profile},
        ),
    ),
    not_offered=gettext_lazy(
        "This funnel is not allowed to send leads to Meetime. "
        "An administrator allows it in the integration's settings."
    ),
    stops=(
        gettext_lazy("Automations stop sending leads to Meetime."),
        gettext_lazy("Activities and results of leads no longer arrive on their cards."),
        gettext_lazy("New users of Meetime are no longer created here."),
    ),
)
