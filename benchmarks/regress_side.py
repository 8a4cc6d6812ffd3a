"""One side of benchmarks/regress.py: does a round of work for each line of its input, and prints the CPU that it took.

It runs in the tree of its working directory, with the modules of that tree."""

import gzip
import hashlib
import json
import os
import pickle
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import django
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

SPANS = 512
SMALL_REQUESTS = 40
PAGES = 6  # times that each page is asked for in a round

Figures = dict[str, dict[str, float]]


def main() -> None:
    """Prepare a database, then work until the input ends."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    work = Work(int(sys.argv[1]), pickle.loads(Path(sys.argv[2]).read_bytes()))
    for _ in sys.stdin:
        print(json.dumps(work.round()), flush=True)


class Work:
    """The work of a round, always on the same requests as the other side's."""

    def __init__(self, requests: int, captures: list[bytes]) -> None:
        from django.conf import settings
        from django.db import connection
        from django.test import Client

        from benchmarks.payloads import Traffic
        from projects.auth import create_key
        from projects.models import Membership, Organization, Project, Role, User
        from tracing.store import dirty

        settings.ALLOWED_HOSTS.append("testserver")
        dirty.marked.receivers.clear()  # there is no broker, and nobody to wake
        organization = Organization.objects.create(name="Regress")
        self.project = Project.objects.create(organization=organization, name="Regress")
        user = User.objects.create_user("regress@example.com", "correct horse battery")
        Membership.objects.create(organization=organization, user=user, role=Role.OWNER)
        self.key = create_key(self.project, name="regress")[1]
        self.exporter, self.client = Client(), Client()
        self.client.force_login(user)
        self.traffic = Traffic(seed=3, now=time.time_ns())
        self.requests, self.captures, self.rounds = requests, captures, 0
        connection.ensure_connection()
        self.backend = connection.connection.info.backend_pid

    def round(self) -> Figures:
        """Return the CPU in milliseconds by work and process, of ingestion and the index for 1,000 spans."""
        from sessions.rollup.recomputing import drain
        from sessions.search.index import index_waiting

        figures: Figures = {}
        large, small = self.traffic.requests(self.requests, SPANS), self.traffic.small_requests(SMALL_REQUESTS)
        spans = self.requests * SPANS / 1000
        with self.measured(figures, "ingest 512-span requests, 1,000 spans", spans):
            for request in large:
                self.take(request.body)
        with self.measured(figures, "recompute sessions, 1,000 spans", spans):
            drain(self.project.pk)
        sent, count = self.captured()
        with self.measured(figures, "ingest requests of libraries, 1,000 spans", count / 1000):
            for body in sent:
                self.take(body)
        drain(self.project.pk)
        for request in small:
            with self.measured(figures, "ingest 1 to 5 spans, one request", SMALL_REQUESTS):
                self.take(request.body)
            with self.measured(figures, "recompute after each of these, one request", SMALL_REQUESTS):
                drain(self.project.pk)
        with self.measured(figures, "index for search, 1,000 spans", spans):
            index_waiting(self.project.pk, waited=timedelta())
        for name, address in self.pages().items():
            self.client.get(address)  # not for the first time
            with self.measured(figures, name, PAGES):
                for _ in range(PAGES):
                    assert self.client.get(address).status_code == 200, address
        return figures

    def captured(self) -> tuple[list[bytes], int]:
        """Return requests that libraries sent, as traces that are new in each round, and their number of spans."""
        self.rounds += 1
        bodies, count = [], 0
        for body in self.captures:
            request = ExportTraceServiceRequest.FromString(body)
            for span in (one for all_ in request.resource_spans for scope in all_.scope_spans for one in scope.spans):
                span.trace_id = hashlib.blake2b(span.trace_id, digest_size=16, salt=str(self.rounds).encode()).digest()
                count += 1
            bodies.append(gzip.compress(request.SerializeToString()))
        return bodies, count

    def take(self, body: bytes) -> None:
        """Send a request as an exporter does, without a network."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Encoding": "gzip"}
        answer = self.exporter.post("/v1/traces", body, content_type="application/x-protobuf", headers=headers)
        assert answer.status_code == 200, answer.content

    def pages(self) -> dict[str, str]:
        """Return addresses by name. The session is the longest so far, on both sides the same."""
        from sessions.models import Session

        longest = Session.objects.for_project(self.project.pk).order_by("-trace_count", "session_id").first()
        assert longest is not None
        base = f"/project/{self.project.pk}"
        return {
            "page: list": f"{base}/sessions",
            "page: session": f"{base}/sessions/{longest.session_id}",
            "page: dashboard": f"{base}/dashboard",
        }

    @contextmanager
    def measured(self, figures: Figures, name: str, per: float) -> Iterator[None]:
        """Add the CPU of the block to the figures of this name."""
        from benchmarks.machine import backend_ms

        python, postgres = time.process_time(), backend_ms(self.backend)
        yield
        taken = figures.setdefault(name, {"python": 0.0, "postgres": 0.0})
        taken["python"] += (time.process_time() - python) * 1000 / per
        taken["postgres"] += (backend_ms(self.backend) - postgres) / per


if __name__ == "__main__":
    main()
