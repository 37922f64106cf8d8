"""What templates ask of answers."""

from __future__ import annotations

from django import template

from classifier.answers import wording
from classifier.models import Identification

register = template.Library()


@register.filter
def said(row: Identification) -> str:
    """What an answered photo is called: what its sender said it shows, else what the model says first."""
    return wording.spoken(row).title
