"""Cars are found by words for their facts too, such as "diesel"; the new column has them."""

from __future__ import annotations

from collections import defaultdict

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BATCH = 500
# As they were when the column came; later ones come with the facts.
_GEARBOXES = ("; automatic", "; automated", "; continuously", "; dual clutch", "; single gear")
_WORDS: dict[str, tuple[str, ...]] = {
    "ƒpetrol": ("fuel", "; petrol;"),
    "ƒdiesel": ("fuel", "; diesel;"),
    "ƒhybrid": ("fuel", "; hybrid;", "; plug-in hybrid;"),
    "ƒplugin": ("fuel", "; plug-in hybrid;"),
    "ƒelectric": ("fuel", "; electric;"),
    "ƒflexfuel": ("fuel", "; flex-fuel;"),
    "ƒnaturalgas": ("fuel", "; natural gas;"),
    "ƒlpg": ("fuel", "; lpg;"),
    "ƒhydrogen": ("fuel", "; hydrogen;"),
    "ƒautomatic": ("transmission", *_GEARBOXES),
    "ƒmanual": ("transmission", "; manual"),
    "ƒallwheels": ("drive", "all-wheel", "four-wheel"),
    "ƒfrontwheels": ("drive", "front-wheel"),
    "ƒrearwheels": ("drive", "rear-wheel"),
}


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write the words of all cars. Few cars differ from all others, so that few updates do."""
    variant, spec = apps.get_model("catalog", "Variant"), apps.get_model("catalog", "Spec")
    words: dict[int, set[str]] = defaultdict(set)
    known: dict[tuple[str, str], tuple[str, ...]] = {}
    facts = spec.objects.filter(key__in=("fuel", "transmission", "drive")).order_by()
    for car, key, text in facts.values_list("variant", "key", "text").iterator():
        if (key, text) not in known:
            known[key, text] = tuple(_said(key, text))
        words[car].update(known[key, text])
    alike: dict[str, list[int]] = defaultdict(list)
    for car, found in words.items():
        alike["".join(f" {word} " for word in _WORDS if word in found)].append(car)
    for text, cars in alike.items():
        for start in range(0, len(cars), BATCH):
            variant.objects.filter(pk__in=cars[start : start + BATCH]).update(fact_words=text)


def _said(key: str, text: str) -> list[str]:
    said = f"; {text}; ".lower()
    return [word for word, (kind, *parts) in _WORDS.items() if kind == key and any(p in said for p in parts)]


def drop_index(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """SQLite keeps a column that triggers name; they and their table come again after the migration."""
    if schema_editor.connection.vendor == "sqlite":
        for change in ("insert", "update", "delete"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS catalog_variant_search_{change}")
        schema_editor.execute("DROP TABLE IF EXISTS catalog_variant_search")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_one_rule_for_slugs")]

    operations = [
        migrations.AddField(
            model_name="variant",
            name="fact_words",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="Words of `catalog.choices.FactWord` that search finds it by, each in spaces.",
                max_length=300,
            ),
        ),
        migrations.RunPython(fill, drop_index),
    ]
