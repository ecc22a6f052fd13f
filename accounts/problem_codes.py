"""Every code of the API and what it means: the page that a problem's `type` opens."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, kw_only=True)
class Code:
    """One code: its HTTP status, what it means and what the caller does; both sentences are plain text."""

    code: str
    status: int
    means: str | Promise
    do: str | Promise


def _code(code: str, status: int, means: str | Promise, do: str | Promise) -> Code:
    return Code(code=code, status=status, means=means, do=do)


CODES = (
    _code("malformed", 400, _("The body is not one JSON object in UTF-8."), _("Mend the body.")),
    _code(
        "invalid",
        400,
        _("Fields of the body are not valid; `errors` says which and why."),
        _("Mend the fields."),
    ),
    _code("bad_request", 400, _("The request itself is not understood."), _("Mend its address and headers.")),
    _code("unknown_field", 400, _("The body has a field that cannot be written here."), _("Leave it out.")),
    _code(
        "unknown_parameter",
        400,
        _("The address has a query parameter that is not known here."),
        _("Leave it out."),
    ),
    _code("invalid_parameter", 400, _("A query parameter or a header cannot be read."), _("Mend it.")),
    _code(
        "not_authenticated",
        401,
        _("The request has no API key."),
        _("Send the header Authorization: Bearer with your key."),
    ),
    _code("invalid_key", 401, _("This is not a key of ours."), _("Check the key.")),
    _code("revoked_key", 401, _("The key was revoked."), _("Ask for a new one.")),
    _code("expired_key", 401, _("The key has come to its end."), _("Ask for its successor.")),
    _code("forbidden", 403, _("You may not do this."), _("Ask an administrator of the account.")),
    _code(
        "scope_missing",
        403,
        _("The key lacks the scope that `scope` names."),
        _("Ask for a key that has it."),
    ),
    _code(
        "module_off",
        403,
        _("A module that this needs is off; `module` names it."),
        _("An administrator switches it on."),
    ),
    _code(
        "not_found",
        404,
        _("There is nothing here, or it belongs to another account."),
        _("Check the id and the address."),
    ),
    _code(
        "method_not_allowed", 405, _("This method does not exist at this address."), _("See the reference.")
    ),
    _code(
        "idempotency_in_progress",
        409,
        _("The first request with this key is still being worked on."),
        _("Try again in a moment."),
    ),
    _code("already_exists", 409, _("It may exist once, and it does."), _("Use the one that exists.")),
    _code(
        "ambiguous_match",
        409,
        _("Several rows fit a bulk row; `ids` says which."),
        _("Name one by its `id`."),
    ),
    _code("already_member", 409, _("The person has a place in the account."), _("Change that place.")),
    _code(
        "invitation_open",
        409,
        _("There is an invitation that waits."),
        _("Send that one again: POST invitations/{id}/send-again/."),
    ),
    _code(
        "checklist_pending",
        409,
        _("Mandatory items or required fields are open; `missing` lists them."),
        _("Tick or fill them, then try again."),
    ),
    _code(
        "email_taken", 409, _("Another person has this e-mail; `person` is her id."), _("Use that person.")
    ),
    _code(
        "erased_before",
        409,
        _("Somebody with this e-mail or phone was erased at her request, at `erased_at`."),
        _("Leave her out; an administrator can allow it again."),
    ),
    _code("wrong_state", 409, _("The connection is not at this step."), _("See its `state`.")),
    _code("flow_taken", 409, _("Another flow of this partner is in use."), _("Deactivate it first.")),
    _code(
        "not_ready",
        409,
        _("Something is still to be chosen; `missing` says what."),
        _("Choose it, then activate."),
    ),
    _code(
        "precondition_failed",
        412,
        _("The version in If-Match is not the row's."),
        _("Read it again and repeat your change."),
    ),
    _code("changed_meanwhile", 412, _("Someone was faster."), _("Read it again and repeat your change.")),
    _code(
        "plan_changed",
        412,
        _("The account changed since the configuration was planned."),
        _("Plan again, look at it, then apply."),
    ),
    _code("too_large", 413, _("The body is larger than this address takes."), _("Send less.")),
    _code("unsupported_media_type", 415, _("The body is not application/json."), _("Send JSON.")),
    _code(
        "idempotency_mismatch",
        422,
        _("This Idempotency-Key came with another body before."),
        _("Use a new key."),
    ),
    _code("too_many_rows", 422, _("The bulk call has too many rows."), _("Send several calls.")),
    _code(
        "configuration_unreadable",
        422,
        _("The configuration file cannot be read; `mistakes` lists line, path and words."),
        _("Mend the file."),
    ),
    _code(
        "not_contracted",
        422,
        _("The module is not contracted, comes later or is part of every account."),
        _("Read `detail`, and ask for the module."),
    ),
    _code(
        "last_administrator",
        422,
        _("Nobody would be left who administers the account."),
        _("Make somebody else an administrator first."),
    ),
    _code("profile_fixed", 422, _("The administrators' profile does not change."), _("Use another profile.")),
    _code("profile_in_use", 422, _("Members or invitations have this profile."), _("Give them another one.")),
    _code(
        "invitation_closed", 422, _("The invitation was used, withdrawn or is too old."), _("Send a new one.")
    ),
    _code(
        "not_allowed",
        422,
        _("A rule forbids it."),
        _("`detail` says what to do; `errors` names the field where one is meant."),
    ),
    _code("credentials_denied", 422, _("The partner does not accept the credentials."), _("Check them.")),
    _code(
        "partner_refused",
        422,
        _("The partner declined, in its own words."),
        _("Mend what it says and repeat."),
    ),
    _code(
        "too_many_calls",
        429,
        _("The key's calls of this minute are used up."),
        _("Wait as many seconds as Retry-After says."),
    ),
    _code(
        "server_error",
        500,
        _("Something went wrong on our side."),
        _("Repeat it with the same Idempotency-Key; tell support if it stays."),
    ),
    _code("partner_malformed", 502, _("The partner's answer makes no sense."), _("Try later.")),
    _code("partner_error", 502, _("The partner failed in another way."), _("Try later.")),
    _code("partner_unavailable", 503, _("The partner cannot be reached."), _("Try later.")),
    _code(
        "partner_throttled",
        503,
        _("The partner asks for a pause."),
        _("Wait as many seconds as `retry_after` says."),
    ),
)
"""In the order of their statuses; docs/api.md has the same codes."""
