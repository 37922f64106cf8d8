
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0001_initial'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='oldaddress',
            name='old_address_leads_somewhere',
        ),
        migrations.AddField(
            model_name='oldaddress',
            name='make',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='old_addresses', to='catalog.make'),
        ),
        migrations.AlterField(
            model_name='oldaddress',
            name='path',
            field=models.CharField(help_text="Slugs of make, model and car, joined by '/'; of make and model; or of a make.", max_length=450, unique=True),
        ),
        migrations.AlterField(
            model_name='oldaddress',
            name='slug',
            field=models.SlugField(blank=True, help_text='The former slug, by which models and programs may know the entry.', max_length=200),
        ),
        migrations.AlterField(
            model_name='spec',
            name='note',
            field=models.CharField(blank=True, help_text='What limits the fact, such as: covers all trims.', max_length=200),
        ),
        migrations.AlterField(
            model_name='source',
            name='rank',
            field=models.PositiveSmallIntegerField(default=100, help_text='Where sources differ, the one with the lowest rank comes first.'),
        ),
        migrations.AddConstraint(
            model_name='oldaddress',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('make__isnull', True), ('model__isnull', True), ('variant__isnull', False)), models.Q(('make__isnull', True), ('model__isnull', False), ('variant__isnull', True)), models.Q(('make__isnull', False), ('model__isnull', True), ('variant__isnull', True)), _connector='OR'), name='old_address_leads_somewhere'),
        ),
    ]
