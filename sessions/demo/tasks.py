"""The sliced work of filling a project with demo sessions. Orders in PostgreSQL are the truth."""

from projects.jobs.leases import work_through
from projects.jobs.slices import sliced
from sessions.demo import filling
from sessions.models import DemoFill


@sliced("demo sessions", waiting=DemoFill.objects.waiting_projects)
def demo_sessions(project_id: int, until: float) -> bool:
    """Continue the orders of a project."""
    return work_through(filling.unfinished(project_id), filling.proceed, until)
