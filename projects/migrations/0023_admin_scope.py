import django.contrib.postgres.fields
import projects.models.keys
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0022_unmailed_kinds"),
    ]

    operations = [
        migrations.AlterField(
            model_name="apikey",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[("ingest", "Ingest"), ("read", "Read"), ("write", "Write"), ("admin", "Admin")],
                    max_length=10,
                ),
                default=projects.models.keys.every_scope,
                size=None,
            ),
        ),
    ]
