"""Every mark that says how many sessions it stands for leads to a list of exactly so many, whatever draws it."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from sessions.listing.listing import Listing
from sessions.models import Session
from tests.sessions.test_dashboard import rows

__all__ = ["rows"]
pytestmark = pytest.mark.django_db

LINK = re.compile(r'<a href="[^"]*/sessions(\?[^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)


def _sum(*labels: str) -> Callable[[str], int]:
    """Add what a bucket says of its series; one without a bar says none."""
    return lambda words: sum(
        int(number.replace(",", "")) for label in labels for number in re.findall(rf"\b{label} ([\d,]+)", words)
    )


def _first(words: str) -> int:
    return int(re.findall(r"([\d,]+) session", words)[0].replace(",", ""))


KINDS: dict[str, tuple[str, Callable[[str], int]]] = {
    "stacked bars": (r"^\w+ \d+ \w+(?: \d\d:\d\d)?: Without errors", _sum("Without errors", "With errors")),
    "hours of the week": (r"^\w+day \d+:00: \d+ sessions?$", _first),
    "shares": (r"^[^:]+: \d+ sessions?, \d+%$", _first),
    "distribution": (r" to (?:below )?[\d.]+: Sessions [\d,]+$", _sum("Sessions")),
    "frequent values": (r"^[\w.-]+ [\d,]+(?: \d+%)?$", lambda words: int(words.split()[1].replace(",", ""))),
}


def marks_of(page: str) -> Iterator[tuple[str, str, int]]:
    """Yield the kind, the query and the number of sessions of each mark that states one."""
    for query, attributes, inside in LINK.findall(page):
        label = re.findall(r'aria-label="([^"]*)"', attributes)
        words = unescape(label[0]) if label else " ".join(re.sub(r"<[^>]*>", " ", inside).split())
        for kind, (pattern, number) in KINDS.items():
            if re.search(pattern, words):
                yield kind, unescape(query), number(words)


def test_the_number_at_a_mark_is_that_of_the_list_behind_it(
    client: Client, alice: User, project: Project, rows: list[Session]
) -> None:
    client.force_login(alice)
    seen: Counter[str] = Counter()
    for query in ("", "tag:even"):
        asked = {"details": "on", "range": "30d", "q": query}
        page = client.get(reverse("dashboard", args=[project.pk]), asked).content.decode()
        for kind, address, number in marks_of(page):
            found = Listing(project, QueryDict(address[1:]))
            assert not found.errors, address
            assert found.count.number == number, (kind, address)
            seen[kind] += 1

    assert {kind for kind, times in seen.items() if times >= 2} == set(KINDS), seen


def test_a_tile_leads_to_what_it_counts(client: Client, alice: User, project: Project, rows: list[Session]) -> None:
    client.force_login(alice)
    page = client.get(reverse("dashboard", args=[project.pk]), {"range": "90d"}).content.decode()
    behind = {
        name: Listing(project, QueryDict(unescape(query)[1:])).count.number
        for query, name in re.findall(
            r'<a class="stat" href="[^"]*/sessions(\?[^"]*)"[^>]*data-measure="([^"]*)"', page
        )
    }

    failed = Session.objects.for_project(project).filter(error_count__gt=0).count()
    assert behind["sessions"] == behind["cost"] == behind["tokens"] == len(rows)
    assert behind["error-rate"] == failed > 0
    assert 0 <= behind["call-p95"] < behind["call-median"] < len(rows)
