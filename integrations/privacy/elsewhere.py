"""Tables with texts in which no client stands, each with the reason; a test holds it against all (X8)."""

from __future__ import annotations

from collections.abc import Mapping

SET_UP = "what administrators set up"
MEMBER = "members and staff, who are no clients: they sign in and have their own pages"
PASSING = "gone within hours or days by itself"
NUMBERS = "numbers, hashes and slugs"

# A partner's table says it of itself: `holds_nobody`.
TABLES: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "accounts.Account",
            "accounts.ApiKey",
            "accounts.BrandImage",
            "accounts.Module",
            "accounts.ModuleRequest",
            "accounts.Profile",
            "accounts.Team",
            "funnels.ChecklistItem",
            "funnels.CustomField",
            "funnels.Funnel",
            "funnels.LossReason",
            "funnels.Product",
            "funnels.Requirement",
            "funnels.Stage",
            "integrations.Automation",
            "integrations.WebhookEndpoint",
            "mapping.Counterpart",
            "mapping.FieldMap",
            "mapping.TypePair",
            "post_office.EmailTemplate",
        ),
        SET_UP,
    ),
    **dict.fromkeys(
        (
            "accounts.Invitation",
            "accounts.NoticeChoice",
            "accounts.Sitting",
            "accounts.SupportAccess",
            "accounts.User",
            "auth.Group",
            "axes.AccessAttempt",
            "axes.AccessFailureLog",
            "axes.AccessLog",
            "integrations.LinkedUser",
            "otp_static.StaticDevice",
            "accounts.Membership",
            "otp_static.StaticToken",
            "otp_totp.TOTPDevice",
            "post_office.Log",
        ),
        MEMBER,
    ),
    **dict.fromkeys(("sessions.Session",), PASSING),
    **dict.fromkeys(
        (
            "accounts.Erased",
            "auth.Permission",
            "contenttypes.ContentType",
            "django_q.Failure",
            "django_q.OrmQ",
            "django_q.Schedule",
            "django_q.Success",
            "django_q.Task",
            "integrations.Heartbeat",
            "integrations.PaceWindow",
        ),
        NUMBERS,
    ),
    "funnels.Company": "a company, whose data is not a person's",
    "integrations.CatalogItem": "what a partner lists: cadences, fields, and its own users",
    "integrations.CatalogShelf": "the kind of a list and its last error",
    "integrations.Connection": "credentials, sealed, and the state of a connection",
    "integrations.PollCursor": "where a list was read to",
    "post_office.Attachment": "no e-mail of ours has one",
}
