"""Profiles get permissions: standard ones by name, others all that members could do; invitations get teams."""

from django.db import migrations, models

SALES = ["records.write", "cards.close"]
STANDARD = {
    "Gestor": ["records.write", "records.delete", "cards.close", "cards.all"],
    "Supervisor": [*SALES, "cards.team"],
    "Vendedor": SALES,
    "Operador": ["records.write"],
}
ALL = ["records.write", "records.delete", "cards.close", "cards.team", "cards.all"]


def fill(apps, schema_editor):
    Profile = apps.get_model("accounts", "Profile")
    for profile in Profile._base_manager.filter(is_administrator=False).iterator():
        if not profile.permissions:
            profile.permissions = list(STANDARD.get(profile.name, ALL))
            profile.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_scopes_of_known_keys")]
    operations = [
        migrations.AddField(
            model_name="invitation",
            name="teams",
            field=models.JSONField(blank=True, default=list, verbose_name="teams"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
