import uuid

import django.utils.timezone
from django.db import migrations, models

import tracing.models.columns


class Migration(migrations.Migration):
    dependencies = [("tracing", "0022_issue_days")]

    operations = [
        migrations.CreateModel(
            name="Repricing",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                (
                    "leased_until",
                    models.DateTimeField(help_text="Until then one worker has it to itself.", null=True),
                ),
                ("finished_at", models.DateTimeField(null=True)),
                ("id", models.UUIDField(default=uuid.uuid4)),
                ("requested_by", models.CharField(max_length=254)),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("after", tracing.models.columns.IdField(default="", help_text="The last trace that was priced.")),
                ("expected_traces", models.BigIntegerField(default=0)),
                ("trace_count", models.BigIntegerField(default=0)),
            ],
            options={"db_table": "repricing"},
        ),
        migrations.AddIndex(
            model_name="repricing",
            index=models.Index(
                models.F("project_id"),
                models.OrderBy(models.F("requested_at"), descending=True),
                name="repricing_newest",
            ),
        ),
    ]
