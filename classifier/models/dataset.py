"""Dataset versions: which photos a model learned from and was judged by."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class DatasetVersion(models.Model):
    """An immutable list of photos to train on and to judge by: a manifest file, and its SHA-256 here."""

    number = models.PositiveIntegerField(unique=True)
    file = models.CharField(max_length=80, help_text="The manifest (CSV), in VAR_DIR/datasets.")
    sha256 = models.CharField(max_length=64, help_text="Of the manifest.")
    summary = models.JSONField(default=dict, help_text="Counts, and what changed since the previous version.")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"dataset {self.number}"
