"""Words that are everywhere: a list looks into the newest turns that have them, says so, and leads further back."""

import re

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from sessions.listing import listing as listing_module
from sessions.listing.listing import Listing
from sessions.listing.summary import strip
from sessions.models import Session, TraceText
from sessions.search.index import flush, index
from sessions.search.matching import Term, matching
from sessions.search.reach import Reach, reach_of
from tests.conftest import Key
from tests.conversations import tell
from tests.tracing.reports import at

PHRASE = '"please check"'
DAY = 86_400


@pytest.fixture
def everywhere(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Six sessions say the words, one a day, s5 last; s0, s3 and s5 say them as a phrase."""
    for name in ("MOST_READ", "MOST_RANKED", "MAX_SESSIONS_READ_WHOLE"):
        monkeypatch.setattr(f"sessions.search.reach.{name}", 3)
    for number in range(6):
        said = "please check this" if number in (0, 3, 5) else "check this, please"
        index(project.pk, tell(project, f"s{number}", ((said, "Yes."),), user_id=f"user-{number}"))
        moment, its = at(DAY * (number - 6)), {"session_id": f"s{number}"}
        TraceText.objects.for_project(project).filter(**its).update(started_at=moment)
        Session.objects.for_project(project).filter(**its).update(created_at=moment, updated_at=moment)
    for table in ("trace_text", "session"):
        connection.cursor().execute(f"ANALYZE {table}")
    return project


def listed(project: Project, query: str) -> Listing:
    found = Listing(project, QueryDict(query))
    assert not found.errors
    return found


def ids(found: Listing) -> list[str]:
    return [row.session_id for row in found.rows]


def test_a_phrase_of_common_words_is_looked_for_in_the_newest_turns_that_have_them(everywhere: Project) -> None:
    found = listed(everywhere, f"q={PHRASE}")

    assert ids(found) == ["s5", "s3"]
    assert found.since == at(-4 * DAY)
    assert found.count is None  # there may be more
    assert str(strip(found).count) == "2+"


def test_the_page_says_how_far_it_looked_and_leads_further_back(
    everywhere: Project, client: Client, alice: User
) -> None:
    client.force_login(alice)
    address = reverse("sessions", args=[everywhere.pk])

    page = client.get(address, {"q": PHRASE}).content.decode()
    assert "only the newest were searched" in page
    further = re.findall(r'<a href="[^"?]*(\?[^"]+)">Search further back', page)[0].replace("&amp;", "&")
    assert ids(listed(everywhere, further[1:])) == ["s0"]
    older = client.get(address + further).content.decode()
    assert "s0" in older
    assert "Search further back" not in older

    nothing = client.get(address, {"q": '"this please check"'}).content.decode()
    assert "No session found so far" in nothing
    assert "Search further back" in nothing
    assert "Search tool calls too" in nothing


def test_the_time_of_a_list_bounds_where_it_goes_on(everywhere: Project, client: Client, alice: User) -> None:
    client.force_login(alice)
    begin, inside = at(-6 * DAY - 60).isoformat(), at(-3 * DAY).isoformat()

    def page(start: str) -> str:
        return client.get(reverse("sessions", args=[everywhere.pk]), {"q": PHRASE, "from": start}).content.decode()

    assert f"from={begin.replace(':', '%3A').replace('+', '%2B')}" in page(begin)
    assert "Search further back" not in page(inside)


def test_when_few_sessions_are_left_all_of_their_turns_are_looked_into(everywhere: Project) -> None:
    found = listed(everywhere, f"q={PHRASE} user:user-0")

    assert ids(found) == ["s0"]
    assert found.since is None


def test_a_word_alone_is_ranked_within_the_newest_turns_and_listed_from_all(everywhere: Project) -> None:
    assert len(ids(listed(everywhere, "q=please"))) == 6
    best = listed(everywhere, "q=please&sort=relevance")

    assert set(ids(best)) == {"s2", "s3", "s4", "s5"}
    assert best.since == at(-4 * DAY)


def test_sessions_that_say_a_phrase_anywhere_are_left_out(everywhere: Project) -> None:
    index(everywhere.pk, tell(everywhere, "s4", (("nothing", "new"), ("please check it", "Yes."))))

    assert ids(listed(everywhere, f"q=please -{PHRASE}")) == ["s2", "s1"]
    assert set(ids(listed(everywhere, f"q=please -{PHRASE} -user:user-1&sort=relevance"))) == {"s2"}


def test_rare_words_are_looked_for_in_all_of_time(everywhere: Project) -> None:
    reach = reach_of(
        everywhere,
        [Term("check zanzibar", is_phrase=True)],
        Session.objects.for_project(everywhere),
        is_ranked=True,
        until=None,
    )

    assert reach.since is None


def test_when_the_words_are_more_common_than_was_thought_the_newest_turns_answer(
    everywhere: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = TraceText.objects.for_project(everywhere).extra(where=["pg_sleep(1) IS NOT NULL"])
    monkeypatch.setattr(listing_module, "FILTERED_LIST_TIMEOUT_MS", 100)
    monkeypatch.setattr(listing_module, "reach_of", lambda *_, **__: Reach(slow))

    found = listed(everywhere, f"q={PHRASE}")

    assert ids(found) == ["s5", "s3"]
    assert not found.is_too_wide
    assert found.since == at(-4 * DAY)


def test_a_search_that_cannot_be_answered_offers_less_time_and_the_deep_search(
    everywhere: Project, client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Session.objects.for_project(everywhere).extra(where=["pg_sleep(1) IS NOT NULL"])
    monkeypatch.setattr(listing_module, "FILTERED_LIST_TIMEOUT_MS", 50)
    monkeypatch.setattr(Listing, "shown", slow)
    client.force_login(alice)

    page = client.get(reverse("sessions", args=[everywhere.pk]), {"q": PHRASE}).content.decode()

    assert "takes too long" in page
    assert "range=7d" in page
    assert f"{reverse('scan', args=[everywhere.pk])}?find=%22please+check%22" in page


def test_programs_are_told_how_far_the_list_looked(everywhere: Project, client: Client, key: Key) -> None:
    def asked(query: str) -> dict[str, object]:
        answer: dict[str, object] = client.get(f"/api/v1/sessions?{query}", headers={"Authorization": key.basic}).json()
        return answer

    assert str(asked(f"q={PHRASE}")["searched_back_to"]) == at(-4 * DAY).isoformat().replace("+00:00", "Z")
    assert "searched_back_to" not in asked("q=please")


def test_the_newest_turns_with_words_are_found_by_both_indexes(project: Project) -> None:
    connection.cursor().execute(
        "INSERT INTO trace_text (project_id, trace_id, session_id, started_at, text, folded, tokens, text_hash, is_cut)"
        " SELECT %s, 't' || n, 's' || n, now() - n * interval '1 minute', '', 'please check', "
        " ('check please word' || n)::tsvector, n, false FROM generate_series(1, 30000) n",
        [project.pk],
    )
    flush()
    connection.cursor().execute("ANALYZE trace_text")
    terms = [Term("please check", is_phrase=True)]
    reach = reach_of(project, terms, Session.objects.for_project(project), is_ranked=False, until=None)
    assert reach.since is None  # no session: few are left
    plan = matching(project, terms, TraceText.objects.for_project(project).filter(started_at__gte=at(0))).explain()

    assert "trace_text_time" in plan
    assert "Seq Scan" not in plan
