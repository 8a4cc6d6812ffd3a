from django.db import migrations


class Migration(migrations.Migration):
    """Sessions are kept under a hash of their key. The rows of before can be found no more, and their keys are cookies."""

    dependencies = [
        ("projects", "0015_audit_by_action"),
        ("sessions", "0001_initial"),
    ]

    operations = [migrations.RunSQL("DELETE FROM django_session", migrations.RunSQL.noop)]
