from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tracing", "0015_plain_help_texts"),
    ]

    operations = [
        migrations.AddField(
            model_name="span",
            name="response_id",
            field=models.TextField(help_text="The model provider's id of the answer.", null=True),
        ),
        migrations.AddField(
            model_name="span",
            name="scope",
            field=models.TextField(help_text="The instrumentation that reports the span.", null=True),
        ),
        migrations.AddField(
            model_name="span",
            name="price_details",
            field=models.JSONField(
                help_text="Parts of the usage that have prices of their own, and the service tier.", null=True
            ),
        ),
    ]
