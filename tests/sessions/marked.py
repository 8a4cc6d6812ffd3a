"""A person's id and words, brought in by every route that stores text, and looked for wherever something is kept."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import redis
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from projects.models import Project
from sessions.annotation.configs import load_configs
from sessions.models import Board, Cohort, Comment, ReviewItem, ReviewQueue, SavedView
from sessions.rollup.tasks import recompute_dirty
from sessions.search.index import index_waiting
from tests.conftest import Key
from tests.tracing.reports import at as moment
from tests.tracing.reports import call, in_session, span
from tracing import zstd
from tracing.ingest.pipeline import ingest
from tracing.models import Score
from tracing.records import Claims, Kind, ScoreRecord, TraceRecord

PERSON = "zzperson@example.org"
WORDS = "zzwords"
SAID = f"Olá! O meu pedido {WORDS} ainda não chegou."  # which an engine translates
MARKS = (PERSON, WORDS)
QUERY = urlencode({"user_ids": PERSON, "q": f"refund user:{PERSON}"})


def send(project: Project) -> None:
    """What SDKs report: in names, texts, claims, metadata, tags, scores, and in what is cut, which is quoted."""
    claims = in_session(
        "s1", user_id=PERSON, metadata={"said": WORDS}, tags=[WORDS], release=WORDS, version=WORDS, name=WORDS
    )
    ingest(
        project.pk,
        [
            span("t1", "root", name=WORDS, input=SAID, output=SAID, claims=claims),
            call("t1", "a", "root", name=WORDS, model=WORDS, input=f"{WORDS} prompt", raw={"attributes": {"x": WORDS}}),
            span("t1", "tool", "root", name=WORDS, kind=Kind.TOOL, status_message=WORDS),
            span("t2", "root", name=WORDS * 300, claims=in_session("s1", user_id=PERSON)),
            TraceRecord("t2", Claims(input=WORDS, output=WORDS, metadata={"title": WORDS}), started_at=moment(0)),
            ScoreRecord(
                "api-score", WORDS, "TEXT", string_value=WORDS, comment=WORDS, trace_id="t1", metadata={"x": WORDS}
            ),
        ],
    )
    recompute_dirty(project.pk)
    index_waiting(project.pk, waited=timedelta())


class People:
    """What a member does on the pages of the project, and a program by its API."""

    def __init__(self, project: Project, client: Client, key: Key) -> None:
        self.project, self.client, self.key = project, client, key

    def post(self, route: str, /, *args: object, at: str = "", **form: object) -> None:
        path = reverse(route, args=[self.project.pk, *args]) + at
        answer = self.client.post(path, form)
        assert answer.status_code in (200, 302), (route, answer.status_code, answer.content[:500])

    def get(self, name: str, *args: object, query: str = "") -> None:
        answer = self.client.get(reverse(name, args=[self.project.pk, *args]) + query)
        assert answer.status_code == 200, (name, answer.status_code)
        if answer.streaming:
            b"".join(answer.streaming_content)  # type: ignore[attr-defined]

    def ask(self, method: str, path: str, body: object = None, **more: str) -> Any:
        headers = {"Authorization": self.key.basic, **more}
        answer = self.client.generic(method, path, json.dumps(body), "application/json", headers=headers)
        assert answer.status_code in (200, 201, 202), (path, answer.status_code, answer.content[:500])
        return json.loads(answer.content) if answer["Content-Type"].rpartition("/")[2] == "json" else answer

    def annotate(self) -> None:
        self.post("project-scores", name="asked", data_type="TEXT")
        self.post("project-scores", name="mood", data_type="CATEGORICAL", categories="good\nbad")
        config = next(config for config in load_configs(self.project) if config.name == "asked")
        self.post("project-score", config.id, name="asked", data_type="TEXT", description="again")
        self.post("annotate", "trace", "t1", **{f"score-{config.id}": WORDS, f"why-{config.id}": WORDS})
        self.post("annotate", "session", "s1", **{f"score-{config.id}": WORDS})
        self.post("annotate", "trace", "t1", correction=f"{WORDS} corrected")
        given = Score.objects.for_project(self.project).filter(config_id=config.id, trace_id="t1").get()
        self.post("score-change", given.id, **{f"score-{config.id}": f"{WORDS} changed"})
        self.post("annotate", "span", "a", at="?trace=t1", **{f"score-{config.id}": WORDS})
        on_span = Score.objects.for_project(self.project).get(span_id="a", config_id=config.id)
        self.post("score-delete", on_span.id)
        for kind, key in (("session", "s1"), ("trace", "t1"), ("trace", "t2")):
            self.post("comment-new", kind, key, content=f"{WORDS} comment")
        first, second = Comment.objects.for_project(self.project).order_by("created_at")[:2]
        self.post("comment-change", first.id, "edit", content=f"{WORDS} edited")
        self.post("comment-change", first.id, "resolve")
        self.post("comment-change", second.id, "delete")
        self.post("session-state", "s1", title=WORDS, note=f"{WORDS} note")
        self.post("session-state", "s1", bookmark="1")

    def program(self) -> None:
        self.ask("POST", "/api/public/comments", self._comment(objectType="OBSERVATION", objectId="a"))
        comment = {"object_type": "TRACE", "object_id": "t1", "content": WORDS, "author": PERSON}
        self.ask("POST", "/api/v1/comments", comment, **{"Idempotency-Key": "once"})
        self.ask(
            "POST", "/api/public/scores", {"id": "x", "name": "n", "value": WORDS, "dataType": "TEXT", "traceId": "t1"}
        )
        self.ask("POST", "/api/public/scores", {"id": "y", "name": "n", "value": 1, "traceId": "t1", "comment": WORDS})
        self.ask("DELETE", "/api/public/scores/y")
        self.ask("GET", f"/api/v1/export?format=jsonl&user_ids={PERSON}")
        content = f"{WORDS} file".encode()
        digest = b64encode(sha256(content).digest()).decode()
        file = {"traceId": "t1", "contentType": "text/plain", "contentLength": len(content), "sha256Hash": digest}
        address = self.ask("POST", "/api/public/media", file)["uploadUrl"]
        assert self.client.put(address, content, content_type="text/plain").status_code == 200

    def agent(self) -> None:
        asked = {"name": "search_sessions", "arguments": {"q": f"user:{PERSON}"}}
        self.ask(
            "POST",
            "/mcp",
            {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked},
            Accept="application/json",
        )

    def _comment(self, **target: str) -> dict[str, str]:
        return {"projectId": str(self.project.pk), "content": WORDS, "authorUserId": PERSON, **target}

    def collect(self) -> None:
        """Views, cohorts, queues, jobs and exports, whose filters name the person."""
        self.post("view-new", name=f"of {PERSON}", is_shared="on", query=f"?{QUERY}")
        view = SavedView.objects.for_project(self.project).get()
        self.post("view-change", view.id, query=f"?{QUERY}")
        self.post("view-default", project=str(view.id))
        self.post("view-new", name="to delete", query=f"?{QUERY}")
        self.post("view-delete", SavedView.objects.for_project(self.project).get(name="to delete").id)
        for name in ("first", "second"):
            self.post("cohorts", name=f"{name} {PERSON}", description=f"about {PERSON}", query=f"?user_ids={PERSON}")
        first, second = Cohort.objects.for_project(self.project).order_by("name")
        self.post("cohort-change", first.id, name=f"first of {PERSON}", description=f"about {PERSON}")
        self.post("cohort-delete", second.id)
        self.post("review-new", name=f"queue of {PERSON}", description=PERSON, reviewers_per_item=1)
        self.post("review-new", name="to delete", reviewers_per_item=1)
        queue = ReviewQueue.objects.for_project(self.project).exclude(name="to delete").get()
        self.post("review-delete", ReviewQueue.objects.for_project(self.project).get(name="to delete").id)
        self.post("review-change", queue.id, name=f"queue of {PERSON}", description=PERSON, reviewers_per_item=2)
        self.post("review-fill", queue.id, filter=f"?user_ids={PERSON}")
        assert ReviewItem.objects.for_project(self.project).exists()
        self.get("review-results", queue.id, "csv")
        self.post("bulk-new", action="bookmark", all="on", query=f"?user_ids={PERSON}")
        self.post("bulk-new", action="bookmark", session="s1")
        self.get("export", query=f"?format=csv&user_ids={PERSON}&q={WORDS}")
        self.get("export-session", "s1", query="?format=markdown")
        self.get("dashboard")
        self.post("board-new", name=f"board of {PERSON}")
        board = Board.objects.for_project(self.project).get()
        self.post("board-change", board.id, q=f"user:{PERSON}")
        self.post("tile-save", board.id, chart="number", measure="sessions", title=f"of {PERSON}", q=f"user:{PERSON}")
        self.get("board", board.id)


def found() -> list[str]:
    """Where a mark stands: tables by name, files by path, keys of Valkey."""
    return sorted({*_tables(), *_files(), *_keys()})


def _tables() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind = 'r'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT * FROM "{table}" /* every project */')
            columns = [column.name for column in cursor.description or ()]
            for row in cursor.fetchall():
                yield from (f"{table}.{name}" for name, value in zip(columns, row, strict=True) if _is_marked(value))


def _is_marked(value: object) -> bool:
    if isinstance(value, bytes | memoryview):
        data = bytes(value)
        value = zstd.decompress(data) if data.startswith(b"\x28\xb5\x2f\xfd") else data
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return any(mark in text.lower() for mark in MARKS)


def _files() -> Iterator[str]:
    files = (path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())
    yield from (str(path) for path in files if _is_marked(path.read_bytes()))


def _keys() -> Iterator[str]:
    with redis.Redis.from_url(str(settings.CACHES["default"]["LOCATION"])) as client:
        for key in client.scan_iter():
            if _is_marked(key) or (client.type(key) == b"string" and _is_marked(client.get(key) or b"")):
                yield key.decode()
