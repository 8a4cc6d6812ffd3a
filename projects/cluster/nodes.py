"""The nodes of a cluster, and the projects of those that answer."""

import logging
from typing import Any, NamedTuple

from django.db import connection

logger = logging.getLogger(__name__)

HAS_EXTENSION = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')"
# Workers, and the coordinator if it has rows of tenants. A node that does not answer is a row that says so.
ASK_NODES = """
SELECT nodename, nodeport, coalesce(answer.success, false), coalesce(answer.result, 'no answer')
FROM pg_dist_node JOIN run_command_on_all_nodes('SELECT 1', true, true) AS answer USING (nodeid)
WHERE shouldhaveshards OR EXISTS (SELECT FROM pg_dist_placement WHERE groupid = pg_dist_node.groupid)
ORDER BY nodename, nodeport
"""
PROJECTS_OF_NODES = """
SELECT id FROM project
JOIN pg_dist_placement ON shardid = get_shard_id_for_distribution_column('trace', id)
JOIN pg_dist_node USING (groupid)
WHERE (nodename, nodeport) IN (SELECT * FROM unnest(%(names)s::text[], %(ports)s::int[])) ORDER BY id
"""


class Node(NamedTuple):
    """A node that has rows of tenants. `trouble` is what went wrong when it was asked, or ""."""

    name: str
    port: int
    trouble: str

    @property
    def address(self) -> str:
        return f"{self.name}:{self.port}"


def is_cluster() -> bool:
    """Return whether the database has the extension that distributes tables."""
    with connection.cursor() as cursor:
        cursor.execute(HAS_EXTENSION)
        return bool(cursor.fetchone()[0])


def nodes() -> list[Node]:
    """Ask each node that has rows of tenants whether it answers. Only for a cluster."""
    with connection.cursor() as cursor:
        cursor.execute(ASK_NODES)
        return [Node(name, port, "" if answers else result) for name, port, answers, result in cursor.fetchall()]


def projects_within_reach() -> list[int]:
    """Return the ids of the projects whose nodes answer, and log the nodes that do not. Only for a cluster."""
    asked = nodes()
    for node in asked:
        if node.trouble:
            logger.warning("node %s does not answer, its projects are left out: %s", node.address, node.trouble)
    reached = [node for node in asked if not node.trouble]
    with connection.cursor() as cursor:
        params: dict[str, Any] = {"names": [node.name for node in reached], "ports": [node.port for node in reached]}
        cursor.execute(PROJECTS_OF_NODES, params)
        return [project_id for (project_id,) in cursor.fetchall()]
