"""Four groups of staff, so that nobody needs to be a superuser to do one job.

Made once: what a site then changes in them stays. A group of the same name that is there already is left alone.
"""

from django.db import migrations

GROUPS = {
    # What is published, and what the model learns from.
    "Curators": (
        "catalog.view_make catalog.change_make catalog.view_carmodel catalog.change_carmodel "
        "catalog.view_variant catalog.change_variant catalog.view_spec catalog.view_source "
        "catalog.view_variantphoto catalog.change_variantphoto catalog.view_oldaddress "
        "classifier.curate_feedback classifier.view_curationevent "
        "scraper.curate_stagedcar scraper.view_stagedcar scraper.view_catalogchange scraper.view_fact "
        "scraper.view_scraperun scraper.view_sourcephoto scraper.view_approvalrule"
    ),
    # Dealers, their people, and what visitors ask them.
    "Dealer desk": (
        "dealers.view_dealer dealers.add_dealer dealers.change_dealer dealers.view_city "
        "dealers.view_enquiry dealers.change_enquiry dealers.view_enquiryevent accounts.view_user"
    ),
    # Which model answers, and how the next one is trained.
    "Model keepers": (
        "classifier.view_modelversion classifier.add_modelversion classifier.promote_modelversion "
        "classifier.view_modelevent classifier.view_modeloutput classifier.view_datasetversion "
        "classifier.view_trainingrun classifier.add_trainingrun classifier.change_trainingrun "
        "classifier.view_referencephoto classifier.add_referencephoto classifier.delete_referencephoto "
        "classifier.curate_feedback classifier.view_curationevent"
    ),
    # People who can't get in, and letters that did not leave.
    "Support": (
        "accounts.view_user accounts.change_user accounts.view_apitoken accounts.delete_apitoken "
        "account.view_emailaddress mfa.view_authenticator mfa.delete_authenticator "
        "core.view_outgoingemail core.change_outgoingemail"
    ),
}


def _permission(apps, alias, name):
    """A permission by "app.codename". On a new database Django makes them only after all migrations."""
    app, _, codename = name.partition(".")
    verb, _, model = codename.partition("_")
    model = {"curate_feedback": "feedback", "curate_stagedcar": "stagedcar"}.get(codename, model)
    ContentType = apps.get_model("contenttypes", "ContentType")
    kind, _ = ContentType.objects.using(alias).get_or_create(app_label=app, model=model)
    # The names are those that Django and the models give.
    words = {
        "promote_modelversion": "Can promote models, roll back and start shadow runs",
        "curate_feedback": "Can decide what the model learns from",
        "curate_stagedcar": "Can decide what is published",
    }
    title = apps.get_model(app, model)._meta.verbose_name
    made, _ = (
        apps.get_model("auth", "Permission")
        .objects.using(alias)
        .get_or_create(
            content_type=kind,
            codename=codename,
            defaults={"name": words.get(codename, f"Can {verb} {title}")[:255]},
        )
    )
    return made


def make_groups(apps, schema_editor):
    alias = schema_editor.connection.alias
    for name, rights in GROUPS.items():
        group, is_new = apps.get_model("auth", "Group").objects.using(alias).get_or_create(name=name)
        if is_new:
            group.permissions.set([_permission(apps, alias, right) for right in rights.split()])


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("accounts", "0005_one_spelling_of_addresses"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("catalog", "0003_one_rule_for_slugs"),
        ("classifier", "0004_outputs_of_models"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("core", "0001_outgoing_email"),
        ("dealers", "0004_one_outbox"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("scraper", "0001_initial"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
