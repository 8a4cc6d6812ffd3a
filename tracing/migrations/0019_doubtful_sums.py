from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tracing", "0018_exchanges"),
    ]

    operations = [
        migrations.AlterField(
            model_name="trace",
            name="left_out",
            field=models.JSONField(
                default=dict,
                help_text="What wrappers repeated of the calls inside them (total_tokens, total_cost, error_count: not counted) and what they said beyond these calls (not_itemised_tokens, not_itemised_cost: counted); and what is counted at another seller's price (guessed_count, guessed_cost), or too much if reports that grow are running totals (doubtful_tokens, doubtful_cost).",
            ),
        ),
    ]
