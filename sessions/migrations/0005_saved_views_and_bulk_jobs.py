import uuid

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm_sessions", "0004_search")]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("id", models.UUIDField(default=uuid.uuid4)),
                ("name", models.CharField(max_length=80)),
                ("owner_id", models.BigIntegerField(help_text="Who saved it.")),
                ("owner", models.CharField(help_text="Their e-mail address at the time.", max_length=254)),
                (
                    "is_shared",
                    models.BooleanField(default=False, help_text="Whether everybody in the project sees it."),
                ),
                (
                    "is_default",
                    models.BooleanField(default=False, help_text="Whether the project's list opens on it."),
                ),
                (
                    "query",
                    models.TextField(
                        blank=True, help_text="Filters, range and sort as the address has them, without a '?'."
                    ),
                ),
                (
                    "columns",
                    models.JSONField(
                        default=list, help_text="Names of properties in order; empty keeps the reader's own."
                    ),
                ),
                ("density", models.CharField(blank=True, max_length=8)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "saved_view",
                "constraints": [
                    models.UniqueConstraint(fields=("project_id", "owner_id", "name"), name="saved_view_name_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("project_id",),
                        name="saved_view_default_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_shared", True), ("is_default", False), _connector="OR"),
                        name="saved_view_default_is_shared",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkJob",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("id", models.UUIDField(default=uuid.uuid4)),
                ("action", models.CharField(max_length=40)),
                ("arguments", models.JSONField(default=dict)),
                ("session_ids", models.JSONField(null=True)),
                ("query", models.TextField(blank=True)),
                ("requested_by", models.CharField(max_length=254)),
                ("requested_by_id", models.BigIntegerField()),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expected_count", models.BigIntegerField(help_text="Sessions selected when it was asked for.")),
                ("seen_count", models.BigIntegerField(default=0, help_text="Sessions worked off.")),
                (
                    "changed_count",
                    models.BigIntegerField(default=0, help_text="Those of them that were not so already."),
                ),
                ("last_id", models.TextField(blank=True)),
                ("leased_until", models.DateTimeField(help_text="Until then one worker has it to itself.", null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True, help_text="Why it ended early; empty when it did not.")),
            ],
            options={
                "db_table": "bulk_job",
                "indexes": [
                    models.Index(
                        models.F("project_id"),
                        models.OrderBy(models.F("requested_at"), descending=True),
                        name="bulk_job_newest",
                    ),
                    models.Index("project_id", condition=models.Q(("finished_at", None)), name="bulk_job_waiting"),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                models.F("project_id"),
                models.OrderBy(models.F("computed_at"), descending=True),
                name="session_computed",
            ),
        ),
    ]
