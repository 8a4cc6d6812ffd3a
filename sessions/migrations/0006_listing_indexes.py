import django.contrib.postgres.indexes
from django.db import migrations, models


def in_order(column, name):
    index = models.Index("project_id", models.F(column).desc(), models.F("session_id").desc(), name=name)
    return migrations.AddIndex(model_name="session", index=index)


class Migration(migrations.Migration):
    dependencies = [("llm_sessions", "0005_saved_views_and_bulk_jobs")]

    operations = [
        in_order("active_ms", "session_active"),
        in_order("idle_ms", "session_idle"),
        in_order("trace_count", "session_traces"),
        in_order("span_count", "session_spans"),
        in_order("error_count", "session_errors_most"),
        in_order("input_cost", "session_input_cost"),
        in_order("output_cost", "session_output_cost"),
        in_order("input_tokens", "session_input_tokens"),
        in_order("output_tokens", "session_output_tokens"),
        in_order("unpriced_count", "session_unpriced"),
        migrations.RemoveIndex(model_name="session", name="session_tags"),
        migrations.RemoveIndex(model_name="session", name="session_users"),
        migrations.AddIndex(
            model_name="session",
            index=django.contrib.postgres.indexes.GinIndex(
                "project_id",
                "tags",
                "user_ids",
                "environments",
                "model_names",
                "tool_names",
                "releases",
                name="session_sets",
            ),
        ),
    ]
