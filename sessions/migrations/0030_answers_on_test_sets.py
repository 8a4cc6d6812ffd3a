from django.db import migrations, models


class Migration(migrations.Migration):
    """Answers of a judge about conversations whose right answers are known."""

    dependencies = [("llm_sessions", "0029_notices")]

    operations = [
        migrations.AddField(
            model_name="judgerun",
            name="answers",
            field=models.JSONField(help_text="Of an examination, in the order of the cases.", null=True),
        ),
        migrations.AlterField(
            model_name="judgerun",
            name="purpose",
            field=models.CharField(
                choices=[("backfill", "Backfill"), ("test", "Test"), ("cases", "Trial on the test set")], max_length=8
            ),
        ),
    ]
