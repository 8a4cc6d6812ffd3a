import django.utils.timezone
from django.db import migrations, models

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
AGAIN = "DROP TRIGGER audit_event_append_only ON audit_event; DROP FUNCTION refuse_change();"


class Migration(migrations.Migration):
    dependencies = [("projects", "0004_invitation")]

    operations = [
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("organization_id", models.BigIntegerField(null=True)),
                ("project_id", models.BigIntegerField(null=True)),
                ("actor_id", models.BigIntegerField(help_text="The person; null for a key or the system.", null=True)),
                ("actor", models.CharField(help_text="The person's e-mail address or the public key.", max_length=254)),
                (
                    "action",
                    models.CharField(help_text="One of Action; projects/audit.py writes nothing else.", max_length=40),
                ),
                ("target", models.CharField(blank=True, max_length=254)),
                ("ip", models.GenericIPAddressField(null=True)),
                ("details", models.JSONField(default=dict)),
            ],
            options={
                "db_table": "audit_event",
                "indexes": [
                    models.Index(
                        models.F("organization_id"),
                        models.OrderBy(models.F("at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        name="audit_newest",
                    )
                ],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, reverse_sql=AGAIN),
    ]
