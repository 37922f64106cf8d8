"""Words with a fixed set of values, which models, querysets and the search share."""

from __future__ import annotations

from enum import StrEnum

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


class FactWord(StrEnum):
    """What search knows a car by besides its names. Each begins with a letter that folding leaves in no word:
    nobody types one, or the beginning of one.
    """

    PETROL = "ƒpetrol"
    DIESEL = "ƒdiesel"
    HYBRID = "ƒhybrid"
    PLUG_IN = "ƒplugin"
    ELECTRIC = "ƒelectric"
    FLEX_FUEL = "ƒflexfuel"
    NATURAL_GAS = "ƒnaturalgas"
    LPG = "ƒlpg"
    HYDROGEN = "ƒhydrogen"
    AUTOMATIC = "ƒautomatic"
    MANUAL = "ƒmanual"
    ALL_WHEELS = "ƒallwheels"
    FRONT_WHEELS = "ƒfrontwheels"
    REAR_WHEELS = "ƒrearwheels"
