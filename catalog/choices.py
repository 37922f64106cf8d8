"""Words with a fixed set of values, which models, querysets and the search share."""

from __future__ import annotations

from django.db import models


class BodyStyle(models.TextChoices):
    """The shape of a car; each has a silhouette of its own."""

    SEDAN = "sedan", "Sedan"
    COUPE = "coupe", "Coupe"
    CONVERTIBLE = "convertible", "Convertible"
    HATCHBACK = "hatchback", "Hatchback"
    WAGON = "wagon", "Wagon"
    SUV = "suv", "SUV"
    MINIVAN = "minivan", "Minivan"
    VAN = "van", "Van"
    PICKUP = "pickup", "Pickup"
    UNKNOWN = "unknown", "Unknown"
