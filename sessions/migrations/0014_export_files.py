import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("llm_sessions", "0013_erasure_scanned_to"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExportFile",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("id", models.UUIDField(default=uuid.uuid4)),
                ("format", models.CharField(max_length=20)),
                ("query", models.TextField(blank=True, help_text="The parameters of the list.")),
                ("time_zone", models.CharField(help_text="In which the parameters are read.", max_length=64)),
                ("until", models.DateTimeField(help_text="Later sessions are not in it, so that it comes to an end.")),
                ("requested_by", models.CharField(max_length=254)),
                ("requested_by_id", models.BigIntegerField(help_text="A person; null for a key.", null=True)),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("position", models.TextField(default="", null=True)),
                ("parts", models.JSONField(default=list, help_text="Name and bytes of each part.")),
                ("row_count", models.BigIntegerField(default=0)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("leased_until", models.DateTimeField(help_text="Until then one worker has it to itself.", null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True, help_text="Why there is no file; empty when there is one.")),
            ],
            options={
                "db_table": "export_file",
                "indexes": [
                    models.Index(
                        models.F("project_id"),
                        models.OrderBy(models.F("requested_at"), descending=True),
                        name="export_file_newest",
                    ),
                    models.Index(
                        models.F("project_id"), condition=models.Q(("finished_at", None)), name="export_file_waiting"
                    ),
                ],
            },
        ),
    ]
