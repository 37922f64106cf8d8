"""Addresses of accounts in their one spelling, where no other account has that one.

Whoever keeps another spelling is found by it, too (`accounts.identity`).
"""

from django.db import migrations
from django.db.models import Q

from core.addresses import lenient_email


def respell(apps, schema_editor):
    alias = schema_editor.connection.alias
    User = apps.get_model("accounts", "User").objects.using(alias)
    EmailAddress = apps.get_model("account", "EmailAddress").objects.using(alias)
    # In plain letters every address has its one spelling already, but for encoded domains.
    odd = ~Q(email__regex=r"^[\x21-\x7e]*$") | Q(email__contains="xn--")
    for user in User.filter(odd).iterator():
        spelling = lenient_email(user.email)
        if spelling != user.email and not User.filter(email=spelling).exists():
            EmailAddress.filter(user_id=user.pk, email=spelling).delete()
            EmailAddress.filter(user_id=user.pk, email=user.email).update(email=spelling)
            User.filter(pk=user.pk).update(email=spelling)


class Migration(migrations.Migration):
    dependencies = [("account", "0009_emailaddress_unique_primary_email"), ("accounts", "0004_tokens_end")]

    operations = [migrations.RunPython(respell, migrations.RunPython.noop)]
