"""What `manage.py doctor` says about a cluster: its nodes, its settings, and which tables are spread over it."""

from collections.abc import Iterable

from django.conf import settings
from django.db import DatabaseError, connection

from config.installation.facts import Fact, FactState
from projects.cluster.distributing import PROPAGATED_SETTING, distributed_tables, missing_tables, reason_against
from projects.cluster.nodes import is_cluster, nodes

CLUSTER_SETTINGS_SQL = f"SELECT current_setting('{PROPAGATED_SETTING}'), current_setting('wal_level')"


def check_cluster() -> Iterable[Fact]:
    """Yield what is known about the nodes behind DATABASE_URL. Nothing, if it leads to one PostgreSQL."""
    if not settings.IS_DATABASE_NAMED:
        return
    try:
        if is_cluster():
            yield from _look_at_cluster()
    except DatabaseError:  # the examination of the database says what is wrong with it
        return
    finally:
        connection.close()


def _look_at_cluster() -> Iterable[Fact]:
    for node in nodes():
        if node.trouble:
            yield Fact(node.address, "does not answer", FactState.BROKEN, node.trouble)
        else:
            yield Fact(node.address, "answers")
    if reason := reason_against():
        yield Fact("Cluster", "cannot take tables", FactState.BROKEN, reason)
    elif missing := missing_tables():
        advice = f"Run manage.py distribute. On the coordinator alone: {', '.join(missing)}."
        yield Fact("Cluster", f"lacks {len(missing)} tables", FactState.WARNING, advice)
    with connection.cursor() as cursor:
        cursor.execute(CLUSTER_SETTINGS_SQL)
        propagated, wal_level = cursor.fetchone()
    if distributed_tables() and propagated != "local":
        advice = "Run manage.py distribute, which sets it for the role: until then, no limit of time reaches the nodes."
        yield Fact(PROPAGATED_SETTING, f"is {propagated}", FactState.BROKEN, advice)
    if wal_level != "logical":
        advice = "Set it to logical on each node: until then, projects move only while their writers wait."
        yield Fact("wal_level", f"is {wal_level}", FactState.WARNING, advice)
