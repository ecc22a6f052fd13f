"""X6: every table and column of an account is in the file, or stands here with the reason why not."""

from __future__ import annotations

from django.apps import apps

from integrations.configuration.parts.account import COLUMNS

OURS = {"id", "account", "created_at", "updated_at", "version"}  # every table's own
PLACES = {"position", "funnel", "stage", "counterpart", "connection"}  # said by where it stands in the file

IN_FILE: dict[str, set[str]] = {
    "accounts.Account": {"name", *COLUMNS.values()},
    "accounts.Module": {"slug", "enabled", "settings"},
    "accounts.Profile": {"name", "is_administrator", "permissions"},
    "accounts.Team": {"name"},
    "funnels.Funnel": {"name"},
    "funnels.Stage": {"name"},
    "funnels.ChecklistItem": {"text", "mandatory"},
    "funnels.Requirement": {"text", "field", "condition", "enabled"},
    "funnels.LossReason": {"name"},
    "funnels.CustomField": {"entity", "key", "label", "type", "options", "writer"},
    "integrations.Automation": {
        *("description", "trigger", "trigger_values", "filters", "action", "parameters", "enabled"),
    },
    "integrations.Connection": {"partner", "flow"},
    "integrations.WebhookEndpoint": {"url", "description", "events", "enabled"},
    "mapping.FieldMap": {"entity", "key", "their_key", "their_name", "master", "empty"},
    "meetime.AllowedFunnel": set(),
    "meetime.MeetimeSettings": {"default_profile", "won_stage"},
    "meetime.WinAction": {"cadence_id", "action"},
}
NOT_SET: dict[str, str] = {
    "accounts.Account.prepared": "what waits of a file",
    "accounts.Module.contracted": "a contract is not configuration (S5)",
    "funnels.LossReason.deleted_at": "deleted ones are not in the file",
    "integrations.Connection.state": "a new one begins as a draft; its life is a person's",
    "integrations.Connection.state_reason": "life",
    "integrations.Connection.remote_id": "whom the credentials lead to",
    "integrations.Connection.remote_name": "whom the credentials lead to",
    "integrations.Connection.sealed": "secret",
    "integrations.Connection.generation": "of the secret",
    "integrations.Connection.webhook_token": "secret",
    "integrations.Connection.sealed_webhook": "secret",
    "integrations.Connection.webhook_id": "made over there",
    "integrations.Connection.clock_until": "the engine's",
    "integrations.Connection.failures": "the engine's",
    "integrations.Connection.failing_since": "the engine's",
    "integrations.Connection.last_error": "the engine's",
    "integrations.Connection.activated_at": "life",
    "integrations.WebhookEndpoint.sealed": "secret",
    "integrations.WebhookEndpoint.sealed_before": "secret",
    "integrations.WebhookEndpoint.before_until": "of the secret",
    "integrations.WebhookEndpoint.failing_since": "the sender's",
    "integrations.WebhookEndpoint.failed_at": "the sender's",
    "integrations.WebhookEndpoint.off_since": "the sender's",
    "integrations.WebhookEndpoint.last_error": "the sender's",
    "integrations.WebhookEndpoint.created_by": "history",
    "mapping.FieldMap.field": "said by entity and key",
    "mapping.FieldMap.kind": "said by the partner",
    "mapping.FieldMap.pair": "follows from the two types",
    "mapping.FieldMap.partner": "said by the connection",
    "mapping.FieldMap.our_type": "said by our field",
    "mapping.FieldMap.their_type": "said by their field",
    "mapping.FieldMap.fill": "a wish that was carried out once",
    "mapping.FieldMap.fill_asked_at": "history",
}
PEOPLE, SECRET, DATA = "people, invited in the portal", "secret", "the account's data"
HISTORY, WORK = "what happened", "the engine's work"
OUTSIDE: dict[str, str] = {
    **dict.fromkeys(("accounts.Membership", "accounts.TeamMember", "accounts.Invitation"), PEOPLE),
    **dict.fromkeys(("accounts.SupportAccess", "accounts.NoticeChoice", "integrations.LinkedUser"), PEOPLE),
    "accounts.ApiKey": SECRET,
    "accounts.IdempotencyKey": WORK,
    "accounts.ModuleRequest": "a question to us",
    "accounts.BrandImage": "pictures do not stand in a text; they are uploaded under White Label",
    **dict.fromkeys(("accounts.AuditEntry", "accounts.Notice", "accounts.Erased"), HISTORY),
    **dict.fromkeys(
        (
            *("funnels.Company", "funnels.Person", "funnels.Phone", "funnels.Deal", "funnels.DealCounter"),
            *("funnels.RelatedContact", "funnels.ChecklistMark", "funnels.StoredFile", "funnels.Task"),
            *("funnels.InteractionRecord", "funnels.TaskResponsible", "funnels.CheckIn", "funnels.Change"),
            *("funnels.Product", "funnels.DealProduct", "mapping.Link", "mapping.Conflict"),
        ),
        DATA,
    ),
    "mapping.Counterpart": "comes with the credentials",
    **dict.fromkeys(("integrations.CatalogShelf", "integrations.CatalogItem"), "what the partner lists"),
    **dict.fromkeys(
        (
            *("integrations.AutomationRun", "integrations.WorkflowRun", "integrations.Delivery"),
            *("integrations.Enrollment", "integrations.Lead", "integrations.Exchange"),
            *("integrations.SyncEvent", "integrations.OutgoingEvent", "integrations.EventDelivery"),
        ),
        HISTORY,
    ),
    **dict.fromkeys(
        (
            *("integrations.Lane", "integrations.Arrival", "integrations.PollCursor"),
            *("integrations.OutboxAction", "integrations.PaceWindow"),
        ),
        WORK,
    ),
}


def test_x6_every_table_of_an_account_is_in_the_file_or_has_a_reason() -> None:
    known = {
        model._meta.label
        for model in apps.get_models()
        if model._meta.label == "accounts.Account" or any(f.name == "account" for f in model._meta.fields)
    }
    assert known - IN_FILE.keys() - OUTSIDE.keys() == set(), "put it into the file, or say here why not"
    assert (IN_FILE.keys() | OUTSIDE.keys()) - known == set()
    assert not IN_FILE.keys() & OUTSIDE.keys()


def test_x6_every_column_of_a_table_in_the_file_is_there_or_has_a_reason() -> None:
    columns = {
        f"{label}.{field.name}"
        for label in IN_FILE
        for field in apps.get_model(label)._meta.fields
        if field.name not in OURS | PLACES
    }
    said = {f"{label}.{name}" for label, names in IN_FILE.items() for name in names}
    assert columns - said - NOT_SET.keys() == set(), "put it into the file, or say here why not"
    assert (said | NOT_SET.keys()) - columns == set()
