"""Traces by what their metadata holds."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import BtreeGinExtension
from django.db import migrations

from projects.migrating import BuildIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("tracing", "0010_latencies")]

    operations = [
        BtreeGinExtension(),  # (project_id, metadata) in one GIN index
        BuildIndex(
            model_name="trace",
            index=django.contrib.postgres.indexes.GinIndex(
                "project_id",
                django.contrib.postgres.indexes.OpClass("metadata", name="jsonb_path_ops"),
                fastupdate=False,
                name="trace_metadata",
            ),
        ),
    ]
