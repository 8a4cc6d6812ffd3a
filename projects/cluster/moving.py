"""Moves projects between nodes with the functions that Citus has for it."""

from typing import Any, NamedTuple

from django.db import connection

from projects.cluster.distributing import FIRST_TABLE
from projects.jobs.time_limits import at_length

PLACEMENTS = """
WITH place AS (
    SELECT id, name, get_shard_id_for_distribution_column(%(table)s, id) AS shardid FROM project),
counted AS (SELECT *, count(*) OVER (PARTITION BY shardid) AS projects FROM place)
SELECT id, name, shardid, nodename, nodeport, projects
FROM counted JOIN pg_dist_placement USING (shardid) JOIN pg_dist_node USING (groupid)
WHERE %(projects)s::bigint[] IS NULL OR id = ANY(%(projects)s) ORDER BY id
"""
MOVE = """
SELECT citus_move_shard_placement(%(shard)s, %(from_name)s, %(from_port)s, %(to_name)s, %(to_port)s, %(mode)s)
"""
ISOLATE = "SELECT isolate_tenant_to_new_shard(%(table)s, %(project)s, 'CASCADE', %(mode)s)"


class Placement(NamedTuple):
    """Where the rows of a project are. A shard has the rows of `projects` projects, which move together."""

    project_id: int
    name: str
    shard_id: int
    node_name: str
    node_port: int
    projects: int

    @property
    def node(self) -> str:
        return f"{self.node_name}:{self.node_port}"


def placements(*project_ids: int) -> list[Placement]:
    """Return where the rows of these projects are, or of all projects. Only for a cluster."""
    params: dict[str, Any] = {"table": FIRST_TABLE, "projects": list(project_ids) or None}
    with connection.cursor() as cursor:
        cursor.execute(PLACEMENTS, params)
        return [Placement(*row) for row in cursor.fetchall()]


def move(project_id: int, node_name: str, node_port: int, mode: str) -> None:
    """Move the shard of a project to another node, with all projects that share it.

    `mode` is one of Citus: `force_logical` goes on writing meanwhile, `block_writes` makes writers wait."""
    [here] = placements(project_id)
    places: dict[str, Any] = {
        "from_name": here.node_name,
        "from_port": here.node_port,
        "to_name": node_name,
        "to_port": node_port,
    }
    with at_length(0), connection.cursor() as cursor:
        cursor.execute(MOVE, {"shard": here.shard_id, **places, "mode": mode})


def isolate(project_id: int, mode: str) -> int:
    """Give a project a shard of its own on its node, and return the id of that shard. See `move` for `mode`."""
    with at_length(0), connection.cursor() as cursor:
        cursor.execute(ISOLATE, {"table": FIRST_TABLE, "project": project_id, "mode": mode})
        return int(cursor.fetchone()[0])
