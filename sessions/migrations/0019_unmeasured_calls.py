from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm_sessions", "0018_sets_in_order_of_declaration"), ("tracing", "0014_unmeasured_calls")]

    operations = [
        migrations.AddField(
            model_name="session",
            name="unmeasured_count",
            field=models.IntegerField(db_default=0, default=0),
        ),
    ]
