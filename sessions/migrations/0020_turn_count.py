from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm_sessions", "0019_unmeasured_calls"), ("tracing", "0018_exchanges")]

    operations = [
        migrations.AddField(
            model_name="session", name="turn_count", field=models.IntegerField(db_default=0, default=0)
        ),
    ]
