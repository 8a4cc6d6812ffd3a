from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm_sessions", "0030_answers_on_test_sets")]

    operations = [
        migrations.AlterField(
            model_name="bulkjob",
            name="requested_by_id",
            field=models.BigIntegerField(help_text="A person; null for a key.", null=True),
        ),
    ]
