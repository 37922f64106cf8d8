"""Unsent letters move into the one outbox of `core`, with what staff may do with them."""

from datetime import timedelta

from django.db import migrations

LIFETIME = timedelta(hours=1)


def to_outbox(apps, schema_editor):
    Letter = apps.get_model("accounts", "Letter")
    OutgoingEmail = apps.get_model("core", "OutgoingEmail")
    for letter in Letter.objects.using(schema_editor.connection.alias).iterator():
        OutgoingEmail.objects.using(schema_editor.connection.alias).create(
            purpose="account",
            to=letter.to,
            subject=letter.subject,
            body=letter.body,
            created=letter.created,
            due=letter.due,
            expires=letter.created + LIFETIME,
            attempts=letter.attempts,
        )


def to_letters(apps, schema_editor):
    Letter = apps.get_model("accounts", "Letter")
    OutgoingEmail = apps.get_model("core", "OutgoingEmail")
    emails = OutgoingEmail.objects.using(schema_editor.connection.alias)
    for email in emails.filter(status="waiting").exclude(purpose="enquiry"):
        letter = Letter.objects.using(schema_editor.connection.alias).create(
            to=email.to, subject=email.subject[:200], body=email.body, due=email.due, attempts=email.attempts
        )
        Letter.objects.using(schema_editor.connection.alias).filter(pk=letter.pk).update(created=email.created)
        email.delete()


def _move_rights(apps, schema_editor, old, new, title):
    """Rights to the rows of `old` (app, model) become rights to those of `new`, for whoever holds them."""
    alias = schema_editor.connection.alias
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    types = ContentType.objects.using(alias)
    source = types.filter(app_label=old[0], model=old[1]).first()
    if source is None:
        return
    target, _ = types.get_or_create(app_label=new[0], model=new[1])
    for permission in Permission.objects.using(alias).filter(content_type=source):
        verb = permission.codename.partition("_")[0]
        moved, _ = Permission.objects.using(alias).get_or_create(
            content_type=target, codename=f"{verb}_{new[1]}", defaults={"name": f"Can {verb} {title}"}
        )
        moved.group_set.add(*permission.group_set.all())
        moved.user_set.add(*permission.user_set.all())
        permission.delete()


def rights_to_outbox(apps, schema_editor):
    _move_rights(apps, schema_editor, ("accounts", "letter"), ("core", "outgoingemail"), "outgoing e-mail")


def rights_to_letters(apps, schema_editor):
    _move_rights(apps, schema_editor, ("core", "outgoingemail"), ("accounts", "letter"), "unsent letter")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_end_sessions_everywhere"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("core", "0001_outgoing_email"),
    ]

    operations = [
        migrations.RunPython(to_outbox, to_letters),
        migrations.RunPython(rights_to_outbox, rights_to_letters),
        migrations.DeleteModel("Letter"),
    ]
