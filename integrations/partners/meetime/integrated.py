"""What a change of a card in prospection means: put back, told there, or the end of its run; pure."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_noop as _

from integrations.contract import (
    Ask,
    ChangeView,
    Effect,
    EndEnrollment,
    EnrollmentView,
    LogInteraction,
    Outcome,
    SetField,
    Situation,
    Tell,
    Tried,
)
from integrations.partners.meetime.seeing import LATEST_OWNER, OPEN, speaks_for_deal, there, user_of


def on_change(change: ChangeView, situation: Situation) -> Outcome | None:
    """Every rule that the change concerns, or None when it concerns none."""
    run = situation.enrollment
    assert run is not None
    told = [each for rule in RULES.get(change.kind, ()) if (each := rule(change, situation, run)) is not None]
    if not told:
        return None
    return Outcome(
        tried=[tried for each in told for tried in each.tried],
        effects=[effect for each in told for effect in each.effects],
    )


def owner_put_back(change: ChangeView, situation: Situation, run: EnrollmentView) -> Outcome | None:
    """M16: after the sending only Meetime changes "Responsável mais recente"; why stands in a record."""
    before, after = (dict(each or {}) for each in change.fields.get("custom", ({}, {})))
    if before.get(LATEST_OWNER, "") == after.get(LATEST_OWNER, "") or run.state != "active":
        return None
    main = next((each for each in run.leads if speaks_for_deal(each, run)), None)
    if main is None:
        return None
    agreed = user_of(situation.users, str(main.theirs.get("owner_id", ""))) or str(main.ours.get("owner", ""))
    if situation.deal.fields.get(LATEST_OWNER, "") == agreed:
        return None
    words = OWNER_PUT_BACK
    saw = {"tried": after.get(LATEST_OWNER, ""), "owner": agreed}
    return Outcome(
        tried=(Tried(row="M16", passed=False, words=words, saw=saw),),
        effects=(
            SetField(key=LATEST_OWNER, value=agreed),
            LogInteraction(
                source=f"owner:{change.id}",
                type="simple",
                text=PUT_BACK,
                person_id=main.person_id,
                when=change.at,
            ),
            Tell(words=words, saw=saw, severity="warning"),
        ),
    )


def contacts_added(change: ChangeView, situation: Situation, run: EnrollmentView) -> Outcome | None:
    """M35: related contacts added, or a main contact exchanged, after the sending are not sent."""
    before, after = change.fields.get("related", ([], []))
    ids = [int(each) for each in after or () if each not in (before or ())]
    if "person" in change.fields and change.fields["person"][1]:
        ids.append(int(change.fields["person"][1]))
    known = {each.person_id for each in run.leads}
    added = [situation.people[each] for each in ids if each in situation.people and each not in known]
    names = [person.name or person.email or "Lead" for person in added]
    if not names:
        return None
    words = _("%(names)s came to the card after it was sent and is not sent: add the lead at Meetime.")
    saw = {"names": ", ".join(names)}
    return Outcome(
        tried=(Tried(row="M35", passed=False, words=words, saw=saw),),
        effects=(Tell(words=words, saw=saw, severity="warning"),),
    )


def closed(change: ChangeView, situation: Situation, run: EnrollmentView) -> Outcome | None:
    """M47: closed here, its open leads are closed there the same way, and the run ends."""
    if situation.deal.status != change.kind:
        return None  # it was opened again meanwhile: the reopening decides
    words = _("The card was won here.") if change.kind == "won" else _("The card was lost here.")
    asked = [
        Ask(
            action="close_lead",
            lead_id=lead.id,
            asked={"result": change.kind},
            once=f"close:{run.number}",
        )
        for lead in there(run)
        if lead.state in OPEN
    ]
    # Won or all lost, here or there: every lead's annotations are asked for (M42).
    notes = [Ask(action="collect", lead_id=lead.id, once=f"collect:{run.number}") for lead in there(run)]
    return _ended(change, words, [*asked, *notes])


def deleted(change: ChangeView, situation: Situation, run: EnrollmentView) -> Outcome | None:  # noqa: ARG001
    """M47: a deleted card leaves its leads open there."""
    return _ended(change, _("The card was deleted here; its leads stay as they are at Meetime."), ())


def moved(change: ChangeView, situation: Situation, run: EnrollmentView) -> Outcome | None:
    """M47: in a funnel that may not send the run ends; M36: in its own, Meetime is told the stage."""
    funnel = change.fields.get("funnel")
    if funnel is not None and int(funnel[1]) not in situation.settings["funnels"]:
        words = _("The card went to a funnel that may not send; its leads stay as they are at Meetime.")
        return _ended(change, words, ())
    leads = there(run)
    if not leads or not situation.settings["takes_funnels"]:
        return None
    words = _("Meetime is told the card's stage.")
    return Outcome(
        tried=(Tried(row="M36", passed=True, words=words),),
        effects=(Ask(action="place_deal", lead_id=leads[0].id, once=f"place:{change.id}"),),
    )


def _ended(change: ChangeView, words: str, asked: Sequence[Effect]) -> Outcome:
    return Outcome(
        tried=(Tried(row="M47", passed=True, words=words),),
        effects=(*asked, EndEnrollment(when=change.at, words=words), Tell(words=words, severity="info")),
    )


OWNER_PUT_BACK = _("The owner of a card in prospection changes only at Meetime: the field was put back.")
PUT_BACK = (
    "O campo “Responsável mais recente (Meetime)” foi alterado no CRM, mas depois do envio só a Meetime pode "
    "alterá-lo. O valor foi revertido."
)
RULES = {
    "updated": (owner_put_back, contacts_added),
    "won": (closed,),
    "lost": (closed,),
    "deleted": (deleted,),
    "moved": (moved,),
}
