"""What each web, gRPC and worker process begins with."""

from projects.metrics.reporting import begin_reporting
from projects.observing import failures, own_traces


def begin_observing(role: str) -> None:
    """Report metrics, own traces and failures of this process from now on, as far as the settings ask for them."""
    begin_reporting(role)
    own_traces.begin(role)
    failures.begin(role)
