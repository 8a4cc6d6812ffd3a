from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

from projects.migrating import BuildIndex, RenameIndexOnce


def widened(name, column, included):
    """The order holds one column more; the index without it serves until then."""
    index = models.Index(
        "project_id", models.F(column).desc(), models.F("session_id").desc(), name=name, include=(included,)
    )
    return [
        RenameIndexOnce("session", new_name=f"{name}_narrow", old_name=name),
        BuildIndex("session", index),
        RemoveIndexConcurrently("session", f"{name}_narrow"),
    ]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("llm_sessions", "0011_statistics_of_sets")]

    operations = [
        *widened("session_created", "created_at", "computed_at"),
        *widened("session_updated", "updated_at", "created_at"),
    ]
