"""Every number of the dashboard is the list's and the API's."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import escape, unescape
from typing import Any
from zoneinfo import ZoneInfo

import numpy
import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from projects.models import Project, User
from sessions.charts.plots import ChartBucket, Plot
from sessions.cohorts import sampling
from sessions.cohorts.sampling import ONE_IN
from sessions.dashboard.charts import charts_of, latency_charts, tops_of
from sessions.dashboard.heat import cells_of
from sessions.dashboard.latencies import Latencies, read_latencies
from sessions.dashboard.links import Links
from sessions.dashboard.measures import MEASURES
from sessions.dashboard.numbers import TOP, DashboardNumbers, DashboardScore, Facts, compute_numbers
from sessions.dashboard.reading import choose_sessions
from sessions.dashboard.scores import answers_of, distribution_of, trend_of
from sessions.dashboard.steps import TimeStep, hours_of_the_week, steps_between
from sessions.listing.listing import Listing
from sessions.listing.summary import facet_counts, strip
from sessions.models import Session, SessionScore
from sessions.rollup.score_types import score_types
from sessions.rollup.session_rows import recompute
from tests.conftest import Key
from tests.sessions.rows import multiply, session
from tests.tracing.reports import call, failed, in_session
from tracing.ingest.pipeline import ingest
from tracing.models import DirtyMark, Span, Trace
from tracing.records import ScoreRecord
from tracing.store import activity
from tracing.store.latency import FIRST_TOKEN, RELATIVE_ERROR, WHOLE_CALL

pytestmark = pytest.mark.django_db

NUMBER = 30
SUMS = (
    "session_count",
    "failed",
    "trace_count",
    "total_cost",
    "unmeasured_count",
    "unpriced_count",
    "total_tokens",
    "median",
    "high",
)
ZONES = ["UTC", "Asia/Tokyo", "America/New_York", "Asia/Kolkata"]


@pytest.fixture
def rows(project: Project, other_project: Project) -> list[Session]:
    """Thirty ingested sessions of the last nine days, some users in several of them, with scores of three kinds."""
    for place in range(NUMBER):
        _converse(project, place)
    ingest(other_project.pk, [call("t1", "a", tokens=(9000, 9000), claims=in_session("s01", user_id="foreign"))])
    for tenant in (project, other_project):
        recompute(tenant.pk, [f"s{place:02}" for place in range(NUMBER)])
    activity.recompute_dirty(DirtyMark.Target.HOUR)
    activity.recompute_dirty(DirtyMark.Target.DAY)
    return list(Session.objects.for_project(project).order_by("-created_at"))


def _converse(project: Project, place: int) -> None:
    now = timezone.now().replace(microsecond=0)
    began = now - timedelta(hours=7 * place + 3)
    claims = in_session(
        f"s{place:02}", user_id=f"user-{place % 7}", tags=["even"] if place % 2 == 0 else ["odd"],
        environment="staging" if place % 5 == 0 else None,
    )  # fmt: skip
    for turn in range(2):
        start = began + timedelta(minutes=turn * 20)
        took = timedelta(milliseconds=137 * (place + 1) * (turn + 1) ** 3)
        ingest(
            project.pk,
            [
                call(f"t{place}-{turn}", "a", tokens=(100 * place + 7, 20), started_at=start, ended_at=start + took,
                     completion_started_at=start + took / 4, claims=claims),
                *([failed(f"t{place}-{turn}", "b", "a", started_at=start, ended_at=start)] if place % 3 == 0 else []),
            ],
        )  # fmt: skip
    scores: list[Any] = [ScoreRecord(f"h{place}", "helpfulness", "NUMERIC", place / 30, session_id=f"s{place:02}")]
    scores += [ScoreRecord(f"b{place}", "is right", "BOOLEAN", float(place % 4 == 0), trace_id=f"t{place}-0")]
    outcome = "solved" if place % 3 else "open"
    scores += [
        ScoreRecord(f"o{place}", "outcome", "CATEGORICAL", None, string_value=outcome, session_id=f"s{place:02}")
    ]
    ingest(project.pk, scores[: 3 if place % 2 else 2])


def listing(project: Project, query: str = "range=30d") -> Listing:
    return Listing(project, QueryDict(query))


def steps_of(days: float = 30) -> list[TimeStep]:
    return steps_between(timezone.now() - timedelta(days=days), timezone.now())


def numbers(asked: Listing, steps: list[TimeStep]) -> DashboardNumbers:
    return compute_numbers(asked, choose_sessions(asked), steps)


def latencies(asked: Listing, steps: list[TimeStep]) -> Latencies:
    return read_latencies(asked, choose_sessions(asked), steps, session_count=asked.count.number)


def tile(page: str, name: str) -> str:
    """A tile of the page in words."""
    inside = page[page.index(f'data-measure="{name}"') :]
    inside = inside[inside.index(">") + 1 : inside.index("</a>")]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", inside)).split())


def behind(project: Project, bar: Any) -> Listing:
    """The list that a bar, a cell or a value leads to."""
    found = Listing(project, QueryDict(bar.query.removeprefix("?")))
    assert not found.errors, found.errors
    return found


@pytest.mark.parametrize("query", ["", "tag:even", "env:staging cost > 0.001", "user:user-3 OR has:error"])
def test_every_number_equals_that_of_the_list_and_of_the_api_in_every_zone(
    client: Client, key: Key, project: Project, rows: list[Session], query: str
) -> None:
    params = {"range": "30d", "limit": 100} | ({"q": query} if query else {})
    told = client.get("/api/v1/sessions", params, headers={"Authorization": key.bearer}).json()["data"]
    for zone in ZONES:
        with timezone.override(ZoneInfo(zone)):
            asked, steps = listing(project, f"range=30d&q={query}"), steps_of()
            found = numbers(asked, steps)
            assert len(told) == found.facts.session_count > 0
            _compare(found.facts, told)
            for name in (name for name in SUMS if name != "trace_count"):  # a list counts turns
                assert getattr(found.facts, name) == getattr(strip(asked), name), name
            for name, values in found.tops.items():
                assert values == facet_counts(asked, name, TOP)
            for step, made in zip(steps, found.steps, strict=True):
                _compare(made, [row for row in told if step.start <= _began(row) < step.end])
            for score in found.scores:
                _compare_score(score, told)
            moments = [timezone.localtime(_began(row)) for row in told]
            for day, hours in enumerate(found.heat):
                for hour, count in enumerate(hours):
                    assert count == sum((at.weekday(), at.hour) == (day, hour) for at in moments)


def _began(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["created_at"])


def _compare(facts: Facts, told: list[dict[str, Any]]) -> None:
    """What the API tells, session by session."""
    lengths = [row["duration_ms"] for row in told]
    assert facts.session_count == len(told)
    assert facts.total_cost == sum(Decimal(row["total_cost"]) for row in told)
    assert facts.total_tokens == sum(row["total_tokens"] for row in told)
    assert facts.failed == sum(row["error_count"] > 0 for row in told)
    assert facts.user_count == len({user for row in told for user in row["user_ids"]})
    assert facts.median == (numpy.percentile(lengths, 50) if told else None)
    assert facts.high == (pytest.approx(numpy.percentile(lengths, 95)) if told else None)


def _compare_score(score: DashboardScore, told: list[dict[str, Any]]) -> None:
    means = [row["scores"][score.name]["mean"] for row in told if score.name in row["scores"]]
    known = [Decimal(str(mean)) for mean in means if mean is not None]
    assert (score.total.session_count, score.total.mean_count) == (len(means), len(known))
    assert score.total.sum == sum(known)
    assert score.total.session_count == sum(step.session_count for step in score.steps)
    assert score.total.mean_count == sum(bin.session_count for bin in score.bins)


def bars_of(chart: Plot) -> list[tuple[ChartBucket, int]]:
    """Each bucket with the number of sessions that its bars say."""
    return [
        (bucket, int(sum(one.values[place] or 0 for one in chart.series))) for place, bucket in enumerate(chart.buckets)
    ]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_a_bar_leads_to_exactly_its_sessions(project: Project, rows: list[Session], zone: str) -> None:
    asked = listing(project, "range=30d&q=tag:even OR tag:odd")
    with timezone.override(ZoneInfo(zone)):
        for days in (1, 30):
            steps, links = steps_of(days), Links(asked)
            found = numbers(asked, steps)
            charts = [charts_of(links, steps, found.steps, found.facts, None)[0]]
            charts += [distribution_of(links, score) for score in found.scores]
            bars = [bar for chart in charts for bar in bars_of(chart)]

            assert sum(number for _, number in bars) > 2
            for bucket, number in bars:
                assert behind(project, bucket).count.number == number, bucket.query
            for cell in (cell for cell in cells_of(links, steps, found.heat) if cell.count):
                assert behind(project, cell).count.number == cell.count, cell.query
            for score in found.scores:
                for top in tops_of(links, f"score.{score.name}", score.categories):
                    assert behind(project, top).count.number == top.count
                for bucket, step in zip(trend_of(links, steps, score).buckets, score.steps, strict=True):
                    assert behind(project, bucket).count.number == step.session_count
                for part in answers_of(links, score).parts:
                    assert not part.count or behind(project, part).count.number == part.count


def test_scores_are_shown_by_what_they_are(project: Project, rows: list[Session]) -> None:
    asked = listing(project)
    found = {score.name: score for score in numbers(asked, steps_of()).scores}
    assert list(found) == ["helpfulness", "is right", "outcome"]

    assert score_types(project.pk, list(found)) == {
        "helpfulness": "NUMERIC",
        "is right": "BOOLEAN",
        "outcome": "CATEGORICAL",
    }
    right = answers_of(Links(asked), found["is right"])
    assert [(part.label, part.count) for part in right.parts] == [("Yes", 8), ("No", 22), ("Both", 0)]
    assert found["outcome"].categories == [("solved", 10), ("open", 5)]
    assert not distribution_of(Links(asked), found["outcome"]).buckets
    helpful = bars_of(distribution_of(Links(asked), found["helpfulness"]))
    assert [bucket.said for bucket, _ in helpful[:2]] == ["0 to below 0.1", "0.1 to below 0.2"]
    assert sum(number for _, number in helpful) == NUMBER


def test_of_very_many_scores_and_categories_the_most_frequent_are_shown_and_the_others_counted(
    project: Project, client: Client, alice: User
) -> None:
    """They may be as many as sessions: nothing is drawn or added up for those that are not shown."""
    now = timezone.now()
    made = [
        session(project, f"s{place}", created_at=now - timedelta(minutes=place), updated_at=now) for place in range(50)
    ]
    rare = [(f"rare {place:03}", made[place % 50].session_id, {f"c{place}": 1}) for place in range(300)]
    frequent = [
        ("outcome", found.session_id, {"solved": 1, f"reason {place:02}": 1}) for place, found in enumerate(made)
    ]
    SessionScore.objects.bulk_create(
        SessionScore(project_id=project.pk, session_id=session_id, name=name, count=1, mean=None, shares=shares)
        for name, session_id, shares in rare + frequent
    )

    found = numbers(listing(project), steps_of())

    assert [score.name for score in found.scores] == ["outcome", *(f"rare {place:03}" for place in range(5))]
    assert found.score_count == 301
    assert found.scores[0].total.session_count == 50
    assert found.scores[0].categories == [("solved", 50), *((f"reason {place:02}", 1) for place in range(19))]
    assert found.scores[0].category_count == 51

    client.force_login(alice)
    address = reverse("dashboard", args=[project.pk])
    page = " ".join(client.get(address, {"details": "on"}).content.decode().split())
    assert "295 scores that fewer sessions have are not shown" in page
    assert "31 categories that fewer sessions have are not shown" in page


@pytest.mark.parametrize("query", ["range=30d", "range=30d&q=tag:even"])
def test_latencies_are_those_of_the_spans_within_the_stated_error(
    project: Project, rows: list[Session], query: str
) -> None:
    asked = listing(project, query)
    traces = Trace.objects.for_project(project).filter(session_id__in=asked.matching.values("session_id"))
    starts = dict(traces.values_list("trace_id", "started_at"))
    calls = [call for call in Span.objects.for_project(project).filter(kind=1) if call.trace_id in starts]
    assert calls
    for zone in ZONES:
        with timezone.override(ZoneInfo(zone)):
            found = latencies(asked, steps_of())
            assert not found.is_sample
            for place, step in enumerate(found.steps):
                _compare_calls(found, place, [c for c in calls if step.start <= starts[c.trace_id] < step.end])


def _compare_calls(found: Latencies, place: int, calls: list[Span]) -> None:
    for measure, until in ((WHOLE_CALL, "ended_at"), (FIRST_TOKEN, "completion_started_at")):
        lengths = [(getattr(call, until) - call.started_at) // timedelta(microseconds=1) for call in calls]
        shares = (0.5, 0.95)
        for share, shown in zip(shares, found.of_step(place, measure, shares), strict=True):
            if lengths:
                wanted = numpy.quantile(lengths, share) / 1000
                assert shown is not None
                assert abs(shown - wanted) <= wanted * RELATIVE_ERROR * (1 + 1e-9)
            else:
                assert shown is None


def test_latencies_of_a_day_that_waits_to_be_summed_up_come_out_of_its_hours(
    project: Project, rows: list[Session]
) -> None:
    asked = listing(project, "range=30d")
    before = latencies(asked, steps_of())
    late = rows[len(rows) // 2].created_at
    ingest(
        project.pk, [call("late", "call", started_at=late, ended_at=late + timedelta(hours=2), claims=in_session("s"))]
    )
    activity.recompute_dirty(DirtyMark.Target.HOUR)
    after = latencies(asked, steps_of())

    assert after.totals(WHOLE_CALL, [1.0]) == [pytest.approx(7_200_000, rel=RELATIVE_ERROR)]
    assert (before.totals(WHOLE_CALL, [1.0])[0] or 0) < 3_600_000
    activity.recompute_dirty(DirtyMark.Target.DAY)
    assert latencies(asked, steps_of()).measured == after.measured


def test_a_bar_of_latency_leads_to_the_sessions_of_such_calls(project: Project, rows: list[Session]) -> None:
    for query in ("range=30d", "range=30d&q=tag:even"):
        asked = listing(project, query)
        found = latencies(asked, steps_of())
        charts = latency_charts(Links(asked), found)

        assert [chart.key for chart in charts] == ["latency", "first-token"]
        buckets = [bucket for chart in charts for bucket in chart.buckets if bucket.query]
        assert len(buckets) > 10
        slow = [behind(project, bucket) for bucket in buckets]
        assert all(link.count.number <= NUMBER for link in slow)
        # The slot's middle may lie above its longest call, by RELATIVE_ERROR at most.
        assert sum(link.count.number > 0 for link in slow) > len(slow) / 3


def test_of_very_many_sessions_a_stated_sample_stands_for_all(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    first = session(
        project, "0", created_at=now, updated_at=now, duration_ms=1000, total_tokens=10, user_ids=["ana"]
    )  # fmt: skip
    multiply(first, 5_999, session_id="n::text", created_at="created_at - n * interval '1 min'")
    monkeypatch.setattr(sampling, "MAX_EXACT_SESSIONS", 1_000)
    found = numbers(listing(project), steps_of())

    assert 10 < found.sample_size < 200
    assert found.facts.session_count == found.sample_size * ONE_IN
    assert abs(found.facts.session_count - 6_000) <= 2 * found.error / 100 * 6_000
    assert found.facts.total_tokens == 10 * found.facts.session_count
    assert sum(step.session_count for step in found.steps) == found.facts.session_count
    assert (found.facts.user_count, found.facts.median) == (1, 1000)


def test_steps_follow_the_clock_of_the_zone_when_it_changes() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        first = datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/Berlin"))
        days = steps_between(first, first + timedelta(days=3))
        assert [round((d.end.timestamp() - d.start.timestamp()) / 3600) for d in days] == [12, 23, 24, 24]
        hours = steps_between(first, first + timedelta(hours=24))
        assert {round(h.end.timestamp() - h.start.timestamp()) for h in hours} == {3600}
        sundays = list(hours_of_the_week(first, first + timedelta(days=14), 6, 2))
        assert len(sundays) == 1  # there was no such hour on the first


def test_the_hour_that_autumn_has_twice_has_two_labels() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        first = datetime(2026, 10, 25, 0, tzinfo=ZoneInfo("Europe/Berlin"))
        labels = [step.label for step in steps_between(first, first + timedelta(hours=5))]

    assert [label for label in labels if "02:00" in label] == ["25 Oct 02:00 CEST", "25 Oct 02:00 CET"]
    assert len(set(labels)) == len(labels)


def test_an_hour_of_the_week_that_came_too_often_to_be_named_has_no_link(project: Project, rows: list[Session]) -> None:
    asked, steps = listing(project, "range=all"), steps_of(400)
    cells = [cell for cell in cells_of(Links(asked), steps, numbers(asked, steps).heat) if cell.count]

    assert cells
    assert not any(cell.query for cell in cells)


def test_the_page_shows_the_list_s_numbers_and_links_to_it(
    client: Client,
    alice: User,
    project: Project,
    rows: list[Session],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client.force_login(alice)
    with django_assert_max_num_queries(45):
        params = {"q": "tag:even", "range": "90d", "details": "on"}
        page = client.get(reverse("dashboard", args=[project.pk]), params).content.decode()

    assert tile(page, "sessions") == "Sessions 15"
    for title in ("Model-call latency", "Time to first token", "helpfulness", "Sessions by their mean"):
        assert title in page
    assert f'href="{reverse("dashboard", args=[project.pk])}?q=tag%3Aeven&amp;range=7d"' in page
    links = [unescape(link) for link in re.findall(r'href="([^"]*/sessions\?[^"]*)"', page)]
    assert len(links) > 500
    for link in links[::40]:
        assert client.get(link).status_code == 200
    assert "foreign" not in page


def test_what_is_below_the_charts_is_fetched_when_a_reader_comes_near(
    client: Client, alice: User, project: Project, rows: list[Session]
) -> None:
    client.force_login(alice)
    client.cookies["zone"] = "Pacific/Kiritimati"
    address, params = reverse("dashboard", args=[project.pk]), {"q": "tag:even", "range": "90d"}
    page = client.get(address, params).content.decode()
    whole = unescape(re.findall(r'hx-get="([^"]*)" hx-trigger="intersect once"', page)[0])
    part = client.get(whole, headers={"HX-Request": "true"}).content.decode()

    assert f'href="{escape(whole.removeprefix(address))}"' in page  # where no script runs
    for title in ("Models", "helpfulness", "When sessions begin"):
        assert f"{title} <span" not in page
        assert title in part
    assert 'When sessions begin <span class="muted small">Kiritimati time</span>' in part
    assert "<main" not in part
    assert "data-measure" not in part
    assert "take too long" in client.get(
        address, {"details": "on", "q": "cost > x"}, headers={"HX-Request": "true"}
    ).content.decode()  # fmt: skip


def test_a_period_is_compared_with_the_one_before(client: Client, alice: User, project: Project) -> None:
    now = timezone.now()
    for place, days in enumerate((1, 2, 3, 9)):
        at = now - timedelta(days=days)
        session(project, f"s{place}", created_at=at, updated_at=at, user_ids=["ana"], total_tokens=10)
    client.force_login(alice)
    page = client.get(reverse("dashboard", args=[project.pk]), {"range": "7d"}).content.decode()

    assert tile(page, "sessions") == "Sessions 3 up 200% from 1"
    assert tile(page, "users") == "Active users 1 no change from 1"
    assert tile(page, "tokens") == "Tokens 30 up 200% from 10"


@pytest.mark.parametrize("query", ["", "tag:vip"])  # of hourly sums, and of the traces of sessions
def test_latencies_are_compared_with_the_period_before(
    client: Client, alice: User, project: Project, query: str
) -> None:
    now = timezone.now()
    for days, seconds in ((1, 2), (2, 2), (3, 4), (9, 1), (10, 1), (30, 60)):
        at, claims = now - timedelta(days=days), in_session(f"s{days}", tags=["vip"])
        first = at + timedelta(seconds=seconds) / 4
        took = {"started_at": at, "ended_at": at + timedelta(seconds=seconds), "completion_started_at": first}
        ingest(project.pk, [call(f"t{days}", "a", claims=claims, **took)])
    recompute(project.pk, [f"s{days}" for days in (1, 2, 3, 9, 10, 30)])
    activity.recompute_dirty(DirtyMark.Target.HOUR)
    client.force_login(alice)
    page = client.get(reverse("dashboard", args=[project.pk]), {"range": "7d", "q": query}).content.decode()

    for key, words, ratio in (
        ("call-median", r"Median model call (2\.0|1\.9|2\.1) s up \d+% from [\d. ms]+", 2),
        ("call-p95", r"p95 model call (3\.\d|4\.\d) s up \d+% from [\d. ms]+", 4),
        ("first-token", r"Median first token [45]\d\d ms up \d+% from 2\d\d ms", 2),
    ):
        said = tile(page, key)
        assert re.fullmatch(words, said), said
        percent = int(re.findall(r"up (\d+)%", said)[0])
        assert abs(percent / 100 + 1 - ratio) <= ratio * 3 * RELATIVE_ERROR, said
    [link] = re.findall(r'href="[^"]*/sessions([^"]*)"[^>]*data-measure="call-p95"', page)
    slow = Listing(project, QueryDict(unescape(link).removeprefix("?")))
    assert [found.session_id for found in slow.matching] in (["s3"], [])  # a slot's middle may lie above its calls


def test_dates_count_more_than_the_range_that_the_form_sends_beside_them(
    client: Client, alice: User, project: Project, rows: list[Session]
) -> None:
    client.force_login(alice)
    day = timezone.localtime(rows[9].created_at).date()
    params = {"range": "30d", "from": str(day), "to": str(day), "q": ""}
    page = client.get(reverse("dashboard", args=[project.pk]), params).content.decode()

    expected = listing(project, f"from={day}&to={day}").count.number
    assert tile(page, "sessions").startswith(f"Sessions {expected}")
    assert f'name="from" value="{day}"' in page


@pytest.mark.parametrize(
    ("params", "shown"),
    [
        ({"q": "cost > cheap"}, "not a number"),
        ({"q": "tag:nowhere"}, "No sessions in this time"),
        ({"range": "all"}, "Dashboard"),
        ({"from": "2026-01-01", "to": "2026-01-02"}, "No sessions in this time"),
    ],
)
def test_a_dashboard_of_nothing_says_so(
    client: Client, alice: User, project: Project, params: dict[str, str], shown: str
) -> None:
    session(project, "of another time")
    client.force_login(alice)

    assert shown in client.get(reverse("dashboard", args=[project.pk]), params).content.decode()


@pytest.mark.parametrize("params", [{}, {"range": "30d"}, {"q": "tag:vip"}])
def test_the_dashboard_of_an_empty_project_leads_to_the_setup(
    client: Client, alice: User, project: Project, params: dict[str, str]
) -> None:
    client.force_login(alice)
    page = client.get(reverse("dashboard", args=[project.pk]), params).content.decode()

    assert f'<a class="btn primary" href="{reverse("setup", args=[project.pk])}">Show setup</a>' in page
    assert "Choose a longer time" not in page


@pytest.mark.parametrize("query", ["", "tag:even", "env:staging cost > 0.001"])
def test_each_measure_equals_what_the_list_and_the_api_say(
    client: Client, key: Key, project: Project, rows: list[Session], query: str
) -> None:
    params = {"range": "30d", "limit": 100} | ({"q": query} if query else {})
    told = client.get("/api/v1/sessions", params, headers={"Authorization": key.bearer}).json()["data"]
    asked = listing(project, f"range=30d&q={query}")
    summed, found = strip(asked), numbers(asked, steps_of()).facts
    number = len(told)
    expected = {
        "sessions": summed.session_count,
        "users": len({user for row in told for user in row["user_ids"]}),
        "cost": summed.total_cost,
        "cost-each": summed.total_cost / number,
        "tokens": summed.total_tokens,
        "input-tokens": sum(row["input_tokens"] for row in told),
        "output-tokens": sum(row["output_tokens"] for row in told),
        "median": summed.median,
        "p95": summed.high,
        "errors": summed.failed,
        "error-rate": summed.failed / number,
        "turns": summed.turn_count,
        "turns-each": Decimal(summed.turn_count) / number,
    }

    assert {name: measure.of(found) for name, measure in MEASURES.items()} == expected
    costs = {model: cost.total_cost for model, cost in found.costs.items()}
    assert sum(costs.values()) == summed.total_cost > 0
    assert costs == {"gpt-4o": summed.total_cost}


def test_a_chart_is_saved_as_a_file_with_the_numbers_of_the_page(
    client: Client, alice: User, project: Project, rows: list[Session]
) -> None:
    client.force_login(alice)
    params = {"q": "tag:even", "range": "30d", "chart": "sessions"}
    table = client.get(reverse("dashboard-file", args=[project.pk, "csv"]), params).content.decode().splitlines()
    drawn = client.get(reverse("dashboard-file", args=[project.pk, "svg"]), params)

    assert table[0] == "Day,Without errors,With errors,Total"
    assert sum(int(line.split(",")[3]) for line in table[1:]) == 15
    assert all(date.fromisoformat(line.split(",")[0]) for line in table[1:])
    hours = client.get(reverse("dashboard-file", args=[project.pk, "csv"]), params | {"range": "24h"})
    [_, *hourly] = hours.content.decode().splitlines()
    assert all(datetime.fromisoformat(line.split(",")[0]).tzinfo for line in hourly)
    assert drawn["Content-Type"] == "image/svg+xml"
    assert drawn["Content-Disposition"] == 'attachment; filename="sessions.svg"'
    assert drawn.content.startswith(b"<svg ")
    for form, chart, status in (("csv", "nothing", 404), ("pdf", "sessions", 404), ("csv", "", 404)):
        address = reverse("dashboard-file", args=[project.pk, form])
        assert client.get(address, params | {"chart": chart}).status_code == status
    assert (
        client.get(reverse("dashboard-file", args=[project.pk, "csv"]), params | {"q": "cost > x"}).status_code == 400
    )
