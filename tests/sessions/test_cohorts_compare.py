"""The page that compares: its numbers are the list's, its bars lead to their sessions, its warnings are due."""

import csv
import re
from decimal import Decimal
from html import unescape
from io import StringIO
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.models import Project, Role, User
from sessions.cohorts import sampling
from sessions.cohorts.asked import ComparisonQuery
from sessions.cohorts.comparison import compare
from sessions.cohorts.effects import Effects
from sessions.cohorts.groups import make_groups
from sessions.cohorts.making import create_cohort, matching
from sessions.cohorts.narrowing import narrowed
from sessions.cohorts.plots import bar_queries
from sessions.cohorts.results import CohortComparison
from sessions.models import Cohort, Session, SessionScore
from sessions.models.properties import PropertyKind, properties_of
from sessions.rollup.session_rows import recompute
from tests.sessions.rows import session
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest

QUERIES = 30  # signing in, the project, the cohorts, and what is compared


@pytest.fixture
def many(project: Project) -> Project:
    """Sixty sessions: the web's are dearer, slower and fail; every third is of staging."""
    for number in range(60):
        is_web = number % 2
        session(
            project,
            f"s{number}",
            minute=number,
            duration_ms=1000 * (number + 1) * (1 + 3 * is_web),
            total_cost=Decimal("0.000000000001") + Decimal(number * (1 + is_web)) / 1000,
            error_count=is_web * (number % 3),
            trace_count=1 + number % 4,
            tags=["web"] if is_web else ["phone"],
            environments=["staging" if number % 3 == 0 else "production"],
        )
    return project


def comparison_of(project: Project, query: str, **options: Any) -> CohortComparison:
    return compare(project, make_groups(project, ComparisonQuery.read(QueryDict(query))), **options)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def cohort_of(project: Project, by: User, name: str, query: str) -> Cohort:
    return create_cohort(project, name=name, by=by, query_string=query)


def test_every_number_is_that_of_the_list(many: Project) -> None:
    found = comparison_of(many, "cohort=all&by=tags&value=web&value=phone")

    for place, tag in enumerate(("web", "phone")):
        rows = list(Session.objects.for_project(many).filter(tags=[tag]))
        assert found.sizes[place] == len(rows)
        for measure in found.measures:
            values = sorted(Decimal(getattr(row, measure.name)) for row in rows)
            one = measure.summaries[place]
            assert (one.size, one.total) == (len(values), sum(values))
            assert one.mean == sum(values) / len(values)
            assert one.median == pytest.approx(float(values[14] + values[15]) / 2)


def test_percentiles_are_postgresqls(many: Project) -> None:
    found = comparison_of(many, "cohort=all&by=tags&value=web")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) FROM session"
            " WHERE project_id = %s AND tags = '{web}'",
            [many.pk],
        )
        [expected] = cursor.fetchone()

    assert {m.name: m for m in found.measures}["duration_ms"].summaries[0].p95 == pytest.approx(expected)


@pytest.mark.parametrize(
    "query", ["cohort=all&by=tags", "filter=%3Ftotal_cost__gte%3D0.01%26duration_ms__lte%3D90000%26sort%3Did&by=tags"]
)
def test_every_bar_and_every_share_leads_to_exactly_its_sessions(many: Project, query: str) -> None:
    found = comparison_of(many, query)

    followed = 0
    for measure in found.measures:
        for place, summary in enumerate(measure.summaries):
            for one, address in zip(
                measure.chart.bins if measure.chart else [], bar_queries(summary.group, measure), strict=False
            ):
                assert matching(many, QueryDict(address[1:])).count() == one.counts[place]
                followed += one.counts[place]
    for mix in found.mixes:
        for value in mix.values:
            for cell in value.cells:
                if cell.query_string:
                    assert matching(many, QueryDict(cell.query_string[1:])).count() == cell.share.hits
    assert followed >= sum(found.sizes) * 3


def test_a_new_property_is_compared_without_an_edit(many: Project) -> None:
    found = comparison_of(many, "cohort=all&cohort=?q=hello")

    declared = properties_of(Session).values()
    numeric = {PropertyKind.NUMBER, PropertyKind.MONEY, PropertyKind.DURATION}
    assert [m.name for m in found.measures] == [p.name for p in declared if p.kind in numeric]
    assert [m.name for m in found.mixes] == ["outcome", *(p.name for p in declared if p.kind == PropertyKind.SET)]


def test_what_differs_is_said_in_words_and_what_does_not_is_not(many: Project) -> None:
    found = comparison_of(many, "cohort=all&by=tags&value=phone&value=web")
    effects = Effects.of(found)

    notable = {row.name: row.verdict for row in effects.sure}
    assert notable["duration_ms"] == "Large, worse"
    assert "unpriced_count" not in notable
    assert {row.name for row in effects.unsure} >= {"unpriced_count", "idle_ms"}
    assert found.tests > 5, "what does not vary at all is no test"
    [(letter, words)] = effects.told
    assert letter == "B"
    assert "duration is 313% higher" in words


@pytest.mark.parametrize(
    "query",
    [
        "cohort=all&by=tags&value=phone&value=web",
        "cohort=all&by=environments",
        "cohort=?q=duration<30s&cohort=?q=tag:web&cohort=?q=env:staging",
        "cohort=all&by=tags&stratify=environments",
    ],
)
def test_no_row_contradicts_its_interval(many: Project, query: str) -> None:
    """A verdict, its interval, p and direction are of one statistic: the interval leaves out zero, or there is none."""
    stratify = QueryDict(query).get("stratify", "")
    found = comparison_of(many, query, stratify=stratify)
    differences = [d for measure in found.measures for d in measure.differences]
    differences += [d for mix in found.mixes for value in mix.values for d in value.differences]

    tested = [d for d in differences if d.p is not None]
    assert len(tested) == found.tests
    for difference in tested:
        assert difference.interval is not None
        assert difference.interval.low is not None
        assert difference.interval.high is not None
        leaves_out_zero = not difference.interval.low <= 0 <= difference.interval.high
        assert leaves_out_zero == difference.is_notable
        assert difference.interval.estimate == difference.estimate
    for row in Effects.of(found).sure:
        assert row.before is not None
        assert row.after is not None
        if not stratify:
            assert row.difference.estimate == pytest.approx(row.after - row.before)
        assert ("higher" in row.told) == ((row.difference.estimate or 0) > 0)


@pytest.mark.parametrize(
    ("query", "defining", "kept"),
    [
        ("cohort=all&by=environments", {"environments"}, "tags"),
        ("cohort=?q=tag:web&cohort=all", {"tags"}, "environments"),
        ("cohort=?duration_ms__lte=9000&cohort=all", {"duration_ms"}, "active_ms"),
        ("cohort=?q=has:error&cohort=?q=-has:error", {"error_count", "outcome"}, "turn_count"),
        ("cohort=?q=env:staging+tag:web&cohort=?q=env:staging", {"tags"}, "environments"),
    ],
)
def test_groups_are_never_tested_by_what_defines_them(many: Project, query: str, defining: set[str], kept: str) -> None:
    found = comparison_of(many, query)

    names = {measure.name for measure in found.measures} | {mix.name for mix in found.mixes}
    assert not names & defining
    assert kept in names
    assert found.untested


def test_scores_are_compared_and_followed_too(many: Project) -> None:
    scores, name = SessionScore.objects, 'how "helpful"?'
    for number in range(60):
        row = {"project_id": many.pk, "session_id": f"s{number}", "count": 1}
        scores.create(**row, name=name, mean=Decimal(number % 2) + Decimal(number) / 128, shares={})
        scores.create(**row, name="topic", shares={"refund" if number % 2 else "late delivery": 1})
    found = comparison_of(many, "cohort=all&by=tags&value=web&value=phone")

    score, topic = found.measures[-1], found.mixes[-1]
    assert (score.name, score.is_score) == (name, True)
    assert " " not in score.anchor
    assert [one.mean for one in score.summaries] == [Decimal("1.234375"), Decimal("0.2265625")]
    assert score.chart is not None
    for place, summary in enumerate(score.summaries):
        for one, address in zip(score.chart.bins, bar_queries(summary.group, score), strict=True):
            assert matching(many, QueryDict(address[1:])).count() == one.counts[place]
    shares = {value.text: [cell.share for cell in value.cells] for value in topic.values}
    assert shares == {"refund": [(30, 30), (0, 30)], "late delivery": [(0, 30), (30, 30)]}
    for value in topic.values:
        for cell in value.cells:
            assert matching(many, QueryDict(cell.query_string[1:])).count() == cell.share.hits


def test_how_many_sessions_failed_is_compared_and_followed(many: Project) -> None:
    [outcome] = comparison_of(many, "cohort=all&by=tags&value=phone&value=web").mixes[0].values

    failed = Session.objects.for_project(many).filter(tags=["web"], error_count__gt=0).count()
    assert [cell.share for cell in outcome.cells] == [(0, 30), (failed, 30)]
    assert matching(many, QueryDict(outcome.cells[1].query_string[1:])).count() == failed
    assert outcome.differences[0].is_notable


def test_sets_are_split_by_what_traces_say_in_their_metadata(project: Project) -> None:
    for number, plan in enumerate(("pro", "pro", "free")):
        claims = in_session(f"s{number}", metadata={"plan": plan})
        ingest(project.pk, [call(f"t{number}", "a", claims=claims)])
    recompute(project.pk, ["s0", "s1", "s2"])
    found = comparison_of(project, "cohort=all&by=metadata.plan")

    assert [(group.label, size) for group, size in zip(found.groups, found.sizes, strict=True)] == [
        ("pro", 2),
        ("free", 1),
    ]
    assert found.groups[0].params["q"] == "metadata.plan = pro"


def test_cohorts_that_share_sessions_are_warned_of(many: Project, bob: User) -> None:
    one, other = cohort_of(many, bob, "Web", "tags=web"), cohort_of(many, bob, "Staging", "environments=staging")
    found = comparison_of(many, f"cohort={one.id}&cohort={other.id}")

    assert [(a.label, b.label, number) for a, b, number in found.overlaps] == [("Web", "Staging", 10)]


def test_few_sessions_are_warned_of(many: Project, bob: User) -> None:
    few, rest = cohort_of(many, bob, "Few", "duration_ms__lte=5000"), cohort_of(many, bob, "All", "")
    found = comparison_of(many, f"cohort={few.id}&cohort={rest.id}")

    assert found.sizes == [3, 60]
    page = signed_in(bob).get(reverse("compare", args=[many.pk]) + f"?cohort={few.id}&cohort={rest.id}")
    assert re.search(r"Only 3 sessions in A:</b> too few", page.content.decode())


def test_a_difference_that_comes_from_the_mix_goes_away_within_the_strata(project: Project) -> None:
    """The web has mostly long conversations of one environment; within each environment both are alike."""
    for number in range(200):
        is_web = number % 2
        is_long = number % 10 < (8 if is_web else 2)
        session(
            project, f"s{number}", minute=number, tags=["web" if is_web else "phone"],
            trace_count=(50 if is_long else 5) + (number // 2) % 3, environments=["long" if is_long else "short"],
        )  # fmt: skip
        mean = Decimal(int(is_long)) + Decimal(number // 2 % 3) / 10
        row = {"project_id": project.pk, "session_id": f"s{number}", "name": "quality", "count": 1, "shares": {}}
        SessionScore.objects.create(**row, mean=mean)
    query = "cohort=all&by=tags&value=phone&value=web"
    before = comparison_of(project, query)
    after = comparison_of(project, query, stratify="environments")

    assert [mix.name for mix in before.differently_mixed] == ["environments"]
    differences = {m.name: m.differences[0] for m in after.measures}
    for name, apart, alike in (("trace_count", 15, 1), ("quality", 0.4, 0.1)):
        difference = differences[name]
        assert difference.estimate is not None
        assert abs(difference.estimate) < alike
        assert not difference.is_notable
        [apart_by] = {m.name: m.differences for m in before.measures}[name]
        assert apart_by.estimate is not None
        assert apart_by.estimate > apart
        assert apart_by.is_notable
    assert after.stratified is not None
    assert dict(after.stratified.strata) == {"long": [20, 80], "short": [80, 20]}


def test_one_set_is_compared_across_two_periods(many: Project) -> None:
    first = Session.objects.for_project(many).earliest("created_at").created_at.date().isoformat()
    found = comparison_of(many, f"cohort=all&from={first}&to={first}&from=2020-01-01&to=2020-01-31")

    assert found.sizes == [60, 0]
    assert found.groups[1].label == "1 to 31 Jan 2020"
    assert all(measure.differences[0].p is None for measure in found.measures)


def test_a_few_equal_values_prove_nothing(project: Project) -> None:
    """None of five has an error, and a sixth of the others: by Welch's test alone a difference, and a sure one."""
    for number in range(200):
        is_few = number < 5
        errors = int(number % 6 == 0 and not is_few)
        session(project, f"s{number}", minute=number, tags=["few" if is_few else "rest"], error_count=errors)
    found = comparison_of(project, "cohort=all&by=tags&value=rest&value=few")

    [difference] = {m.name: m for m in found.measures}["error_count"].differences
    assert difference.estimate == pytest.approx(-32 / 195, abs=0.01)
    assert not difference.is_notable


def test_days_of_a_period_are_also_read_as_words(many: Project) -> None:
    asked = ComparisonQuery.read(QueryDict("cohort=all&from=1+Jan+2020&to=31.1.2020&from=-7d&to=today"))

    assert [day.isoformat() for day in asked.periods[0]] == ["2020-01-01", "2020-01-31"]
    assert (asked.periods[1][1] - asked.periods[1][0]).days == 7


def test_a_period_without_sessions_is_shown_as_one(many: Project, alice: User) -> None:
    today = Session.objects.for_project(many).earliest("created_at").created_at.date().isoformat()
    query = f"?cohort=all&from=2020-01-01&to=2020-01-31&from={today}&to={today}"
    for page in ("compare", "compare-csv"):
        assert signed_in(alice).get(reverse(page, args=[many.pk]) + query).status_code == 200


def test_of_two_bounds_the_narrower_one_holds() -> None:
    params = QueryDict("total_cost__gte=5&tags=a&tags=b")

    assert (
        narrowed(params, total_cost__gte="3", total_cost__lte="9").urlencode()
        == "total_cost__gte=5&tags=a&tags=b&total_cost__lte=9"
    )
    assert narrowed(params, tags=["b"])["tags"] == "b"
    assert narrowed(params, tags=["c"])["q"] == "tags:c"
    assert narrowed(QueryDict("tags=a&q=x+OR+y"), tags=["c"])["q"] == "(x OR y) tags:c"


@pytest.mark.parametrize(
    "query",
    [
        "cohort=nonsense",
        "cohort=all&by=colour",
        "filter=colour%3Dred",
        "cohort=all&by=tags&from=2026-01-01&to=2026-02-01",
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_reason(many: Project, alice: User, query: str) -> None:
    page = signed_in(alice).get(reverse("compare", args=[many.pk]) + "?" + query)

    assert page.status_code == 400
    assert "This cannot be compared." in page.content.decode()


@pytest.mark.parametrize(
    ("start", "end", "fault"),
    [
        ("someday", "2026-01-01", "“someday” is not a date."),
        ("2026-01-01", "someday", "“someday” is not a date."),
        ("2026-02-01", "2026-01-01", "The period ends before it starts."),
        ("2026-02-01", "", "A period has a first and a last day."),
    ],
)
def test_a_period_that_cannot_be_read_is_told_in_its_form_and_the_others_are_compared(
    many: Project, alice: User, start: str, end: str, fault: str
) -> None:
    query = f"?cohort=all&only=tag%3Aweb&from=2026-10-01&to=2026-10-09&from={start}&to={end}&from=2026-11-01&to=today"
    answer = signed_in(alice).get(reverse("compare", args=[many.pk]) + query)

    text = answer.content.decode()
    assert answer.status_code == 400
    page = answer.context["page"]
    assert next(group.label for group in page.groups) == "1 to 9 Oct 2026"
    assert page.comparison is not None
    assert page.builder.added.days.faults
    assert len(page.builder.added.days_before) == len(page.builder.added.days_after) == 1
    assert fault in text
    assert "Start over" not in text
    assert 'value="tag:web"' in text

    alone = signed_in(alice).get(reverse("compare", args=[many.pk]) + f"?cohort=all&from={start}&to={end}")
    assert fault in alone.content.decode()
    assert alone.context["page"].comparison is None
    for file in ("compare-csv", "compare-svg"):
        refused = signed_in(alice).get(reverse(file, args=[many.pk]) + query)
        assert (refused.status_code, fault in refused.content.decode()) == (400, True)


def test_the_page_takes_as_many_queries_for_many_as_for_few(
    many: Project, alice: User, django_assert_num_queries: Any
) -> None:
    client, counts = signed_in(alice), []
    for query in ("cohort=all&by=tags&value=web", "cohort=all&by=environments&stratify=tags"):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(reverse("compare", args=[many.pk]) + "?" + query).status_code == 200
        counts.append(len(seen))

    assert max(counts) <= QUERIES
    for number in range(60, 90):
        session(many, f"s{number}", minute=number, tags=[f"t{number}"])
    with django_assert_num_queries(counts[1]):
        client.get(reverse("compare", args=[many.pk]) + "?cohort=all&by=environments&stratify=tags")


def test_the_export_has_the_numbers_of_the_page_and_no_formulas(many: Project, alice: User) -> None:
    session(many, "odd", tags=["=1+1"])
    answer = signed_in(alice).get(reverse("compare-csv", args=[many.pk]) + "?cohort=all&by=tags")
    rows = list(csv.DictReader(StringIO(answer.content.decode())))
    found = comparison_of(many, "cohort=all&by=tags")

    costs = [row for row in rows if row["name"] == "total_cost"]
    assert float(costs[1]["low"]) <= float(costs[1]["difference"]) <= float(costs[1]["high"])
    assert costs[1]["statistic"] == {m.name: m for m in found.measures}["total_cost"].statistic
    assert float(costs[1]["confidence"]) == found.confidence > 0.95
    assert [Decimal(row["total"]) for row in costs] == [
        s.total for s in {m.name: m for m in found.measures}["total_cost"].summaries
    ]
    assert not any(cell.startswith("=") for row in rows for cell in row.values())


def test_too_many_sessions_are_sampled_and_the_page_says_so(
    many: Project, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'x' || n FROM generate_series(1, 999) n WHERE hashtextextended('x' || n, 0) & 127 = 0")
        chosen = [name for (name,) in cursor.fetchall()][:3]
    for name in chosen:
        session(many, name, tags=["web"], environments=["staging"])
    monkeypatch.setattr(sampling, "MAX_EXACT_SESSIONS", 0)
    page = signed_in(alice).get(reverse("compare", args=[many.pk]) + "?cohort=all&by=tags&value=web").content.decode()
    found = comparison_of(many, "cohort=all&by=tags&value=web")
    twice = comparison_of(many, "cohort=all&by=environments&value=staging&value=staging")

    assert found.one_in == 128
    assert 3 <= found.sizes[0] < 30
    assert [number for _, _, number in twice.overlaps] == [twice.sizes[0] * 128]
    assert "One in 128 was read" in page
    assert "about" in page


def test_the_sample_is_read_by_its_index(many: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "MAX_EXACT_SESSIONS", 0)
    [group] = make_groups(many, ComparisonQuery.read(QueryDict("cohort=all")))
    _, [sample] = sampling.affordable(many, [group.sessions])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE session")
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = sample.explain()

    assert "session_sample" in plan


def test_members_make_cohorts_and_only_their_owner_or_an_admin_changes_them(
    many: Project, alice: User, bob: User
) -> None:
    members = signed_in(bob)
    asked = members.get(reverse("cohort-new", args=[many.pk]) + "?tags=web&sort=-id").content.decode()
    made = members.post(reverse("cohorts", args=[many.pk]), {"name": "Web", "query": "tags=web"})
    cohort = Cohort.objects.for_project(many).get()

    assert "30 sessions" in asked
    assert made.status_code == 302
    assert (cohort.session_count, cohort.owner) == (30, "bob@example.com")
    taken = members.post(reverse("cohorts", args=[many.pk]), {"name": "Web", "query": ""})
    assert taken.status_code == 400
    bobs, url = {"name": "Phone", "colour": "red"}, reverse("cohort-change", args=[many.pk, cohort.id])
    assert members.post(url, bobs).status_code == 302
    assert Cohort.objects.for_project(many).get().colour == "red"
    other = create_cohort(many, name="Alice's", by=alice)
    assert members.post(reverse("cohort-delete", args=[many.pk, other.id])).status_code == 403
    assert signed_in(alice).post(reverse("cohort-delete", args=[many.pk, cohort.id])).status_code == 302
    assert Cohort.objects.for_project(many).get().id == other.id


def test_viewers_compare_but_make_nothing(many: Project, bob: User) -> None:
    bob.memberships.update(role=Role.VIEWER)
    viewer = signed_in(bob)

    assert viewer.get(reverse("compare", args=[many.pk]) + "?cohort=all&by=tags").status_code == 200
    assert viewer.get(reverse("cohort-new", args=[many.pk])).status_code == 403
    assert viewer.post(reverse("cohorts", args=[many.pk]), {"name": "x"}).status_code == 403


def test_names_of_cohorts_and_values_are_text_and_nothing_else(many: Project, alice: User) -> None:
    evil = "<script>alert(1)</script>"
    session(many, "evil", tags=[evil])
    cohort = create_cohort(many, name=evil, by=alice, description=evil)
    for page in ("cohorts", "compare"):
        html = signed_in(alice).get(reverse(page, args=[many.pk]) + f"?cohort={cohort.id}").content.decode()
        assert evil not in html
        assert evil in unescape(html)


def test_drawings_hold_no_styles_that_the_policy_refuses(many: Project, alice: User) -> None:
    html = (
        signed_in(alice)
        .get(reverse("compare", args=[many.pk]) + "?cohort=all&by=tags&shape=cumulative")
        .content.decode()
    )

    assert '<path class="line" data-d="2" data-group="B"' in html
    assert not re.search(r"<[^>]+ (style|onclick|onload)=", html)


def test_a_chart_is_saved_as_a_picture_that_needs_nothing_else(many: Project, alice: User) -> None:
    session(many, "odd", tags=["<script>&"])
    address = reverse("compare-svg", args=[many.pk]) + "?cohort=all&by=tags&value=web&value=%3Cscript%3E%26"
    client = signed_in(alice)

    for shape in ("", "&shape=cumulative"):
        answer = client.get(f"{address}&chart=total_cost{shape}")
        drawing = ElementTree.fromstring(answer.content)
        words = " ".join(drawing.itertext())
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert ("A web" in words, "B <script>&" in words, "Cost" in words) == (True, True, True)
        assert not drawing.findall(".//{http://www.w3.org/2000/svg}a")
    assert client.get(f"{address}&chart=nothing").status_code == 404
    assert client.get(reverse("compare-svg", args=[many.pk]) + "?cohort=nobody&chart=total_cost").status_code == 400
