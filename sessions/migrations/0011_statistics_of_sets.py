from django.db import migrations

from projects.cluster.migrating import AlterEachPart

# The usual sample of 30,000 rows misses a value that one session in 10,000 has. PostgreSQL then takes it for a frequent
# one and looks for it along the order, past hundreds of thousands of sessions. Users are so many that it expects few.
COLUMNS = ("tags", "environments", "model_names", "tool_names", "releases")
SAMPLED = 1_000  # times 300 rows


def _to(target: int) -> str:
    return "ALTER TABLE {table} " + ", ".join(f"ALTER COLUMN {name} SET STATISTICS {target}" for name in COLUMNS)


class Migration(migrations.Migration):
    dependencies = [("llm_sessions", "0010_cohorts")]

    operations = [AlterEachPart("session", _to(SAMPLED), _to(-1))]
