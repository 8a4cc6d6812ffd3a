from django.db import migrations, models

KINDS = "span generation event embedding agent tool chain retriever evaluator guardrail transcription speech"


class Migration(migrations.Migration):
    dependencies = [("tracing", "0017_guessed_costs")]

    operations = [
        migrations.AddField(
            model_name="trace",
            name="exchanges",
            field=models.JSONField(
                help_text="Of a trace with several turns: each one's texts, times and sums, in order.", null=True
            ),
        ),
        migrations.AddField(
            model_name="trace",
            name="turn_count",
            field=models.IntegerField(db_default=1, default=1, help_text="Exchanges of a conversation, otherwise 1."),
        ),
        migrations.AlterField(
            model_name="span",
            name="kind",
            field=models.SmallIntegerField(choices=list(enumerate(KINDS.split())), null=True),
        ),
    ]
