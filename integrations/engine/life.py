"""A connection's life: started, validated live, enabled, activated, paused, resumed, deactivated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account
from accounts.origin import Origin
from accounts.services import audit
from funnels.services import ensure_custom_field
from integrations import contract
from integrations.contract import PartnerError
from integrations.engine import catalog, clock, demands, jobs, listen, runs, sellers, setting_aside
from integrations.engine.caller import PartnerCall, sealing, vault
from integrations.engine.checking import VALIDATION_SECONDS, check
from integrations.engine.needs import missing_words
from integrations.engine.subscription import NOT_REGISTERED
from integrations.models import Connection, Enrollment, SyncEvent
from integrations.models.connection import new_token
from mapping.models import Counterpart

State = Connection.State
DEACTIVATED = gettext_noop("The integration was deactivated.")


class WrongState(Exception):
    """The connection is not where this step begins; `words` says what comes first."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class FlowTaken(WrongState):
    """The account uses the partner with another flow (M2)."""


class NotReady(WrongState):
    """Something is missing before activation (M5); `missing` lists it in sentences."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(" ".join(missing))
        self.missing = list(missing)


def start(*, account: Account, partner: str, flow: str, origin: Origin) -> Connection:
    """The account's connection to a partner, made when there is none (M1); another flow: FlowTaken (M2)."""
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)  # two clicks make one connection
        living = Connection.objects.of(account).filter(partner=partner).exclude(state=State.INACTIVE).first()
        if living is None:
            known = Connection.objects.of(account).filter(partner=partner).order_by("-pk").first()
            living = known if known is not None else Connection(account=account, partner=partner)
            if known is not None:
                living.version += 1  # an ETag of its last life is of another state
            living.begin()
            living.flow = flow
            living.save()
            audit(
                account=account,
                origin=origin,
                action="connection.started",
                subject=str(living),
                data={"flow": flow},
            )
        elif living.flow != flow and flow:
            if living.state not in (State.DRAFT, State.VALIDATED):
                raise FlowTaken(
                    _("This account already uses another flow. Deactivate the integration before switching.")
                )
            living.flow = flow
            living.version += 1
            living.save(update_fields=["flow", "version", "updated_at"])
    return living


def validate(*, connection: Connection, credentials: Mapping[str, str], origin: Origin) -> Connection:
    """Checks credentials live (at most 5 s) and keeps them sealed only when they open the door (M3).

    Raises Denied, Unavailable, Throttled, Refused or Malformed with a sentence to show; nothing changes then.
    """
    partner = contract.partner(connection.partner)
    given = {field.name: credentials.get(field.name, "").strip() for field in partner.credentials}
    for field in partner.credentials:
        if not given[field.name]:
            raise contract.Denied(_("Fill in “%(field)s”.") % {"field": field.label})
        if len(given[field.name]) > field.max_length or not given[field.name].isprintable():
            raise contract.Denied(
                _("“%(field)s” is not valid. Copy it again, without spaces.") % {"field": field.label}
            )
    identity = check(connection, given)
    with transaction.atomic():
        row = _locked(connection)
        if (
            row.remote_id
            and row.remote_id != identity.id
            and row.state in (State.ACTIVE, State.PAUSED, State.BROKEN)
        ):
            raise contract.Refused(
                _("This token belongs to another account over there. Deactivate this connection first.")
            )
        if row.remote_id and row.remote_id != identity.id:
            setting_aside.set_aside(row, now=clock.now())
        if row.webhook_id == NOT_REGISTERED:
            row.webhook_id = ""  # new credentials may register
        row.counterpart, _made = Counterpart.unscoped.get_or_create(
            account_id=row.account_id, slug=row.partner, remote_id=identity.id
        )
        row.remote_id, row.remote_name = identity.id[:120], identity.name[:200]
        row.sealed = vault().seal(given, context=sealing(row))
        row.generation += 1
        row.last_error = ""
        if row.state != State.PAUSED:  # a pause keeps its reason: without it nothing would end it (G3)
            row.state_reason = ""
        row.clock_until, row.failures, row.failing_since = None, 0, None
        mended = row.state == State.BROKEN
        if mended:
            row.mended()
        elif row.state in (State.DRAFT, State.VALIDATED):
            row.validated()
        _save(row, origin)
        audit(
            account=row.account,
            origin=origin,
            action="connection.validated",
            subject=str(row),
            data={"remote": row.remote_name},
        )
    if mended:
        demands.settle(row, now=clock.now())
        # Apart from the above: whoever works on a lane holds it and asks for the connection.
        listen.make_all_due([row])
    for kind, spec in partner.kinds.items():
        if spec.catalog:
            catalog.want(row, kind)
    jobs.nudge(row.pk)
    return row


def enable(*, connection: Connection, origin: Origin) -> Connection:
    """Opens the settings; only with validated credentials (M4)."""
    with transaction.atomic():
        row = _locked(connection)
        if row.state in (State.ENABLED, State.ACTIVE, State.PAUSED):
            return row
        if row.state != State.VALIDATED:
            raise WrongState(_("Validate the token before enabling the integration."))
        row.enable()
        _save(row, origin)
        audit(account=row.account, origin=origin, action="connection.enabled", subject=str(row))
    return row


def activate(*, connection: Connection, origin: Origin) -> Connection:
    """From now on changes travel (M5, M6); NotReady says what is missing.

    The partner's deal fields are made once, sellers are linked, and our webhook is registered by the worker.
    """
    partner = contract.partner(connection.partner)
    with transaction.atomic():
        row = _locked(connection)
        if row.state == State.ACTIVE:
            return row
        if row.state != State.ENABLED:
            raise WrongState(_("Enable the integration before activating it."))
        missing = [*missing_words(row.account, row.partner, row.flow), *partner.missing(row.pk)]
        if missing:
            raise NotReady(missing)
        if partner.sends(row.flow):
            _make_fields(row, partner)
        else:
            _end_runs(row)
        partner.on_activated(row.pk)
        row.activate()
        row.activated_at = clock.now()
        _save(row, origin)
        listen.start_at_present(row)
        sellers.sync(row)
        transaction.on_commit(lambda: jobs.nudge(row.pk))
        _tell(row, gettext_noop("The integration was activated."))
        audit(account=row.account, origin=origin, action="connection.activated", subject=str(row))
    return row


def _make_fields(row: Connection, partner: contract.Partner) -> None:
    """The partner's deal fields, once (M6)."""
    for field in partner.fields:
        ensure_custom_field(
            account=row.account,
            entity="deal",
            key=field.key,
            label=_in_portuguese(field.label),
            type=field.type,
            writer=field.writer,
            origin=Origin.connection(connection_id=row.pk, label=str(partner.label)),
        )


def _end_runs(row: Connection) -> None:
    """A flow that sends nothing follows no card: what ran in the other flow ends (M2, M45)."""
    words = gettext_noop("The integration passed to another flow.")
    for run in Enrollment.unscoped.filter(connection=row).exclude(state=Enrollment.State.ENDED):
        runs.end_run(run, when=clock.now(), words=words, now=clock.now())


def pause(*, connection: Connection, origin: Origin) -> Connection:
    """What arrives is stored, nothing is spoken or applied until it resumes."""
    return _step(
        connection, origin, State.ACTIVE, Connection.pause, gettext_noop("The integration was paused.")
    )


def resume(*, connection: Connection, origin: Origin) -> Connection:
    """What waited goes out, in order; WrongState while a module that it demands is off (G3)."""
    if words := demands.refusal(connection):
        raise WrongState(words)
    row = _step(
        connection, origin, State.PAUSED, Connection.resume, gettext_noop("The integration was resumed.")
    )
    listen.make_all_due([row])
    return row


def deactivate(*, connection: Connection, origin: Origin) -> Connection:
    """Stops everything and deletes nothing; links stay, so that activating again makes no duplicate (G6).

    The credentials are forgotten at once; the webhook over there is taken away where possible.
    """
    with transaction.atomic():
        row = _locked(connection)
        if row.state == State.INACTIVE:
            return row
    if row.sealed and row.webhook_id not in ("", NOT_REGISTERED):
        try:
            contract.partner(row.partner).unsubscribe(
                PartnerCall(row, deadline=VALIDATION_SECONDS), row.webhook_id
            )
        except PartnerError as error:
            _tell(
                row,
                gettext_noop("The webhook over there could not be taken away: %(why)s"),
                {"why": error.words},
                severity=SyncEvent.Severity.WARNING,
            )
    with transaction.atomic():
        row = _locked(connection)
        row.deactivate()
        row.webhook_token = new_token()  # whoever learned the address has a dead one
        row.sealed, row.sealed_webhook, row.webhook_id = "", "", ""
        _save(row, origin)
        _tell(row, DEACTIVATED)
        audit(account=row.account, origin=origin, action="connection.deactivated", subject=str(row))
    return row


def _step(connection: Connection, origin: Origin, source: str, move: object, words: str) -> Connection:
    with transaction.atomic():
        row = _locked(connection)
        if row.state != source:
            raise WrongState(_("The integration is not in the right state for this."))
        move(row)  # type: ignore[operator]  # a transition of Connection
        _save(row, origin)
        _tell(row, words)
        audit(account=row.account, origin=origin, action=f"connection.{row.state}", subject=str(row))
    return row


def _locked(connection: Connection) -> Connection:
    row: Connection = Connection.unscoped.select_for_update().get(pk=connection.pk)
    return row


def _save(row: Connection, origin: Origin) -> None:
    row.version += 1
    row.moved_by = origin
    row.save()


def _tell(
    row: Connection, words: str, saw: Mapping[str, object] | None = None, *, severity: str = "info"
) -> None:
    SyncEvent.unscoped.create(
        account_id=row.account_id,
        connection=row,
        at=clock.now(),
        words=words,
        saw=dict(saw or {}),
        severity=severity,
    )


def _in_portuguese(label: object) -> str:
    from django.utils import translation

    with translation.override("pt-br"):
        return str(label)
