"""What became of each action, and what that means in the CRM: pure (M16–M19, M32, M36, M38, M42, M47)."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Any

import nh3
from django.utils.translation import gettext_noop as _

from integrations.contract import (
    Agreed,
    Ask,
    Effect,
    LeadView,
    LogInteraction,
    MakeTask,
    NoteEdited,
    Outcome,
    PutBack,
    Receipt,
    Sent,
    SetField,
    SetLead,
    Situation,
    TakeIn,
    Tell,
    Tried,
)
from integrations.partners.meetime import saying
from integrations.partners.meetime.integrated import OWNER_PUT_BACK, PUT_BACK
from integrations.partners.meetime.news import result_record
from integrations.partners.meetime.reading import moment
from integrations.partners.meetime.seeing import (
    INITIAL_CADENCE,
    INITIAL_OWNER,
    LATEST_CADENCE,
    LATEST_OWNER,
    name_of,
    owner_id,
    speaks_for_deal,
)


def lead_sent(receipt: Receipt, lead: LeadView, situation: Situation) -> Outcome:
    """A lead was taken over there: its ids, and the deal's four fields (M16–M19, M32, M46)."""
    made = str(receipt.facts["made"])
    run = situation.enrollment
    parameters: Mapping[str, Any] = run.parameters if run else {}
    owner = str(owner_id(situation) or "")
    effects: list[Effect] = [
        Sent(
            lead_id=lead.id,
            their_id=receipt.id or "",
            state="executing" if parameters.get("start", "now") == "now" else "waiting",
            made=made,
            run=str(receipt.facts.get("run", "")),
            url=str(receipt.facts.get("url", "")),
            agreed={**receipt.facts.get("agreed", {}), "owner": owner},
            theirs=dict(receipt.facts.get("theirs", {})),
            as_of=moment(receipt.facts.get("as_of")),
        )
    ]
    words = MADE[made]
    cadence = situation.catalog["cadences"].get(str(parameters["cadence"]), {}).get("name", "")
    if made != "left" and run is not None and speaks_for_deal(lead, run):
        if situation.settings["takes_funnels"]:
            # Its seller moves the card and chooses its funnel's reasons there from the start (M36, M41).
            effects.append(Ask(action="place_deal", lead_id=lead.id, once=f"place:{run.number}"))
        effects += [
            NoteEdited(
                key=LATEST_OWNER,
                seen=situation.deal.fields.get(LATEST_OWNER, ""),
                value=owner,
                words=OWNER_PUT_BACK,
                text=PUT_BACK,
                person_id=lead.person_id,
            ),
            SetField(key=LATEST_OWNER, value=owner),
            SetField(key=INITIAL_OWNER, value=owner, once=True),
            SetField(key=LATEST_CADENCE, value=str(cadence)),
            SetField(key=INITIAL_CADENCE, value=str(cadence), once=True),
        ]
    if made != "left" and run is not None and run.state == "ended" and situation.deal.status != "open":
        # The card was closed while it was being sent: what became of it there is closed as well (M47).
        asked = {"result": situation.deal.status}
        effects.append(Ask(action="close_lead", lead_id=lead.id, asked=asked, once=f"close:{run.number}"))
    saw = {"lead": name_of(situation, lead), "cadence": cadence}
    effects.append(Tell(words=words, saw=saw, severity="warning" if made == "left" else "success"))
    tried = Tried(row="M32", passed=made != "left", words=words, saw=saw)
    return Outcome(tried=(tried,), effects=effects)


def lead_updated(receipt: Receipt, lead: LeadView, situation: Situation) -> Outcome:
    """The fields both sides hold now (M37); an e-mail that another lead has returns to what it was (M38)."""
    said, taken = dict(receipt.facts["said"]), str(receipt.facts.get("taken", ""))
    saw = {"lead": name_of(situation, lead), "fields": ", ".join(_labels(said, situation))}
    there = receipt.facts.get("there")
    effects: list[Effect] = []
    if there:  # changed there meanwhile: both sides' values are merged first
        when = moment(receipt.facts.get("when"))
        effects.append(TakeIn(lead_id=lead.id, values=dict(there), when=when or situation.now, as_of=when))
    # The card's own are what it said of phones: numbers that only they have went along (X14).
    ours = said | ({"phones": saying.update_lead(situation, lead, {})["phones"]} if "phones" in said else {})
    as_of = moment(receipt.facts.get("as_of"))
    effects.append(Agreed(lead_id=lead.id, ours=ours, theirs=dict(receipt.facts["theirs"]), as_of=as_of))
    if said:
        effects.append(Tell(words=_("%(lead)s was updated at Meetime: %(fields)s."), saw=saw))
    tried = [Tried(row="M37", passed=bool(said), words=_("The fields that differed were sent."), saw=saw)]
    if taken:
        former = str(lead.ours.get("email") or "")
        effects.append(
            PutBack(
                person_id=lead.person_id,
                lead_id=lead.id,
                name="email",
                value=former,
                text=TAKEN % {"tried": taken, "former": former},
                source=f"email:{lead.id}:{situation.now.isoformat()}",
            )
        )
        words = _("The new e-mail belongs to another lead there: it was put back.")
        tried.append(Tried(row="M38", passed=False, words=words, saw={"email": taken}))
    return Outcome(tried=tried, effects=effects)


def lead_closed(receipt: Receipt, lead: LeadView, situation: Situation) -> Outcome:
    """The lead ended there as its card did here, or a person has to end it (M47)."""
    made = str(receipt.facts["made"])
    # What was asked, not what the card is by now; an older receipt does not say.
    result = str(receipt.facts.get("result") or ("won" if situation.deal.status == "won" else "lost"))
    saw = {"lead": name_of(situation, lead), "why": str(receipt.facts.get("words", ""))}
    if made == "closed":
        done = _("%(lead)s was won at Meetime, as the card was here.")
        if result == "lost":
            done = _("%(lead)s was lost at Meetime, as the card was here.")
        run = str(receipt.facts.get("run") or lead.their_run)  # an older receipt does not say
        record = result_record(
            result,
            lead=lead,
            run=run,
            cadence="",
            reason=situation.deal.loss_reason,
            when=situation.now,
            by="",
        )
        effects: list[Effect] = [
            SetLead(lead_id=lead.id, state=result, when=situation.now, run=run),
            record,
            Tell(words=done, saw=saw, severity="success"),
        ]
        return Outcome(tried=(Tried(row="M47", passed=True, words=done, saw=saw),), effects=effects)
    if made in LEFT_ALONE:
        words = LEFT_ALONE[made]
        return Outcome(
            tried=(Tried(row="M47", passed=True, words=words, saw=saw),),
            effects=(Tell(words=words, saw=saw),),
        )
    words = _("Meetime offers no call to end %(lead)s: its owner has a task to do it there.")
    if made == "declined":
        words = _("Meetime did not end %(lead)s: %(why)s. Its owner has a task to do it there.")
    task = _("The card was won here. Win the lead %(lead)s at Meetime by hand.")
    if result == "lost":
        task = _("The card was lost here. Lose the lead %(lead)s at Meetime by hand.")
    return Outcome(
        tried=(Tried(row="M47", passed=False, words=words, saw=saw),),
        effects=(
            MakeTask(words=task, saw=saw, source=f"close:{lead.id}"),
            Tell(words=words, saw=saw, severity="warning"),
        ),
    )


def collected(receipt: Receipt, lead: LeadView, situation: Situation) -> Outcome:
    """The annotations become a record on the lead's own person; its last values are taken in (M42, M43).

    Of a lead that stayed open over there, or was opened again since, no value is of this run any more (M39).
    """
    run, text = situation.enrollment, plain(str(receipt.facts.get("annotations", "")))
    values = dict(receipt.facts.get("values", {}))
    words = _("The annotations became an interaction record.") if text else _("The lead has no annotations.")
    effects: list[Effect] = []
    stands = str(receipt.facts.get("run") or lead.their_run) == lead.their_run
    if values and stands and lead.state in ("won", "lost"):
        effects.append(TakeIn(lead_id=lead.id, values=values, when=situation.now))
    if text:
        effects.append(
            LogInteraction(
                source=f"annotations:{lead.their_id}:{run.id if run else ''}",
                type="simple",
                text=f"Anotações da Meetime\n\n{text}",
                person_id=lead.person_id,
                when=situation.now,
            )
        )
    return Outcome(tried=(Tried(row="M42", passed=bool(text), words=words),), effects=effects)


def placed(receipt: Receipt, lead: LeadView, situation: Situation) -> Outcome:  # noqa: ARG001
    """They know where the card stands, or their account takes no stages (M36)."""
    passed = receipt.facts["made"] == "placed"
    words = _("Meetime knows the card's stage.")
    if not passed:
        words = _("This Meetime account does not take funnels, stages and loss reasons.")
    return Outcome(tried=(Tried(row="M36", passed=passed, words=words),))


def plain(text: str) -> str:
    """Annotations may hold HTML (section 4): line breaks stay, tags go."""
    broken = re.sub(r"(?i)<br\s*/?>|</(p|div|li|h\d)>", "\n", text)
    return html.unescape(nh3.clean(broken, tags=set())).strip()


def _labels(said: Mapping[str, Any], situation: Situation) -> list[str]:
    names = {str(row.get("key")): str(row.get("name")) for row in situation.catalog["custom_fields"].values()}
    return [LABELS.get(key) or names.get(key, key) for key in said]


LEFT_ALONE = {
    "closed_before": _("%(lead)s had ended at Meetime already."),
    "passed": _("%(lead)s was sent again since and is left as it is at Meetime."),
}
LABELS = {"name": "nome", "email": "e-mail", "company": "empresa", "phones": "telefones"}
TAKEN = (
    "O e-mail foi alterado para “%(tried)s”, que já é de outro lead na Meetime. "
    "A Meetime não aceita e-mails repetidos: o e-mail voltou a ser “%(former)s”."
)
MADE = {
    "created": _("%(lead)s became a lead in the cadence “%(cadence)s”."),
    "reopened": _("%(lead)s was a closed lead and was reopened in the cadence “%(cadence)s”."),
    "updated": _(
        "%(lead)s was an open lead and passed to the cadence “%(cadence)s”, which has higher priority."
    ),
    "left": _(
        "%(lead)s is already an open lead in a cadence of the same or higher priority than “%(cadence)s” "
        "and was left as it is."
    ),
}
RECEIPTS: Mapping[str, Callable[[Receipt, LeadView, Situation], Outcome]] = {
    "send_lead": lead_sent,
    "update_lead": lead_updated,
    "close_lead": lead_closed,
    "collect": collected,
    "place_deal": placed,
}
