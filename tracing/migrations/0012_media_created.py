from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The quota counts the files that came in a month. Built while others write."""

    atomic = False
    dependencies = [("tracing", "0011_trace_metadata")]
    operations = [
        AddIndexConcurrently(
            model_name="media",
            index=models.Index(fields=["project_id", "created_at"], name="media_created"),
        ),
    ]
