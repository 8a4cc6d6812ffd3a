"""The documentation inside the product: whole, searchable, without signing in, and with examples that work."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from sessions.documentation.articles import article_of
from sessions.documentation.contents import GROUPS, UNGROUPED, find_article, read_groups
from sessions.documentation.finding import search_docs
from sessions.documentation.requests import javascript, parsed, python
from sessions.models import Session
from sessions.navigation import HELP, PROJECT_PAGES, help_address
from sessions.query.compiling import compiled
from tests.conversations import tell
from tracing.reading.explained import EXPLANATIONS
from tracing.reading.issues_reference import issues_document

ARTICLES = [article for group in read_groups() for article in group.articles]
HREF = re.compile(r'href="([^"]*)"')
ID = re.compile(r'\bid="([^"]*)"')
COMMANDS = [block.tabs[0].code for article in ARTICLES for block in article.blocks if block.tabs]
SECRET = "sk-of-the-test"


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_every_file_is_a_page_in_a_group_and_every_group_names_files() -> None:
    names = {path.stem for path in (settings.BASE_DIR / "docs").glob("*.md")}

    assert {article.name for article in ARTICLES} == names
    assert {name for group in GROUPS.values() for name in group} <= names
    assert [group.title for group in read_groups() if group.title == UNGROUPED] in ([], [UNGROUPED])


@pytest.mark.parametrize("name", [article.name for article in ARTICLES])
def test_every_link_of_a_page_leads_somewhere(client: Client, db: None, name: str) -> None:
    html = page(client, f"/docs/{name}")
    own = set(ID.findall(html))
    for address in {unescape(found) for found in HREF.findall(html)}:
        path, _, anchor = address.partition("#")
        if path.startswith(("http", "mailto", "/assets/", "/static/", "/sign-in")):
            continue
        if path in ("", f"/docs/{name}"):
            assert not anchor or anchor in own, address
        elif path.startswith("/docs/"):
            other = find_article(path.removeprefix("/docs/").partition("?")[0])
            assert other is not None, address
            assert not anchor or anchor in {heading.anchor for heading in other.headings}, address
        else:
            assert client.get(path).status_code in (200, 302), address


def test_pages_of_the_product_have_help_that_exists() -> None:
    listed = {listed.route for listed in PROJECT_PAGES}
    assert listed - set(HELP) == set(), "say in HELP what the documentation says about these"
    for route in HELP:
        page_name, _, anchor = help_address(route).removeprefix("/docs/").partition("#")
        article = find_article(page_name)
        assert article is not None, route
        assert not anchor or anchor in {heading.anchor for heading in article.headings}, route


def test_help_is_on_every_page_of_a_project(client: Client, alice: User, project: Project) -> None:
    client.force_login(alice)
    for listed in PROJECT_PAGES:
        html = page(client, listed.address(project))
        path, _, anchor = help_address(listed.route).partition("#")
        expected = f"{path}?project={project.pk}{'#' if anchor else ''}{anchor}"
        assert f'class="iconbtn help" href="{expected}"' in html, listed.route


@pytest.mark.django_db
@pytest.mark.parametrize("route", ["sign-in", "account_signup", "account_reset_password"])
def test_help_is_on_pages_for_those_who_are_not_signed_in(client: Client, route: str) -> None:
    assert f'class="iconbtn help" href="{help_address(route)}"' in page(client, reverse(route))


def test_every_reason_of_an_issue_is_explained_where_its_link_leads() -> None:
    article = find_article("issues")
    assert article is not None
    assert {explanation.anchor for explanation in EXPLANATIONS.values()} <= {h.anchor for h in article.headings}
    assert (settings.BASE_DIR / "docs" / "issues.md").read_text() == issues_document(), "run manage.py issues_doc"


def examples() -> list[str]:
    """Return every query that a page offers to try."""
    found = [block.text for article in ARTICLES for block in article.blocks if block.template == "docs/_query.html"]
    for article in ARTICLES:
        for block in article.blocks:
            found += [unquote(unescape(q)) for q in re.findall(r'class="try" href="\?q=([^"]*)"', block.html)]
    return found


def test_every_query_that_can_be_tried_is_one(project: Project) -> None:
    assert len(examples()) > 15
    for text in examples():
        list(Session.objects.for_project(project).filter(compiled(text, project.pk).condition)[:1])


def test_queries_can_be_tried_in_a_project_that_the_reader_may_open(
    client: Client, alice: User, project: Project, other_project: Project
) -> None:
    assert "Try it" not in page(client, "/docs/query")
    client.force_login(alice)

    html = page(client, "/docs/query")
    tried = next(unescape(href) for href in HREF.findall(html) if "score.helpfulness" in unquote(href))
    foreign = page(client, f"/docs/query?project={other_project.pk}")

    assert urlsplit(tried).path == reverse("sessions", args=[project.pk])
    assert parse_qs(urlsplit(tried).query)["q"][0].startswith("cost > 0.5 tag:vip")
    assert f"/project/{other_project.pk}" not in foreign
    assert other_project.name not in foreign


@pytest.mark.parametrize("asked", ["x", "-1", "9" * 40, "²", ""])
def test_no_project_is_no_error(client: Client, alice: User, asked: str) -> None:
    client.force_login(alice)

    assert "Invalid queries" in page(client, f"/docs/query?project={asked}")


def test_the_search_finds_sections_by_all_words_and_marks_them(client: Client, db: None) -> None:
    html = page(client, "/docs?q=unknown cost")
    assert "<mark>" in html
    assert "/docs/numbers#" in html
    assert "No results for “zebrafish”" in page(client, "/docs?q=zebrafish")
    hits = search_docs(read_groups(), "idempotent facets")
    assert hits == []
    assert search_docs(read_groups(), "query language")[0].article.name == "query"


def test_the_search_escapes_what_was_sought(client: Client, db: None) -> None:
    html = page(client, "/docs?q=<script>alert(1)</script>")

    assert "<script>alert" not in html


def test_hits_arrive_without_a_page_around_them(client: Client, db: None) -> None:
    html = client.get("/docs?q=retention", headers={"HX-Request": "true"}).content.decode()

    assert "docs-hits" in html
    assert "<html" not in html


def test_there_is_no_way_out_of_the_folder(client: Client, db: None) -> None:
    for name in ("..%2fREADME", "README", "images", "%2e%2e/README"):
        assert client.get(f"/docs/{name}").status_code == 404, name


def test_headings_have_the_anchors_that_github_gives_them() -> None:
    article = article_of(
        "x", "# Title\n\nLead.\n\n## Whole or not at all\n\n## `GET /x` & more\n\n## More\n\n## More\n"
    )

    anchors = [heading.anchor for heading in article.headings]
    assert anchors == ["whole-or-not-at-all", "get-x--more", "more", "more-1"]


class Recorder(BaseHTTPRequestHandler):
    """Remembers each request, and answers with an empty object."""

    seen: list[tuple[str, str, str | None, str | None, str]] = []

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = self.headers.get("Authorization"), self.headers.get("Content-Type") if body else None
        self.seen.append((self.command, self.path, *headers, body))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = do_PATCH = do_DELETE = answer

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def recorder() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_request_in_python_is_the_request_of_curl(recorder: str) -> None:
    """Every example of the pages: what the program sends is what the command says."""
    assert len(COMMANDS) > 5
    program = "\n".join(python(parsed(command)) for command in COMMANDS)
    variables = {"CONFAB_URL": recorder, "CONFAB_SECRET_KEY": SECRET, "TRACE_ID": "5f0c"}
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **variables}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    for command, (method, path, authorization, content_type, body) in zip(COMMANDS, Recorder.seen, strict=True):
        example = parsed(command)
        assert path == example.url.replace("$CONFAB_URL", "").replace("$TRACE_ID", "5f0c")
        assert (method, authorization, body) == (example.method, f"Bearer {SECRET}", example.body)
        assert content_type == example.headers.get("Content-Type")


def test_a_request_in_javascript_has_the_same_parts() -> None:
    example = parsed(
        'curl -X PATCH -H "Authorization: Bearer $CONFAB_SECRET_KEY" -d \'{"a": 1}\' "$CONFAB_URL/api/v1/x"'
    )

    code = javascript(example)

    assert "fetch(`${process.env.CONFAB_URL}/api/v1/x`" in code
    assert 'method: "PATCH"' in code
    assert '"Authorization": `Bearer ${process.env.CONFAB_SECRET_KEY}`' in code
    assert json.loads(re.search(r"body: `(.*)`", code)[1]) == {"a": 1}  # type: ignore[index]


def test_links_between_pages_say_titles_instead_of_files(client: Client, db: None) -> None:
    html = page(client, "/docs/api")

    assert '<a href="/docs/sessions">Session properties</a>' in html
    assert ".md</a>" not in html


def test_the_contents_show_the_first_sentence_of_each_page_whole(client: Client, db: None) -> None:
    page = client.get("/docs").content.decode()

    assert (
        "Every session has a page with a permanent link: /project/&lt;project&gt;/sessions/&lt;session id&gt;." in page
    )
    assert "…" not in page.partition("<main")[2]


def test_what_needs_an_explanation_leads_to_it(client: Client, alice: User, project: Project) -> None:
    client.force_login(alice)
    tell(project, "ticket-1")
    query = f"?project={project.pk}"

    faulty = page(client, reverse("sessions", args=[project.pk]) + "?q=nothing:such")
    counted = page(client, reverse("session", args=[project.pk, "ticket-1"]) + "?account")

    assert f"/docs/query{query}" in faulty
    assert f"/docs/numbers{query}" in counted
    assert f"/docs/api{query}" in page(client, reverse("project-keys", args=[project.pk]))
    assert f"/docs/limits{query}" in page(client, reverse("project-settings", args=[project.pk]))
    assert f"/docs/annotation{query}#score-configs" in page(client, reverse("project-scores", args=[project.pk]))
