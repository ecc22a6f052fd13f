from django.db import migrations, models

TABLES = ("arrival", "delivery", "eventdelivery", "outboxaction", "workflowrun")


def updated_at(table: str) -> migrations.SeparateDatabaseAndState:
    """The column without a value for what is there: `auto_now` would fill it and rewrite a big table."""
    return migrations.SeparateDatabaseAndState(
        database_operations=[
            migrations.AddField(
                model_name=table, name="updated_at", field=models.DateTimeField(null=True)
            )
        ],
        state_operations=[
            migrations.AddField(
                model_name=table, name="updated_at", field=models.DateTimeField(auto_now=True, null=True)
            )
        ],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_prepared_configuration"),
        ("integrations", "0003_workflow_and_endpoints"),
    ]

    operations = [
        *map(updated_at, TABLES),
        migrations.AddField(
            model_name="webhookendpoint",
            name="failed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last failure"),
        ),
        migrations.AddIndex(
            model_name="arrival",
            index=models.Index(fields=["account", "updated_at"], name="arrival_updated"),
        ),
        migrations.AddIndex(
            model_name="eventdelivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["endpoint", "due_at", "id"],
                name="event_delivery_next",
            ),
        ),
        migrations.AddIndex(
            model_name="eventdelivery",
            index=models.Index(fields=["endpoint", "updated_at"], name="event_delivery_updated"),
        ),
        migrations.AddIndex(
            model_name="outboxaction",
            index=models.Index(fields=["account", "updated_at"], name="outbox_updated"),
        ),
        migrations.AddIndex(
            model_name="workflowrun",
            index=models.Index(fields=["account", "updated_at"], name="workflow_updated"),
        ),
    ]
