"""API tokens end: those without an end get a year from now."""

from datetime import timedelta

from django.db import migrations
from django.utils import timezone


def give_an_end(apps, schema_editor):
    tokens = apps.get_model("accounts", "ApiToken").objects.using(schema_editor.connection.alias)
    tokens.filter(expiry=None).update(expiry=timezone.now() + timedelta(days=365))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_letters_to_outbox")]

    operations = [migrations.RunPython(give_an_end, migrations.RunPython.noop)]
