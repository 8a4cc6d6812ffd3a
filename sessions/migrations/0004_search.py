import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

import tracing.models.fields
import tracing.models.columns


class Migration(migrations.Migration):
    dependencies = [("llm_sessions", "0003_erasures")]

    operations = [
        migrations.CreateModel(
            name="TraceText",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "trace_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("trace_id", tracing.models.columns.IdField(db_collation="C", max_length=200)),
                ("session_id", tracing.models.columns.IdField(db_collation="C", max_length=200, null=True)),
                ("started_at", models.DateTimeField()),
                (
                    "text",
                    tracing.models.fields.CompressedTextField(
                        help_text="As people wrote it: what a snippet is cut from."
                    ),
                ),
                (
                    "folded",
                    models.TextField(help_text="The same without case and accents: what a phrase is looked for in."),
                ),
                (
                    "tokens",
                    django.contrib.postgres.search.SearchVectorField(
                        help_text="Lexemes without positions, made by sessions/search/tokens.py."
                    ),
                ),
                (
                    "text_hash",
                    models.BigIntegerField(help_text="Of the text: an unchanged one is not written again."),
                ),
                (
                    "is_cut",
                    models.BooleanField(default=False, help_text="The rest is found by the deep scan alone."),
                ),
            ],
            options={
                "db_table": "trace_text",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        models.F("project_id"),
                        models.F("tokens"),
                        gin_pending_list_limit=32768,
                        name="trace_text_tokens",
                    ),
                    models.Index(fields=["project_id", "session_id", "started_at"], name="trace_text_session"),
                    models.Index(
                        models.F("project_id"),
                        models.OrderBy(models.F("started_at"), descending=True),
                        name="trace_text_time",
                    ),
                ],
            },
        ),
        # Matching reads what stands beside the texts: keep these out of its pages.
        migrations.RunSQL(
            "ALTER TABLE trace_text SET (toast_tuple_target = 128), ALTER COLUMN text SET STORAGE EXTERNAL",
            "ALTER TABLE trace_text RESET (toast_tuple_target), ALTER COLUMN text SET STORAGE EXTENDED",
        ),
    ]
