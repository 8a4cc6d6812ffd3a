"""The page of end users: sums of the sessions that the filters let through, in every order."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from django.utils.http import urlencode
from pytest_django import DjangoAssertNumQueries

from projects.models import Project, Role, User
from sessions.cohorts.making import matching
from sessions.models import Erasure, Session, SessionScore
from sessions.users import profile, queries
from sessions.users.profile import UserProfile
from tests.sessions.rows import session
from tracing.ingest.pipeline import ingest
from tracing.records import ScoreRecord

BOUNDED = 4  # the statements that bound how long grouping may take
ODD_IDS = [
    "a/b//c/", "..", ".", "two words", "ann?x=1&y#z", "100%25", "佐藤/花子", "هدى سالم", "<script>alert(1)</script>",
    '"quoted\'', "u" * 200, "auth0|5f7c8ec7", "\u202egnp.exe", "+1 555", "user@example.com;drop table",
]  # fmt: skip


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def told(page: str) -> list[list[str]]:
    """The rows' cells as text: id, sessions, days, last seen, first seen, traces, tokens, cost, errors."""
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in re.split(r"</t[hd]>", row)][:9] for row in rows_in(page)]


def rows_in(page: str) -> list[str]:
    rows = re.findall(r"<tr>\s*<th scope=\"row\" class=\"first\">(.*?)</tr>", page, re.DOTALL)
    return [re.sub(r'<span class="avatar.*?</span>', "", row) for row in rows]


def test_a_user_is_the_sum_of_their_sessions(project: Project, other_project: Project, alices: Client) -> None:
    session(project, "a", minute=1, user_ids=["ann"], trace_count=2, total_tokens=10, total_cost=Decimal("0.5"))
    session(project, "b", minute=2, user_ids=["ann", "bo%b"], trace_count=3, total_tokens=5, error_count=1)
    session(project, "nobody", minute=3)
    session(other_project, "theirs", user_ids=["charlie"])
    address = f"/project/{project.pk}/users"

    page = alices.get(address).content.decode()
    assert [row[0] for row in told(page)] == ["bo%b", "ann"]  # at the same moment: by id, in the same direction
    ann = told(alices.get(address, {"by": "-cost"}).content.decode())[0]
    assert ann[0] == "ann"
    assert [ann[1], ann[5], ann[6]] == ["2", "5", "15"]
    assert [row[0] for row in told(alices.get(address, {"q": '"O%B"'}).content.decode())] == ["bo%b"]
    assert [row[0] for row in told(alices.get(address, {"error_count__lte": "0"}).content.decode())] == ["ann"]
    assert "No users match" in alices.get(address, {"q": "zoe"}).content.decode()
    assert 'data-label="sessions">2<' in page
    assert 'data-label="session">1<' in page
    assert "There is no such parameter" in alices.get(address, {"nonsense": "1"}).content.decode()
    assert f'href="/project/{project.pk}/user?id=ann"' in page


def test_users_come_page_by_page_and_a_page_costs_a_constant_number_of_queries(
    project: Project, alices: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        session(project, f"s{number}", minute=number, user_ids=[f"user-{number:02}"])
    address = f"/project/{project.pk}/users"

    with django_assert_num_queries(8 + BOUNDED):
        first = alices.get(address).content.decode()
    assert len(told(first)) == 50
    assert "60 users" in first
    rest = alices.get(address, {"after": "50"}, headers={"HX-Request": "true"}).content.decode()
    assert [row[0] for row in told(rest)] == [f"user-{number:02}" for number in range(9, -1, -1)]
    assert "<html" not in rest


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("an", ["joan", "ann"]),
        ("-jo", ["bob", "ann"]),
        ("n an", ["joan", "ann"]),
        ("cost > 1", ["joan", "bob"]),
        ("cost > 1 an", ["joan"]),
        ("(tag:vip OR cost > 5) -ann", ["bob"]),
        ("user:ann", ["ann"]),
    ],
)
def test_a_word_is_a_part_of_the_id_and_a_condition_is_one_of_the_sessions(
    project: Project, alices: Client, query: str, found: list[str]
) -> None:
    session(project, "a", minute=1, user_ids=["ann"], tags=["vip"], total_cost=Decimal(1))
    session(project, "b", minute=2, user_ids=["bob"], tags=["vip"], total_cost=Decimal(2))
    session(project, "c", minute=3, user_ids=["joan"], total_cost=Decimal(3))
    page = alices.get(f"/project/{project.pk}/users", {"q": query}).content.decode()

    assert [row[0] for row in told(page)] == found


@pytest.mark.parametrize("query", ["ann OR bob", "colour:red", "(ann", "-(ann bob)"])
def test_a_query_that_cannot_be_followed_is_shown_with_its_fault(project: Project, alices: Client, query: str) -> None:
    session(project, "a", user_ids=["ann"])
    page = alices.get(f"/project/{project.pk}/users", {"q": query}).content.decode()

    assert 'id="query-fault"' in page
    assert told(page) == []


def test_scores_and_languages_stand_beside_each_user(project: Project, alices: Client) -> None:
    texts = {"ann": "Onde está a minha encomenda? Devia ter chegado na semana passada.", "bob": "hm"}
    for number, (user_id, text) in enumerate(texts.items()):
        session(project, user_id, minute=number, user_ids=[user_id], first_input=text)
        for name, mean in (("clarity", 1 - number), ("quality", number)):
            SessionScore.objects.create(
                project_id=project.pk, session_id=user_id, count=1, name=name, mean=Decimal(mean)
            )
    session(project, "unscored", minute=5, user_ids=["zoe"])
    address = f"/project/{project.pk}/users"

    def cells(**params: str) -> list[list[str]]:
        page = alices.get(address, params).content.decode()
        return [[text_of(cell) for cell in re.split(r"</t[hd]>", row)][9:11] for row in rows_in(page)]

    assert cells(by="-score") == [["1", "Portuguese"], ["0", "–"], ["–", "–"]]
    assert cells(by="-score", score="quality") == [["1", "–"], ["0", "Portuguese"], ["–", "–"]]


def test_what_is_answered_with_yes_or_no_is_told_as_a_share(project: Project, alices: Client) -> None:
    session(project, "s", user_ids=["ann"], scores={"thumbs": {"count": 3, "mean": 2 / 3, "shares": {}}})
    scores = {"project_id": project.pk, "session_id": "s", "name": "thumbs"}
    SessionScore.objects.create(**scores, count=3, mean=Decimal(2) / 3)
    ingest(project.pk, [ScoreRecord(f"{n}", "thumbs", "BOOLEAN", session_id="s", value=float(n > 0)) for n in range(3)])

    row = text_of(alices.get(f"/project/{project.pk}/users").content.decode())
    page = text_of(shown_on(alices, project, "ann"))
    columns = {"columns": "score.thumbs,scores"}
    listed = text_of(alices.get(f"/project/{project.pk}/sessions", columns).content.decode())

    assert "67%" in row
    assert "thumbs: yes 67% 67%" in page
    assert "2 of 3 yes" in listed
    assert "0.667" not in row + page + listed


def shown_on(client: Client, project: Project, user_id: str, **params: str) -> str:
    answer = client.get(f"/project/{project.pk}/user?" + urlencode({"id": user_id, **params}))
    assert answer.status_code == 200
    page: str = answer.content.decode()
    return page


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.mark.parametrize("user_id", ODD_IDS)
def test_every_user_id_has_its_page_and_is_found_by_a_part(project: Project, alices: Client, user_id: str) -> None:
    session(project, "s1", user_ids=[user_id], trace_count=3)
    session(project, "s2", user_ids=["someone"], trace_count=50)
    part = user_id[len(user_id) // 3 :].replace("\\", "\\\\").replace('"', '\\"')
    found = alices.get(f"/project/{project.pk}/users", {"q": f'"{part}"'}).content.decode()
    [link] = re.findall(rf'href="(/project/{project.pk}/user\?[^"]*)"', found)

    page = alices.get(unescape(link))
    assert page.status_code == 200
    html = page.content.decode()
    assert user_id in unescape(html)
    assert "<script>alert" not in html
    [whole] = set(re.findall(r'<a class="btn" href="(/project/\d+/sessions\?[^"]*)"', html))
    query = QueryDict(unescape(whole).partition("?")[2])
    assert list(matching(project, query).values_list("session_id", flat=True)) == ["s1"]
    others, mine = QueryDict(UserProfile(project, user_id, QueryDict()).comparison[1:]).getlist("cohort")
    found = [matching(project, QueryDict(one[1:])).values_list("session_id", flat=True).get() for one in (others, mine)]
    assert found == ["s2", "s1"]


@pytest.mark.parametrize("user_id", ["", "nobody", "x" * 5000])
def test_an_id_that_nobody_has_is_not_found(project: Project, alices: Client, user_id: str) -> None:
    session(project, "s1", user_ids=["ann"])
    assert alices.get(f"/project/{project.pk}/user", {"id": user_id}).status_code == 404
    assert alices.get(f"/project/{project.pk}/users", {"q": user_id}).status_code == 200
    assert alices.get(f"/project/{project.pk}/user", {"id": f"{user_id[:9]}\x00"}).status_code == 400


def test_the_page_of_a_user_has_the_sums_of_their_sessions(
    project: Project, other_project: Project, alices: Client
) -> None:
    now = timezone.now()
    for number in range(6):
        ago = now - timedelta(days=2 * number)
        session(
            project, f"s{number}", user_ids=["ann"], created_at=ago, updated_at=ago, total_cost=Decimal(number),
            unpriced_count=int(number == 5), error_count=number % 2, duration_ms=60_000 * (number + 1),
            turn_count=2, environments=["staging" if number else "production"], tags=["refund"],
            first_input="Where is my parcel? It should have arrived last week.",
        )  # fmt: skip
    session(other_project, "theirs", user_ids=["ann"], total_cost=Decimal(1000))
    for number in range(2):
        scored = {"project_id": project.pk, "session_id": f"s{number}", "count": 1}
        SessionScore.objects.create(**scored, name="quality", mean=Decimal(number))
        SessionScore.objects.create(**scored, name="outcome", shares={"solved" if number else "open": 1})

    week, always = (text_of(shown_on(alices, project, "ann", range=name)) for name in ("7d", "all"))
    assert "Sessions 4" in week
    assert "Cost $6.00" in week
    assert "With errors 50.0%" in week
    assert "Sessions 6 12 turns" in always
    assert "Cost ≥ $15.00" in always, "the cost of one call is unknown"
    assert "Environments staging 5, production 1" in always
    assert "English 6" in always
    assert "quality 0.5 0.5" in always
    assert "outcome: solved 50% 50%" in always
    assert "1000" not in always


def test_figures_of_a_user_are_those_of_the_list(project: Project) -> None:
    now = timezone.now()
    for number in range(20):
        ago = now - timedelta(days=number, hours=number)
        session(project, f"s{number}", user_ids=["ann"], created_at=ago, updated_at=ago, error_count=number % 3)
    for name in ("7d", "30d", "all", "from=-9d&to=-3d"):
        found = UserProfile(project, "ann", QueryDict(f"range={name}" if "=" not in name else name))
        for query, number in ((found.query(), found.sums.count), (found.failed_query, found.sums.failed)):
            assert matching(project, QueryDict(query[1:])).count() == number
        for bar in found.bars:
            assert matching(project, QueryDict(bar.query[1:])).count() == bar.sessions
        assert sum(bar.sessions for bar in found.bars) == found.sums.count


def test_changes_are_against_the_same_time_before(project: Project, alices: Client) -> None:
    now = timezone.now()
    for number, days in enumerate((1, 2, 3, 8, 9)):
        ago = now - timedelta(days=days)
        session(project, f"s{number}", user_ids=["ann"], created_at=ago, updated_at=ago, total_cost=Decimal(1))
    page = text_of(shown_on(alices, project, "ann", range="7d"))

    assert "Sessions 3 up 50% from 2" in page
    assert "Cost $3.00 up 50% from $2.00" in page
    session(project, "unpriced", user_ids=["ann"], created_at=now, updated_at=now, unpriced_count=1)
    page = text_of(shown_on(alices, project, "ann", range="7d"))
    assert "Cost ≥ $3.00 from $2.00" in page, "a lower bound has no known change"


def test_a_user_of_very_many_sessions_is_read_in_part_and_the_page_says_so(
    project: Project, alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile, "MAX_PROFILE_SESSIONS", 3)
    for number in range(5):
        session(project, f"s{number}", minute=number, user_ids=["ann"])
    page = text_of(shown_on(alices, project, "ann", range="all"))

    assert "Figures cover the newest 3 sessions." in page
    assert "First seen before" in page
    assert "Sessions 3" in page


def test_only_admins_are_offered_to_erase_and_have_to_type_the_id(project: Project, alices: Client, bob: User) -> None:
    session(project, "s1", user_ids=["ann/1"], trace_count=4)
    page = shown_on(alices, project, "ann/1")
    assert "4 traces in 1 session" in text_of(page)
    assert 'name="user_id" value="ann/1"' in page
    bob.memberships.update(role=Role.MEMBER)
    members = Client()
    members.force_login(bob)
    assert "Erase" not in shown_on(members, project, "ann/1")

    url = f"/project/{project.pk}/settings/erasures"
    assert alices.post(url, {"user_id": "ann/1", "again": "ann"}).status_code == 400
    assert not Erasure.objects.for_project(project).exists()
    assert alices.post(url, {"user_id": "ann/1", "again": "ann/1"}).status_code == 302
    assert Erasure.objects.for_project(project).exists()


def test_a_user_beyond_the_newest_sessions_is_found_by_the_whole_id(
    project: Project, alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MAX_GROUPED_SESSIONS", 1)
    session(project, "old", minute=1, user_ids=["ann"])
    session(project, "new", minute=2, user_ids=["bob"])
    assert "of the newest" in text_of(alices.get(f"/project/{project.pk}/users").content.decode())
    page = alices.get(f"/project/{project.pk}/users", {"q": "ann"}).content.decode()
    assert "of the newest" not in text_of(page), "all that match are counted"

    assert "Open this user" in page
    assert f"/project/{project.pk}/user?id=ann&amp;range=all" in page
    assert Session.objects.for_project(project).count() == 2


def test_the_page_of_a_user_costs_a_constant_number_of_queries(
    project: Project, alices: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    session(project, "s", user_ids=["ann"])
    shown_on(alices, project, "ann")
    with django_assert_num_queries(11 + BOUNDED):
        shown_on(alices, project, "ann")
    for number in range(30):
        session(project, f"s{number}", minute=number, user_ids=["ann"], tags=[f"t{number}"])
    with django_assert_num_queries(11 + BOUNDED):
        shown_on(alices, project, "ann")
