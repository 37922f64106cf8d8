import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_outgoing_email"),
        ("dealers", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="enquiry",
            name="mail_to_dealer",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="enquiry_to_dealer",
                to="core.outgoingemail",
            ),
        ),
        migrations.AddField(
            model_name="enquiry",
            name="mail_to_visitor",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="enquiry_to_visitor",
                to="core.outgoingemail",
            ),
        ),
    ]
