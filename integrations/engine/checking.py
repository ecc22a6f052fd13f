"""Credentials checked live, with each answer of the partner worded for the person who waits."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from integrations import contract
from integrations.contract import Identity, PartnerError
from integrations.engine import pace
from integrations.engine.caller import PartnerCall
from integrations.models import Connection

VALIDATION_SECONDS = 5.0


def check(connection: Connection, given: Mapping[str, str]) -> Identity:
    """Who these credentials open the door to (M3); every error comes with a sentence to show at once."""
    partner = contract.partner(connection.partner)
    call = PartnerCall(
        connection, credentials=given, deadline=VALIDATION_SECONDS, paced=pace.Urgency.PERSON, patience=2.0
    )
    try:
        return partner.check(call)
    except contract.Denied:
        raise contract.Denied(
            _("%(partner)s does not accept this token: it is invalid or has expired.")
            % {"partner": partner.label}
        ) from None
    except contract.Throttled as slow:
        raise contract.Throttled(
            _("%(partner)s asks for a pause. Try again in a few seconds.") % {"partner": partner.label},
            after=slow.after,
        ) from None
    except contract.Unavailable:
        raise contract.Unavailable(
            _("%(partner)s could not be reached. The token was not checked; try again in a moment.")
            % {"partner": partner.label}
        ) from None
    except PartnerError as error:
        raise type(error)(
            _("%(partner)s gave an answer that makes no sense. Try again in a moment.")
            % {"partner": partner.label}
        ) from None
