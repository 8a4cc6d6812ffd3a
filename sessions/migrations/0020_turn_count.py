from django.db import migrations, models

LIST_ORDER = ("project_id", models.F("turn_count").desc(), models.F("session_id").desc())
# What was stored before had one turn for each trace.
COUNT_TRACES = "UPDATE session SET turn_count = trace_count WHERE turn_count = 0"


class Migration(migrations.Migration):
    dependencies = [("llm_sessions", "0019_unmeasured_calls"), ("tracing", "0018_exchanges")]

    operations = [
        migrations.AddField(
            model_name="session", name="turn_count", field=models.IntegerField(db_default=0, default=0)
        ),
        migrations.RunSQL(COUNT_TRACES, migrations.RunSQL.noop),
        migrations.AddIndex(model_name="session", index=models.Index(*LIST_ORDER, name="session_turns")),
    ]
