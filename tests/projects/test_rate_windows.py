"""A rate: how often within one window, what its headers say, and when a window ends."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.test import RequestFactory

from projects import rate_limits
from projects.rate_limits import PEOPLE_RATES, Rate, RateStanding, TooOften, admit, count, spoken

THRICE = Rate("tries of a test", 3, 60)


@pytest.fixture
def who() -> Iterator[str]:
    """Somebody who was never counted before."""
    name = uuid4().hex
    yield name
    for key in keys(name):
        redis_server().delete(key)


def redis_server() -> redis.Redis:
    return redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])


def keys(who: str) -> list[bytes]:
    return sorted(redis_server().scan_iter(f"*{who}*"))


def standing(times: int, *, seconds_left: int = 9) -> RateStanding:
    return RateStanding(THRICE, times, seconds_left)


@pytest.mark.parametrize(
    ("times", "left", "is_exceeded"), [(0, 3, False), (1, 2, False), (2, 1, False), (3, 0, False), (4, 0, True)]
)
def test_the_last_one_is_let_in_and_the_next_one_is_not(times: int, left: int, *, is_exceeded: bool) -> None:
    found = standing(times)
    assert (found.left, found.is_exceeded) == (left, is_exceeded)
    assert found.headers() == {
        "RateLimit-Limit": "3",
        "RateLimit-Remaining": str(left),
        "RateLimit-Reset": "9",
    }


def test_a_refusal_says_how_often_and_when_to_come_again() -> None:
    refused = TooOften(RateStanding(Rate("exports", 1_200, 3_600), 1_201, 17))
    assert str(refused) == "More than 1,200 exports in an hour."
    assert refused.retry_after == 17


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 seconds"), (59, "59 seconds"), (60, "a minute"), (61, "61 seconds"), (120, "2 minutes"),
        (3_600, "an hour"), (3_660, "61 minutes"), (7_200, "2 hours"), (86_400, "a day"),
        (172_800, "2 days"), (90_000, "25 hours"),
    ],
)  # fmt: skip
def test_a_window_is_said_in_its_largest_whole_unit(seconds: int, words: str) -> None:
    assert spoken(seconds) == words


def test_each_event_counts_once_and_beyond_the_rate_everybody_is_refused(who: str) -> None:
    found = [count(THRICE, who) for _ in range(2)]
    assert [one and one.times for one in found] == [1, 2]
    admit(THRICE, who)
    for _ in range(2):
        with pytest.raises(TooOften) as refused:
            admit(THRICE, who)
    assert 58 <= refused.value.retry_after <= 60


def test_a_window_begins_with_the_first_event_and_none_prolongs_it(who: str) -> None:
    first = count(THRICE, who)
    assert first is not None
    assert first.seconds_left == 60
    [key] = keys(who)
    redis_server().pexpire(key, 10_500)
    second = count(THRICE, who)
    assert second is not None
    assert (second.times, second.seconds_left) == (2, 11), "ten seconds and a half are begun eleven"
    redis_server().delete(key)  # as the end of the window does
    third = count(THRICE, who)
    assert third is not None
    assert (third.times, third.seconds_left) == (1, 60)


def test_the_last_instant_of_a_window_is_still_a_second(who: str) -> None:
    count(THRICE, who)
    [key] = keys(who)
    redis_server().persist(key)  # a key without an end answers -1
    found = count(THRICE, who)
    assert found is not None
    assert found.seconds_left == 1


def test_kinds_and_people_are_counted_apart(who: str) -> None:
    others = [(THRICE, f"{who}-2"), (Rate("other tries", 3, 60), who)]
    for _ in range(3):
        admit(THRICE, who)
    for rate, name in others:
        found = count(rate, name)
        assert found is not None
        assert found.times == 1
    assert len(keys(who)) == 3


def test_a_request_carries_the_standing_to_its_answer(who: str) -> None:
    request = RequestFactory().get("/")
    found = count(THRICE, who, request)
    assert request.META[rate_limits.STANDING_KEY] == found
    other = RequestFactory().get("/")
    count(THRICE, who)
    assert rate_limits.STANDING_KEY not in other.META


def test_the_rates_of_people_are_as_documented() -> None:
    assert [(rate.most, rate.seconds) for rate in PEOPLE_RATES] == [(20, 60), (10, 60), (10, 60), (60, 60), (30, 60)]
    assert len({rate.kind for rate in PEOPLE_RATES}) == len(PEOPLE_RATES), "each has a counter of its own"
