"""`manage.py tenants`: where projects are in a cluster, and moving them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from projects.cluster.moving import Placement, isolate, move, placements
from projects.cluster.nodes import is_cluster, nodes

MODES = {
    "online": "force_logical",  # by logical replication
    "blocking": "block_writes",
}


class Command(BaseCommand):
    help = "Shows on which node of a cluster each project is, and moves projects. See docs/scaling.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="show the node and the shard of each project")
        moving = actions.add_parser("move", help="move a project, with all that share its shard, to another node")
        moving.add_argument("project", type=int, help="the id of the project")
        moving.add_argument("node", help="the node to move to, as host:port")
        isolating = actions.add_parser("isolate", help="give a project a shard of its own, which can be moved alone")
        isolating.add_argument("project", type=int, help="the id of the project")
        for action in (moving, isolating):
            action.add_argument(
                "--mode",
                choices=sorted(MODES),
                default="blocking",
                help="whether writers wait (blocking), or go on (online, which needs wal_level = logical)",
            )

    def handle(self, *, action: str, **options: Any) -> None:
        """Do one action. Raises CommandError with the reason when the cluster refuses."""
        if not is_cluster():
            raise CommandError("This database is no cluster: it has no extension citus.")
        try:
            getattr(self, f"_{action}")(**options)
        except DatabaseError as error:
            raise CommandError(f"The cluster refuses: {error}") from None

    def _list(self, **_: Any) -> None:
        for place in placements():
            shared = f", with {place.projects - 1} more" if place.projects > 1 else ", alone"
            self.stdout.write(f"{place.project_id:>8}  {place.node}  shard {place.shard_id}{shared}  {place.name}")

    def _move(self, *, project: int, node: str, mode: str, **_: Any) -> None:
        here = self._place_of(project)
        known = {each.address: each for each in nodes()}
        if node not in known:
            raise CommandError(f"{node} is no node of this cluster. Its nodes are {', '.join(known)}.")
        if here.node == node:
            self.stdout.write(f"Project {project} is on {node} already.")
            return
        if here.projects > 1:
            self.stdout.write(
                f"{here.projects - 1} projects share its shard and move along. Isolate it to move it alone."
            )
        move(project, known[node].name, known[node].port, MODES[mode])
        self.stdout.write(f"Project {project} moved from {here.node} to {node}.")

    def _isolate(self, *, project: int, mode: str, **_: Any) -> None:
        if self._place_of(project).projects == 1:
            self.stdout.write(f"Project {project} is alone in its shard already.")
            return
        self.stdout.write(f"Project {project} has shard {isolate(project, MODES[mode])} for itself.")

    def _place_of(self, project: int) -> Placement:
        if not (found := placements(project)):
            raise CommandError(f"There is no project {project}.")
        return found[0]
