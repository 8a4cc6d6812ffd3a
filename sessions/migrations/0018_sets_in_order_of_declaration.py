from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

# In the model, the index of sets now lists them in the order in which they are declared. To PostgreSQL, the order of
# columns in a GIN index means nothing, so the index stays as it is.
SETS = ("environments", "user_ids", "tags", "model_names", "tool_names", "releases")


class Migration(migrations.Migration):
    dependencies = [("llm_sessions", "0017_translation_settings")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex(model_name="session", name="session_sets"),
                migrations.AddIndex(model_name="session", index=GinIndex("project_id", *SETS, name="session_sets")),
            ]
        )
    ]
