"""The sliced work of translating. It has no rules and may run twice or never: the rows are the truth."""

from projects.jobs.leases import work_through
from projects.jobs.slices import sliced
from sessions.models import TranslationJob
from sessions.translation import jobs


@sliced(
    "translations",
    waiting=TranslationJob.objects.waiting_projects,
    lease_seconds=int(TranslationJob.LEASE.total_seconds()),
)
def translations(project_id: int, until: float) -> bool:
    """Run the jobs of a project, those that have waited longest first, and cancel what nobody waits for."""
    return work_through(jobs.unfinished(project_id), jobs.run, until)
