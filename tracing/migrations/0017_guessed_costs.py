from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tracing", "0016_twins_and_price_details"),
    ]

    operations = [
        migrations.AlterField(
            model_name="span",
            name="stated_costs",
            field=models.SmallIntegerField(
                default=0,
                help_text="Bits: 1 input, 2 output, 4 total; others were computed. 8: at another seller's price.",
            ),
        ),
        migrations.AlterField(
            model_name="trace",
            name="left_out",
            field=models.JSONField(
                default=dict,
                help_text="What wrappers repeated of the calls inside them (total_tokens, total_cost, error_count: not counted) and what they said beyond these calls (not_itemised_tokens, not_itemised_cost: counted); and what is counted at another seller's price (guessed_count, guessed_cost).",
            ),
        ),
    ]
