import uuid

import django.utils.timezone
from django.db import migrations, models

import tracing.models.fields
import tracing.models.columns


class Migration(migrations.Migration):
    dependencies = [("llm_sessions", "0008_annotation")]

    operations = [
        migrations.CreateModel(
            name="TranslationUsage",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "day", "provider", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("provider", models.CharField(max_length=40)),
                ("characters", models.BigIntegerField(default=0)),
                ("requests", models.IntegerField(default=0)),
            ],
            options={
                "db_table": "translation_usage",
            },
        ),
        migrations.CreateModel(
            name="TranslationJob",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("id", models.UUIDField(default=uuid.uuid4)),
                ("trace_id", tracing.models.columns.IdField(db_collation="C", max_length=200)),
                (
                    "version",
                    models.CharField(
                        help_text="Of the trace's texts: a corrected trace is another job.", max_length=32
                    ),
                ),
                ("target", models.CharField(max_length=16)),
                ("provider", models.CharField(max_length=40)),
                (
                    "engine",
                    models.CharField(
                        help_text="The provider's revision and ours: another engine, another job.", max_length=64
                    ),
                ),
                (
                    "budget",
                    models.IntegerField(
                        default=20000, help_text="Characters after which the rest of a trace stays as it is."
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("partial", "Partial"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("done", models.IntegerField(default=0, help_text="Segments.")),
                ("total", models.IntegerField(default=0)),
                (
                    "result",
                    tracing.models.fields.CompressedJSONField(
                        help_text="The texts by side and what is to say of them; null before the end.", null=True
                    ),
                ),
                ("error_code", models.CharField(blank=True, max_length=40)),
                ("error", models.TextField(blank=True)),
                ("attempt", models.IntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "wanted_until",
                    models.DateTimeField(help_text="Whoever waits keeps moving it; after it nobody does."),
                ),
                ("leased_until", models.DateTimeField(help_text="Until then one worker has it to itself.", null=True)),
            ],
            options={
                "db_table": "translation_job",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["project_id"],
                        name="translation_job_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project_id", "trace_id", "version", "target", "provider", "engine"),
                        name="translation_job_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TranslationSegment",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "trace_id", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("trace_id", tracing.models.columns.IdField(db_collation="C", max_length=200)),
                (
                    "key",
                    models.BinaryField(
                        help_text="32 bytes: what, from and into which language, by whom (sessions/translation)."
                    ),
                ),
                ("text", models.TextField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "translation_segment",
                "indexes": [models.Index(fields=["project_id", "key"], name="translation_segment_key")],
            },
        ),
    ]
