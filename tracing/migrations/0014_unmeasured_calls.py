from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tracing", "0013_tombstone"),
    ]

    operations = [
        migrations.AddField(
            model_name="trace",
            name="unmeasured_count",
            field=models.IntegerField(default=0, db_default=0, help_text="Model calls whose tokens nobody reported."),
        ),
        migrations.AlterField(
            model_name="trace",
            name="left_out",
            field=models.JSONField(
                default=dict,
                help_text="What wrappers repeated of the calls inside them (total_tokens, total_cost, error_count: not counted) and what they said beyond these calls (not_itemised_tokens, not_itemised_cost: counted).",
            ),
        ),
        migrations.AlterField(
            model_name="trace",
            name="unpriced_count",
            field=models.IntegerField(default=0, help_text="Model calls whose cost is unknown."),
        ),
    ]
