"""Reading → ModelOutput: rows, permissions and links of the admin's log stay; and help texts in plain words."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models
from django.db.models import deletion

VERBS = ("add", "change", "delete", "view")


def rename_permissions(apps: Any, old: tuple[str, str], new: tuple[str, str]) -> None:
    """What groups and people were allowed stays allowed; the content type itself is renamed by RenameModel."""
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="classifier")
    for verb in VERBS:
        if permissions.filter(codename=f"{verb}_{new[0]}").exists():
            continue
        permissions.filter(codename=f"{verb}_{old[0]}").update(
            codename=f"{verb}_{new[0]}", name=f"Can {verb} {new[1]}"
        )


READING, OUTPUT = ("reading", "reading"), ("modeloutput", "model output")


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("classifier", "0003_request_and_timings_of_photos"),
    ]

    operations = [
        migrations.RenameModel("Reading", "ModelOutput"),
        migrations.RunPython(
            lambda apps, _: rename_permissions(apps, READING, OUTPUT),
            lambda apps, _: rename_permissions(apps, OUTPUT, READING),
        ),
        migrations.RemoveConstraint("modeloutput", "reading_once_per_model_and_role"),
        migrations.AddConstraint(
            "modeloutput",
            models.UniqueConstraint(
                fields=("identification", "model_version", "role"), name="output_once_per_model_and_role"
            ),
        ),
        migrations.AlterField(
            "modeloutput",
            "identification",
            models.ForeignKey(
                on_delete=deletion.CASCADE, related_name="outputs", to="classifier.identification"
            ),
        ),
        migrations.AlterField(
            "modeloutput",
            "model_version",
            models.ForeignKey(on_delete=deletion.PROTECT, related_name="outputs", to="classifier.modelversion"),
        ),
        migrations.AlterField(
            "modeloutput", "answered", models.DateTimeField(help_text="When the model answered.")
        ),
        migrations.AlterField(
            "modeloutput",
            "failure",
            models.CharField(
                blank=True, help_text="Of a shadow run: why there is no answer.", max_length=200
            ),
        ),
        migrations.AlterField(
            "identification",
            "enqueued",
            models.DateTimeField(auto_now_add=True, help_text="When a worker was last woken for it."),
        ),
        migrations.AlterField(
            "referencephoto",
            "model_version",
            models.ForeignKey(
                blank=True,
                help_text="Which model looked at it.",
                null=True,
                on_delete=deletion.SET_NULL,
                related_name="+",
                to="classifier.modelversion",
            ),
        ),
        migrations.AlterField(
            "trainingrun",
            "enqueued",
            models.DateTimeField(auto_now_add=True, help_text="When a worker was last woken for it."),
        ),
    ]
