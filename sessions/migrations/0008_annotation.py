import django.utils.timezone
import django.contrib.postgres.fields
import sessions.models.annotation
import tracing.models.columns
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm_sessions", "0007_session_state")]

    operations = [
        migrations.AddField(
            model_name="session",
            name="scores",
            field=models.JSONField(default=dict),
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                (
                    "id",
                    tracing.models.columns.IdField(
                        db_collation="C", default=sessions.models.annotation.new_id, max_length=200
                    ),
                ),
                (
                    "object_type",
                    models.CharField(
                        choices=[
                            ("SESSION", "Session"),
                            ("TRACE", "Trace"),
                            ("OBSERVATION", "Observation"),
                            ("PROMPT", "Prompt"),
                        ],
                        max_length=12,
                    ),
                ),
                ("object_id", tracing.models.columns.IdField(db_collation="C", max_length=200)),
                (
                    "trace_id",
                    tracing.models.columns.IdField(
                        db_collation="C", help_text="The trace of a commented span.", max_length=200, null=True
                    ),
                ),
                (
                    "thread_id",
                    tracing.models.columns.IdField(
                        db_collation="C",
                        help_text="The comment that this one answers; null for the first of a thread.",
                        max_length=200,
                        null=True,
                    ),
                ),
                ("content", models.TextField()),
                ("author_id", models.BigIntegerField(help_text="The person; null when a program wrote it.", null=True)),
                (
                    "author",
                    models.CharField(
                        default="", help_text="The name to show, also after the person left.", max_length=254
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolved_by", models.CharField(default="", max_length=254)),
            ],
            options={
                "db_table": "comment",
                "indexes": [
                    models.Index(
                        fields=["project_id", "object_type", "object_id", "created_at"], name="comment_object"
                    ),
                    models.Index(
                        models.F("project_id"),
                        models.OrderBy(models.F("created_at"), descending=True),
                        name="comment_newest",
                    ),
                    models.Index(
                        condition=models.Q(("trace_id__isnull", False)),
                        fields=["project_id", "trace_id"],
                        name="comment_trace",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id",
                        "item_id",
                        "user_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("item_id", tracing.models.columns.IdField(db_collation="C", max_length=200)),
                ("user_id", models.BigIntegerField()),
                ("queue_id", tracing.models.columns.IdField(db_collation="C", max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[("leased", "Leased"), ("done", "Done"), ("skipped", "Skipped")],
                        default="leased",
                        max_length=8,
                    ),
                ),
                ("leased_until", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "review",
                "indexes": [models.Index(fields=["project_id", "queue_id", "user_id", "state"], name="review_person")],
            },
        ),
        migrations.CreateModel(
            name="ReviewItem",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                (
                    "id",
                    tracing.models.columns.IdField(
                        db_collation="C", default=sessions.models.annotation.new_id, max_length=200
                    ),
                ),
                ("queue_id", tracing.models.columns.IdField(db_collation="C", max_length=200)),
                (
                    "object_type",
                    models.CharField(
                        choices=[
                            ("SESSION", "Session"),
                            ("TRACE", "Trace"),
                            ("OBSERVATION", "Observation"),
                            ("PROMPT", "Prompt"),
                        ],
                        max_length=12,
                    ),
                ),
                ("object_id", tracing.models.columns.IdField(db_collation="C", max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[("PENDING", "Pending"), ("COMPLETED", "Completed")], default="PENDING", max_length=10
                    ),
                ),
                ("completed_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "review_item",
                "indexes": [
                    models.Index(
                        fields=["project_id", "queue_id", "status", "created_at", "id"], name="review_item_next"
                    ),
                    models.Index(fields=["project_id", "object_type", "object_id"], name="review_item_object"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project_id", "queue_id", "object_type", "object_id"), name="review_item_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewQueue",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                (
                    "id",
                    tracing.models.columns.IdField(
                        db_collation="C", default=sessions.models.annotation.new_id, max_length=200
                    ),
                ),
                ("name", models.TextField()),
                ("description", models.TextField(default="")),
                (
                    "score_config_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                (
                    "user_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="Who reviews; empty: every member.",
                        size=None,
                    ),
                ),
                ("reviewers_per_item", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "review_queue",
                "indexes": [models.Index(fields=["project_id", "created_at"], name="review_queue_created")],
            },
        ),
        migrations.CreateModel(
            name="ScoreConfig",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                (
                    "id",
                    tracing.models.columns.IdField(
                        db_collation="C", default=sessions.models.annotation.new_id, max_length=200
                    ),
                ),
                ("name", models.TextField()),
                (
                    "data_type",
                    models.CharField(
                        choices=[
                            ("NUMERIC", "Number"),
                            ("CATEGORICAL", "Category"),
                            ("BOOLEAN", "Yes or no"),
                            ("TEXT", "Text"),
                        ],
                        max_length=12,
                    ),
                ),
                ("min_value", models.FloatField(null=True)),
                ("max_value", models.FloatField(null=True)),
                (
                    "categories",
                    models.JSONField(
                        default=list, help_text='[{"value": number, "label": text}], in the order of keys 1-9.'
                    ),
                ),
                ("description", models.TextField(default="")),
                ("is_archived", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "score_config",
                "indexes": [models.Index(fields=["project_id", "name"], name="score_config_name")],
            },
        ),
        migrations.CreateModel(
            name="SessionScore",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id",
                        "session_id",
                        "name",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("session_id", tracing.models.columns.IdField(db_collation="C", max_length=200)),
                ("name", models.TextField()),
                ("count", models.IntegerField(help_text="How many scores gave an answer, of whatever type.")),
                (
                    "mean",
                    models.DecimalField(
                        decimal_places=12,
                        help_text="Of the numeric and boolean ones (0 or 1); null without any.",
                        max_digits=330,
                        null=True,
                    ),
                ),
                (
                    "shares",
                    models.JSONField(default=dict, help_text="How often each category was given: {category: count}."),
                ),
            ],
            options={
                "db_table": "session_score",
                "indexes": [
                    models.Index(
                        models.F("project_id"),
                        models.F("name"),
                        models.OrderBy(models.F("mean"), descending=True),
                        models.OrderBy(models.F("session_id"), descending=True),
                        name="session_score_mean",
                    )
                ],
            },
        ),
    ]
