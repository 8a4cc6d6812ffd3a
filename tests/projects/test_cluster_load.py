"""A cluster while traces arrive: a node is lost, and a project moves. Whatever was acknowledged is there afterwards."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from django.core.management import call_command

from projects.auth import create_key
from projects.cluster.moving import placements
from projects.cluster.nodes import nodes
from projects.models import Organization, Project
from sessions.models import Session
from sessions.rollup.tasks import recompute_dirty
from tests.cluster import away, on_a_cluster
from tests.config.exporting import eventually
from tests.tracing import otlp
from tests.tracing.servers import Web, web_server
from tracing.models import Trace

PATH = "/v1/traces"
TRACES_PER_PROJECT = 10**6
PAUSE_SECONDS = 0.02
BETWEEN = "between"  # two phases: a request that began in one and was answered in the next


class Writer(threading.Thread):
    """Sends one trace after another to a project, and remembers what was answered in which phase of the test."""

    def __init__(self, web: Web, project: Project) -> None:
        super().__init__()
        self.web, self.project, self.secret = web, project, create_key(project)[1]
        self.taken: list[str] = []
        self.phase = "before"
        self.answers: Counter[tuple[str, int]] = Counter()
        self.is_over = threading.Event()

    def run(self) -> None:
        number = self.project.pk * TRACES_PER_PROJECT
        while not self.is_over.wait(PAUSE_SECONDS):
            number, phase = number + 1, self.phase
            body = otlp.body(otlp.span("turn", trace=number, session__id="s", input__value="Where is my order?"))
            answer = self.web.post(PATH, body, Authorization=f"Bearer {self.secret}", Content_Type=otlp.PROTOBUF)
            if answer.status == 200:
                self.taken.append(number.to_bytes(16, "big").hex())
            self.answers[phase if phase == self.phase else BETWEEN, answer.status] += 1


Writers = dict[int, Writer]  # by project


@pytest.fixture
def writers(transactional_db: None) -> Iterator[Writers]:
    organization = Organization.objects.create(name="Acme")
    made = [Project.objects.create(organization=organization, name=f"{n}") for n in range(12)]
    projects = {project.pk: project for project in made}
    on_nodes: dict[str, list[Project]] = {}
    for place in placements(*projects):
        on_nodes.setdefault(place.node, []).append(projects[place.project_id])
    assert len(on_nodes) > 1
    with web_server(CONFAB_REQUESTS_PER_SECOND="0") as web:
        found = {one.pk: Writer(web, one) for theirs in on_nodes.values() for one in theirs[:3]}
        for writer in found.values():
            writer.start()
        try:
            assert_eventually(found, lambda writer: writer.answers["before", 200] > 3)
            yield found
        finally:
            end(found)


def end(writers: Writers) -> None:
    for writer in writers.values():
        writer.is_over.set()
    for writer in writers.values():
        writer.join()


def begin(phase: str, writers: Writers) -> None:
    for writer in writers.values():
        writer.phase = phase


def statuses(writers: Writers, phase: str) -> set[int]:
    return {status for writer in writers.values() for told, status in writer.answers if told == phase}


def assert_eventually(writers: Writers, condition: Callable[[Writer], bool]) -> None:
    assert eventually(lambda: all(map(condition, writers.values())), 60), [one.answers for one in writers.values()]


def assert_nothing_is_lost(writers: Writers) -> None:
    end(writers)
    for project_id, writer in writers.items():
        there = set(Trace.objects.filter(project_id=project_id).values_list("trace_id", flat=True))
        assert set(writer.taken) <= there
        recompute_dirty(project_id)
        assert Session.objects.for_project(writer.project).get().trace_count == len(there)


@on_a_cluster
def test_a_lost_node_stops_its_own_projects_and_loses_nothing_acknowledged(writers: Writers) -> None:
    lost = nodes()[-1]
    theirs = {
        place.project_id: writers[place.project_id] for place in placements(*writers) if place.node == lost.address
    }
    others = {project_id: writer for project_id, writer in writers.items() if project_id not in theirs}
    with away(lost):
        begin("away", writers)
        assert_eventually(others, lambda writer: writer.answers["away", 200] > 3)
        assert_eventually(theirs, lambda writer: writer.answers["away", 503] > 3)
        begin(BETWEEN, writers)
    begin("back", writers)
    assert_eventually(writers, lambda writer: writer.answers["back", 200] > 3)

    assert_nothing_is_lost(writers)
    assert statuses(others, "away") == {200}
    assert statuses(theirs, "away") == {503}


@on_a_cluster
def test_a_project_moves_while_its_traces_arrive(writers: Writers) -> None:
    [here] = placements(min(writers))
    there = next(node.address for node in nodes() if node.address != here.node)
    begin("moving", writers)
    call_command("tenants", "move", str(here.project_id), there, "--mode", "online", stdout=StringIO())
    begin("moved", writers)
    assert_eventually(writers, lambda writer: writer.answers["moved", 200] > 3)

    assert_nothing_is_lost(writers)
    assert placements(here.project_id)[0].node == there
    assert all(writer.answers["moving", 200] for writer in writers.values())
    assert statuses(writers, "moving") <= {200, 503}
