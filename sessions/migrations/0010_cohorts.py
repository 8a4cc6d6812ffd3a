import uuid

import django.utils.timezone
from django.db import migrations, models

import tracing.models.columns


class Migration(migrations.Migration):
    dependencies = [("llm_sessions", "0009_translation")]

    operations = [
        migrations.CreateModel(
            name="Cohort",
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
                ("description", models.TextField(blank=True, max_length=1000)),
                (
                    "colour",
                    models.CharField(
                        choices=[
                            ("blue", "Blue"),
                            ("orange", "Orange"),
                            ("green", "Green"),
                            ("purple", "Purple"),
                            ("red", "Red"),
                            ("teal", "Teal"),
                        ],
                        default="blue",
                        max_length=8,
                    ),
                ),
                ("owner_id", models.BigIntegerField(help_text="Who made it.")),
                ("owner", models.CharField(help_text="Their e-mail address at the time.", max_length=254)),
                (
                    "is_fixed",
                    models.BooleanField(default=False, help_text="Whether its sessions are listed in cohort_member."),
                ),
                (
                    "query_string",
                    models.TextField(
                        blank=True,
                        help_text="Otherwise the filter as the list's address has it, without a '?'; empty is every session.",
                    ),
                ),
                ("session_count", models.BigIntegerField(default=0)),
                ("counted_at", models.DateTimeField(help_text="When the sessions were counted last.", null=True)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "cohort",
                "constraints": [
                    models.UniqueConstraint(fields=("project_id", "name"), name="cohort_name_once"),
                    models.CheckConstraint(
                        condition=models.Q(("is_fixed", False), ("query_string", ""), _connector="OR"),
                        name="cohort_list_or_filter",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CohortMember",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id",
                        "cohort_id",
                        "session_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("cohort_id", models.UUIDField()),
                ("session_id", tracing.models.columns.IdField(db_collation="C", max_length=200)),
            ],
            options={
                "db_table": "cohort_member",
                "indexes": [models.Index(fields=["project_id", "session_id"], name="cohort_member_session")],
            },
        ),
        # One session in 128, for comparisons in projects where reading all of them would take too long.
        migrations.RunSQL(
            "CREATE INDEX session_sample ON session (project_id, session_id)"
            " WHERE (hashtextextended(session_id, 0) & 127) = 0",
            "DROP INDEX session_sample",
        ),
    ]
