from django.db import migrations


def open_all(apps, _schema):
    """Keys from before scopes go on opening everything they opened."""
    apps.get_model("accounts", "ApiKey")._base_manager.filter(scopes=[]).update(scopes=["*"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_people_modules_and_trail")]
    operations = [migrations.RunPython(open_all, migrations.RunPython.noop)]
