from django.db import migrations, models

from projects.migrating import BuildIndex


class Migration(migrations.Migration):
    """The quota counts the files that came in a month. Built while others write."""

    atomic = False
    dependencies = [("tracing", "0011_trace_metadata")]
    operations = [
        BuildIndex(
            model_name="media",
            index=models.Index(fields=["project_id", "created_at"], name="media_created"),
        ),
    ]
