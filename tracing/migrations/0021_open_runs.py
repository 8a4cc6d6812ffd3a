from django.db import migrations, models

from projects.migrating import BuildIndex


class Migration(migrations.Migration):
    dependencies = [
        ("tracing", "0020_running_totals"),
    ]
    atomic = False

    operations = [
        BuildIndex(
            model_name="trace",
            index=models.Index(
                condition=models.Q(("has_open_run", True)), fields=["project_id", "session_id"], name="trace_open_run"
            ),
        ),
    ]
