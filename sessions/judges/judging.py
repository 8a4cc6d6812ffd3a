"""Asks a model about one session: all of its conversation, in parts if it is long, within the cap and the rate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils import timezone

from projects.jobs.redis_client import patient_redis
from sessions.judges.asking import MAX_ANSWER_TOKENS, ModelAnswer, Question, ask_model
from sessions.judges.questions import Opinion, merge_of, question_of, read_opinion
from sessions.judges.spending import ZERO, price_of, reserve
from sessions.judges.transcript import Transcript
from sessions.models import Judge, JudgeVersion, ModelProvider, ScoreConfig
from sessions.translation.provider import BadAnswer, ProviderRateLimited, ProviderTimedOut, TranslationFailed
from tracing.pricing.project_prices import Prices

RESERVED_BYTES_OF_TOKEN = 2  # tokens are reserved for so few bytes each, so that the true number is below
OVERHEAD_TOKENS = 3_000  # of the window, for instructions and the answer
PART_BYTES_OF_TOKEN = 3
MERGED_AT_ONCE = 40


@dataclass
class ModelUse:
    """What the questions about one session took; None as soon as one of them is unknown."""

    input_tokens: int | None = 0
    output_tokens: int | None = 0
    cost: Decimal | None = ZERO
    asked_bytes: int = 0
    requests: int = 0  # that were sent, also those without a valid answer

    def add(self, question: Question, answer: ModelAnswer, cost: Decimal | None) -> None:
        """Add one answer."""
        self.asked_bytes += question.byte_count
        self.input_tokens = _sum(self.input_tokens, answer.input_tokens)
        self.output_tokens = _sum(self.output_tokens, answer.output_tokens)
        self.cost = None if self.cost is None or cost is None else self.cost + cost


@dataclass
class Hearing:
    """One session before a prompt judge. `alive` is asked before each request: whether the worker still has it."""

    provider: ModelProvider
    judge: Judge
    version: JudgeVersion
    config: ScoreConfig
    alive: Callable[[], bool]
    use: ModelUse = field(default_factory=ModelUse)

    @property
    def model(self) -> str:
        """The model that is asked."""
        return self.version.model or self.provider.model

    def parts_of(self, transcript: Transcript) -> list[list[dict[str, object]]]:
        """Return the transcript in parts that the model's window holds."""
        tokens = max(self.provider.window_tokens - OVERHEAD_TOKENS - len(self.version.prompt) // 3, 500)
        return transcript.parts(tokens * PART_BYTES_OF_TOKEN)

    def questions_on(self, transcript: Transcript) -> list[Question]:
        """Return what is asked about the parts of the transcript."""
        parts = self.parts_of(transcript)
        return [
            question_of(self.version, self.config, part, place, len(parts)) for place, part in enumerate(parts, start=1)
        ]

    def opinion_on(self, transcript: Transcript) -> Opinion:
        """Return the opinion on the whole conversation. Raises TranslationFailed."""
        turns = range(1, len(transcript.turn_ids) + 1)
        opinions = [self._ask(question, turns) for question in self.questions_on(transcript)]
        while len(opinions) > 1:
            groups = [opinions[at : at + MERGED_AT_ONCE] for at in range(0, len(opinions), MERGED_AT_ONCE)]
            opinions = [self._merged(group, turns) for group in groups]
        return opinions[0]

    def _merged(self, opinions: Sequence[Opinion], turns: range) -> Opinion:
        if len(opinions) == 1:
            return opinions[0]
        return self._ask(merge_of(self.version, self.config, opinions), turns)

    def _ask(self, question: Question, turns: range) -> Opinion:
        if not self.alive():
            raise LeaseLost("Another worker has taken over.")
        prices = Prices.of(self.judge.project_id)
        most = question.byte_count // RESERVED_BYTES_OF_TOKEN
        reserved = reserve(self.judge, price_of(prices, self.provider.protocol, self.model, most, MAX_ANSWER_TOKENS))
        try:
            wait_for_turn(self.judge.project_id, self.provider.requests_per_minute)
            self.use.requests += 1
            answer = ask_model(self.provider, self.model, question)
        except (ProviderTimedOut, BadAnswer):
            raise  # it may have cost what was reserved
        except TranslationFailed:
            reserved.settle(ZERO)
            raise
        cost = self._cost(prices, answer)
        reserved.settle(cost)
        self.use.add(question, answer, cost)
        return read_opinion(self.config, answer.said, turns)

    def _cost(self, prices: Prices, answer: ModelAnswer) -> Decimal | None:
        if answer.input_tokens is None or answer.output_tokens is None:
            return None
        return price_of(prices, self.provider.protocol, self.model, answer.input_tokens, answer.output_tokens)


class LeaseLost(TranslationFailed):
    """Another worker judges the session."""

    code = "lease_lost"


def wait_for_turn(project_id: int, requests_per_minute: int) -> None:
    """Count a request. Raises ProviderRateLimited when the project has asked enough in this minute."""
    now = timezone.now()
    key = f"judges:asked:{project_id}:{now:%H%M}"
    pipeline = patient_redis().pipeline()
    pipeline.incr(key)
    pipeline.expire(key, 120)
    if pipeline.execute()[0] > requests_per_minute:
        rest = 60.0 - now.second
        raise ProviderRateLimited(f"The project asks its model at most {requests_per_minute} times a minute.", rest)


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
