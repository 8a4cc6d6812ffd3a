"""What it would cost to ask a model about many sessions, from what would be sent about a chance sample of them.

The sample is read whole and put as the questions that would be sent. It tells the bytes of a turn, and the turns of
all sessions are known. How many tokens a byte takes, the model's former answers tell."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, QuerySet, Sum

from sessions.judges.judging import Hearing
from sessions.judges.loading import Bench, load_provider
from sessions.judges.scope import chance_of
from sessions.judges.spending import price_of, spent
from sessions.judges.transcript import BYTES_OF_TOKEN, Transcript, read_transcript
from sessions.models import Session, Verdict
from tracing.lists.bounded import TooLong, within
from tracing.pricing.project_prices import Prices

COUNTED_TIMEOUT_MS = 3_000
READ_TIMEOUT_MS = 3_000
LEARNED_TIMEOUT_MS = 500
READ_SESSIONS = 60
READ_SECONDS = 2.0  # after them, the sample is as large as it is
LEARNED_VERDICTS = 200
USUAL_ANSWER_TOKENS = 80  # a reason of one to three sentences, until the model has answered
Z_OF_NINE_IN_TEN = 1.645


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What judging sessions would take. Costs are USD; None is unknown, and a rule costs 0.

    `low` and `high` hold the cost 9 of 10 times; they are None if all sessions were read."""

    session_count: int
    read_count: int = 0
    model: str = ""
    request_count: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = Decimal(0)
    low: Decimal | None = None
    high: Decimal | None = None
    left_of_cap: Decimal | None = None
    minutes: int = 0  # at least, as often as the model may be asked

    @property
    def fitting_count(self) -> int | None:
        """About how many of the sessions the rest of the month's cap pays for; None if it pays for all."""
        if self.left_of_cap is None or not self.cost or self.cost <= self.left_of_cap:
            return None
        return int(self.session_count * self.left_of_cap / self.cost)


class Asked(NamedTuple):
    """What would be sent about one session."""

    turn_count: int
    byte_count: int
    request_count: int


class TokenHabits(NamedTuple):
    """How many tokens a model takes for a byte of what it is asked, and for an answer."""

    of_byte: float = 1 / BYTES_OF_TOKEN
    of_answer: float = USUAL_ANSWER_TOKENS


def estimate(bench: Bench, sessions: QuerySet[Session]) -> Estimate:
    """Estimate what judging these sessions takes. Raises TooLong."""
    with within(COUNTED_TIMEOUT_MS):
        whole = sessions.aggregate(count=Count("session_id"), turns=Sum("turn_count"))
    provider = load_provider(bench.judge.project_id)
    if bench.is_rule or provider is None or not whole["count"]:
        return Estimate(session_count=whole["count"])
    hearing = Hearing(provider, bench.judge, bench.version, bench.config, alive=lambda: True)
    return _estimated(hearing, whole["count"], whole["turns"] or 0, _read_some(hearing, sessions))


def estimate_of(bench: Bench, transcripts: Sequence[Transcript]) -> Estimate:
    """Estimate what judging these conversations takes, all of which are read."""
    provider = load_provider(bench.judge.project_id)
    if provider is None or not transcripts:
        return Estimate(session_count=len(transcripts))
    hearing = Hearing(provider, bench.judge, bench.version, bench.config, alive=lambda: True)
    asked = [_asked_of(hearing, len(one.turn_ids), one) for one in transcripts]
    return _estimated(hearing, len(asked), sum(one.turn_count for one in asked), asked)


def _estimated(hearing: Hearing, count: int, turns: int, asked: Sequence[Asked]) -> Estimate:
    judge, provider = hearing.judge, hearing.provider
    habits = _habits_of(judge.project_id, hearing.model)
    ratio = _ratio(count, turns, asked)
    requests = math.ceil(sum(one.request_count for one in asked) * ratio)
    bytes_asked = sum(one.byte_count for one in asked) * ratio
    input_tokens, output_tokens = math.ceil(bytes_asked * habits.of_byte), math.ceil(requests * habits.of_answer)
    cost = _cost(hearing, requests, input_tokens, output_tokens)
    error = Decimal(_error(count, asked)) if cost is not None else None
    cap = judge.monthly_cap
    return Estimate(
        session_count=count,
        read_count=len(asked),
        model=hearing.model,
        request_count=requests,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cost=cost,
        low=cost * max(1 - error, Decimal(0)) if cost is not None and error else None,
        high=cost * (1 + error) if cost is not None and error else None,
        left_of_cap=None if cap is None else max(cap - spent(judge), Decimal(0)),
        minutes=requests // provider.requests_per_minute,
    )


def _read_some(hearing: Hearing, sessions: QuerySet[Session]) -> list[Asked]:
    until = time.monotonic() + READ_SECONDS
    asked: list[Asked] = []
    with within(READ_TIMEOUT_MS):
        for session in sessions.order_by(chance_of(hearing.judge))[:READ_SESSIONS]:
            asked.append(_asked_of(hearing, session.turn_count, read_transcript(session)))
            if time.monotonic() >= until:
                break
    return asked


def _asked_of(hearing: Hearing, turn_count: int, transcript: Transcript) -> Asked:
    sizes = [question.byte_count for question in hearing.questions_on(transcript)] if transcript.entries else []
    return Asked(turn_count, sum(sizes), len(sizes))


def _ratio(count: int, turns: int, asked: Sequence[Asked]) -> float:
    """Return how much larger the whole is than the sample: by turns, which tell more than the number of sessions."""
    read_turns = sum(one.turn_count for one in asked)
    return turns / read_turns if turns and read_turns else count / len(asked)


def _error(count: int, asked: Sequence[Asked]) -> float:
    """Return half the width of the interval, as a share of the total: that of a ratio estimator (Cochran 1977)."""
    size, turns, sent = len(asked), sum(one.turn_count for one in asked), sum(one.byte_count for one in asked)
    if size < 2 or size >= count or not turns or not sent:
        return 0.0
    of_turn = sent / turns
    spread = sum((one.byte_count - of_turn * one.turn_count) ** 2 for one in asked) / (size - 1)
    return Z_OF_NINE_IN_TEN * math.sqrt((1 - size / count) * spread / size) / (sent / size)


def _habits_of(project_id: int, model: str) -> TokenHabits:
    """Return what former verdicts of the model tell, or what is usual."""
    told = Verdict.objects.for_project(project_id).filter(
        model=model, state=Verdict.State.DONE, asked_bytes__gt=0, input_tokens__gt=0, output_tokens__isnull=False
    )
    try:
        with within(LEARNED_TIMEOUT_MS):
            known = list(
                told.values_list("asked_bytes", "input_tokens", "output_tokens", "part_count")[:LEARNED_VERDICTS]
            )
    except TooLong:
        return TokenHabits()
    if not known:
        return TokenHabits()
    asked, taken, answered, parts = (sum(column) for column in zip(*known, strict=True))
    requests = parts + sum(1 for *_, count in known if count > 1)  # and one that merges
    return TokenHabits(taken / asked, answered / requests)


def _cost(hearing: Hearing, requests: int, input_tokens: int, output_tokens: int) -> Decimal | None:
    """Return the cost of all requests, each of the mean size: some prices depend on it."""
    if not requests:
        return Decimal(0)
    prices = Prices.of(hearing.judge.project_id)
    mean = (input_tokens // requests, output_tokens // requests)
    one = price_of(prices, hearing.provider.protocol, hearing.model, *mean)
    return None if one is None else one * requests
