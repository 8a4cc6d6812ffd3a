import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import tracing.models.columns
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("llm_sessions", "0025_demo_fill"),
        ("projects", "0021_keys_of_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="JudgeSpending",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "judge_id", "month", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("judge_id", models.UUIDField()),
                ("month", models.DateField(help_text="Its first day.")),
                (
                    "cost",
                    models.DecimalField(
                        decimal_places=12, default=0, help_text="USD, with what is reserved.", max_digits=20
                    ),
                ),
                ("requests", models.IntegerField(default=0)),
            ],
            options={
                "db_table": "judge_spending",
            },
        ),
        migrations.CreateModel(
            name="JudgeVersion",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id",
                        "judge_id",
                        "number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("judge_id", models.UUIDField()),
                ("number", models.IntegerField()),
                ("kind", models.CharField(choices=[("rule", "Rule"), ("prompt", "Prompt")], max_length=6)),
                (
                    "rule",
                    models.TextField(blank=True, help_text="A query: the answer is `value` for sessions that match."),
                ),
                ("value", models.TextField(blank=True)),
                (
                    "otherwise",
                    models.TextField(
                        blank=True, help_text="The answer for the other sessions of the scope; empty: none."
                    ),
                ),
                ("prompt", models.TextField(blank=True, max_length=20000)),
                (
                    "model",
                    models.CharField(blank=True, help_text="Empty: the one of the project's provider.", max_length=120),
                ),
                ("created_by", models.CharField(max_length=254)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "judge_version",
            },
        ),
        migrations.CreateModel(
            name="ModelProvider",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="projects.project",
                    ),
                ),
                (
                    "protocol",
                    models.CharField(
                        choices=[
                            ("openai_compatible", "OpenAI-compatible endpoint"),
                            ("anthropic", "Anthropic endpoint"),
                        ],
                        max_length=20,
                    ),
                ),
                ("base_url", models.URLField(blank=True, help_text="The address, unless it is the vendor's own.")),
                ("model", models.CharField(help_text="What judges ask that name no other.", max_length=120)),
                (
                    "secret",
                    models.TextField(blank=True, help_text="The key, encrypted by sessions/translation/secrets.py."),
                ),
                ("requests_per_minute", models.PositiveIntegerField(default=60)),
                (
                    "window_tokens",
                    models.PositiveIntegerField(
                        default=60000, help_text="What is longer is read in parts, and the answers are merged."
                    ),
                ),
                (
                    "consent_by",
                    models.CharField(
                        blank=True, help_text="Who agreed that conversations leave this host.", max_length=254
                    ),
                ),
                ("consent_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "model_provider",
            },
        ),
        migrations.AddField(
            model_name="session",
            name="content_at",
            field=models.DateTimeField(help_text="When a recompute found other texts than before.", null=True),
        ),
        migrations.AddField(
            model_name="session",
            name="content_hash",
            field=models.BigIntegerField(
                help_text="Of its traces' texts: tells whether it still says the same. Null until a recompute.",
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="Judge",
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
                ("query", models.TextField(blank=True, help_text="Which sessions it judges; empty is every session.")),
                (
                    "quiet_seconds",
                    models.PositiveIntegerField(default=900, help_text="It waits until nothing new was said for this."),
                ),
                (
                    "sample_percent",
                    models.PositiveSmallIntegerField(default=100, help_text="Of the sessions, drawn by their ids."),
                ),
                (
                    "config_id",
                    tracing.models.columns.IdField(
                        db_collation="C",
                        help_text="The score config: the name of its score, and which answers are valid.",
                        max_length=200,
                    ),
                ),
                (
                    "monthly_cap",
                    models.DecimalField(decimal_places=4, help_text="USD; null: no cap.", max_digits=12, null=True),
                ),
                ("version", models.IntegerField(default=0)),
                ("is_on", models.BooleanField(default=False)),
                ("is_archived", models.BooleanField(default=False)),
                (
                    "since",
                    models.DateTimeField(help_text="Earlier sessions are not judged; null: all.", null=True),
                ),
                (
                    "scanned_at",
                    models.DateTimeField(help_text="When all of its sessions were looked at last.", null=True),
                ),
                ("created_by", models.CharField(max_length=254)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "judge",
                "indexes": [
                    models.Index(fields=["project_id", "name"], name="judge_name"),
                    models.Index(condition=models.Q(("is_on", True)), fields=["project_id"], name="judge_on"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Verdict",
            fields=[
                ("project_id", models.BigIntegerField()),
                ("leased_until", models.DateTimeField(help_text="Until then one worker has it to itself.", null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id",
                        "judge_id",
                        "session_id",
                        "version",
                        "content_hash",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("judge_id", models.UUIDField()),
                ("session_id", tracing.models.columns.IdField(db_collation="C", max_length=200)),
                ("version", models.IntegerField()),
                ("content_hash", models.BigIntegerField(help_text="The state of the session that it is about.")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Judged"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("is_current", models.BooleanField(default=False)),
                ("value", models.FloatField(null=True)),
                ("string_value", models.TextField(null=True)),
                ("is_unsure", models.BooleanField(default=False)),
                ("reason", models.TextField(blank=True)),
                (
                    "turns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(),
                        default=list,
                        help_text="The numbers of the turns that it rests on.",
                        size=None,
                    ),
                ),
                (
                    "turn_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, help_text="The ids of these turns.", size=None
                    ),
                ),
                ("part_count", models.IntegerField(default=1, help_text="In so many parts the conversation was read.")),
                ("model", models.CharField(blank=True, max_length=120)),
                (
                    "asked_bytes",
                    models.BigIntegerField(help_text="Of what was sent: tells how many tokens others take.", null=True),
                ),
                ("input_tokens", models.BigIntegerField(null=True)),
                ("output_tokens", models.BigIntegerField(null=True)),
                (
                    "cost",
                    models.DecimalField(
                        decimal_places=12,
                        help_text="USD, of all attempts; null: unknown, or a rule.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                ("attempt_count", models.IntegerField(default=0)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now, help_text="Not before this.")),
                ("error_code", models.CharField(blank=True, max_length=40)),
                ("error", models.TextField(blank=True)),
                (
                    "seen_at",
                    models.DateTimeField(
                        help_text="The recompute of the session that a rule looked at last.", null=True
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "verdict",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "running"])),
                        fields=["project_id", "due_at"],
                        name="verdict_waiting",
                    ),
                    models.Index(fields=["project_id", "session_id"], name="verdict_session"),
                    models.Index(
                        models.F("project_id"),
                        models.F("judge_id"),
                        models.F("version"),
                        models.OrderBy(models.F("finished_at"), descending=True),
                        name="verdict_newest",
                    ),
                    models.Index(
                        condition=models.Q(("state", "failed")),
                        fields=["project_id", "judge_id"],
                        name="verdict_failed",
                    ),
                ],
            },
        ),
    ]
