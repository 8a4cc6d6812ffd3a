"""Makes conversations out of scripts: who talks when, with which model, what each step takes, and what goes wrong.

Everything follows from the seed and the hour, so telling the same story again changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import cycle
from random import Random
from typing import Any

import orjson

from sessions.demo.script import Act, Cast, Exchange, Script, casts, filled
from sessions.demo.tools import DEMO_TOOLS
from tracing.records import Kind

Message = dict[str, Any]
DEMO_DAYS = 21
MODELS = {  # name: provider, how often of 100
    "gpt-4o": ("openai", 27),
    "gpt-4o-mini": ("openai", 26),
    "claude-sonnet-4-20250514": ("anthropic", 22),
    "gemini-2.5-flash": ("google", 19),
    "acme-nova-2": ("acme", 6),  # in no price list
}
ENVIRONMENTS = {"production": 82, "staging": 13, "development": 5}
CHANNELS = {"web": 50, "whatsapp": 25, "email": 25}
RELEASES = ("2026.10.3", "2026.11.1", "2026.11.2")
TOOLS_TOKENS = 1_150  # the descriptions of the tools, which every call carries and no message shows
FAILING_EVERY = 17  # conversations, of which one has a tool that fails: a service that works, with something to find
OVERLOADED_SHARE = 0.01  # of turns
OVERLOADED = "429 rate_limit_exceeded: please retry in 2 s"
AGENTS = {"code": "code-agent", "docs": "docs-assistant", "flight": "travel-agent"}
SESSION_IDS = ("chat-{token}", "support/2026/{token}", "{user}:{token}", "conv_{token}")


@dataclass
class DemoSpan:
    """One span to be: `after` says when it starts, from the beginning of the conversation."""

    kind: Kind
    name: str
    span_id: int
    after: timedelta
    took: timedelta = timedelta()
    input: Any = None
    output: Any = None
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    error: str = ""
    children: list["DemoSpan"] = field(default_factory=list)

    def walk(self) -> Iterator["DemoSpan"]:
        """Children first, as SDKs send them."""
        for child in self.children:
            yield from child.walk()
        yield self


@dataclass
class DemoTurn:
    trace_id: int
    root: DemoSpan


@dataclass
class Conversation:
    session_id: str
    user_id: str
    environment: str
    release: str
    theme: str
    tags: list[str]
    metadata: dict[str, str]
    model: str
    provider: str
    started_at: datetime
    turns: list[DemoTurn]


def tell(count: int, *, seed: int, until: datetime) -> Iterator[Conversation]:
    """`count` conversations of the last three weeks before `until`."""
    random = Random(seed)
    told = [(cast, _endless(random, cast, fails=False), _endless(random, cast, fails=True)) for cast in casts()]
    for number in range(count):
        cast, calm, failing = told[number % len(told)]
        script = next(failing if number % FAILING_EVERY == FAILING_EVERY // 3 else calm)
        yield Teller(random, cast, script).conversation(until)


def _endless(random: Random, cast: Cast, *, fails: bool) -> Iterator[Script]:
    """Return the scripts in which a tool fails, or those in which none does, in any order and again and again."""
    scripts = [script for script in cast.scripts if script.fails is fails]
    return cycle(random.sample(scripts, len(scripts)))


def _weighted(random: Random, weights: dict[str, int]) -> str:
    return random.choices(list(weights), list(weights.values()))[0]


class Teller:
    """Tells one conversation from its beginning; `clock` is how far it has got."""

    def __init__(self, random: Random, cast: Cast, script: Script) -> None:
        self.random, self.cast, self.script = random, cast, script
        self.name, self.user_id = cast.person(random)
        token = f"{random.getrandbits(40):010x}"
        self.session_id = random.choice(SESSION_IDS).format(token=token, user=self.user_id)
        self.made = 0  # ids so far
        self.words = self._words()
        self.model = _weighted(random, {name: share for name, (_, share) in MODELS.items()})
        self.clock = timedelta()
        self.history: list[Message] = [{"role": "system", "content": filled(cast.words["system"][0], self.words)}]

    def conversation(self, until: datetime) -> Conversation:
        random, channel = self.random, _weighted(self.random, CHANNELS)
        turns = [self._turn(exchange) for exchange in self.script.exchanges]
        ago = timedelta(minutes=3) + timedelta(days=DEMO_DAYS) * random.random() ** 1.5
        return Conversation(
            session_id=self.session_id,
            user_id=self.user_id,
            environment=_weighted(random, ENVIRONMENTS),
            release=random.choice(RELEASES),
            theme=self.script.theme,
            tags=[self.script.theme, self.cast.language, *(["vip"] if random.random() < 0.12 else [])],
            metadata={"channel": channel, "language": self.cast.language},
            model=self.model,
            provider=MODELS[self.model][0],
            started_at=until - self.clock - ago,
            turns=turns,
        )

    def _words(self) -> dict[str, str]:
        random, words = self.random, self.cast.words
        city, city2 = random.sample(words["city"], 2)
        ticket = str(random.randint(10_000, 99_999))
        return {
            "name": self.name,
            "email": f"{self.user_id}@example.com",
            "product": random.choice(words["product"]),
            "day": random.choice(words["day"]),
            "city": city,
            "city2": city2,
            "ticket": ticket,
            "order": f"A{random.randint(100, 999)}-{random.randint(1000, 9999)}",
            "invoice": f"INV-2026-{random.randint(1000, 9999)}",
            "amount": f"{random.randint(12, 480)}.{random.choice(['00', '50', '90', '99'])}",
            "flight": f"NB{random.randint(100, 999)}",
            "booking": "".join(random.choices("ABCDEFGHKLMNPQRTUVWXYZ2345679", k=6)),
            "days": str(random.randint(2, 6)),
        }

    def _turn(self, exchange: Exchange) -> DemoTurn:
        typing = timedelta(seconds=self.random.uniform(6, 75))
        self.clock += typing if exchange.pause is None else exchange.pause + typing
        asked, answered = filled(exchange.asked, self.words), filled(exchange.answered, self.words)
        self.history.append({"role": "user", "content": asked})
        root = self._step(Kind.AGENT, AGENTS.get(self.script.theme, "support-agent"), asked)
        self.clock += timedelta(milliseconds=self.random.randint(2, 20))
        for act in exchange.acts:
            root.children += self._search(act) if act.query else self._call(act)
        if self.random.random() < OVERLOADED_SHARE:
            root.children.append(self._generation("", error=OVERLOADED))
            self.clock += timedelta(seconds=2)
        root.children.append(self._generation(answered))
        self.history.append({"role": "assistant", "content": answered})
        root.output, root.took = answered, self.clock - root.after
        return DemoTurn(self._id(16), root)

    def _search(self, act: Act) -> list[DemoSpan]:
        found = [filled(document, self.words) for document in act.documents]
        embedding = self._step(Kind.EMBEDDING, "embed", filled(act.query, self.words))
        embedding.model, embedding.input_tokens = "text-embedding-3-small", tokens(embedding.input)
        self._pass(embedding, 0.05, 0.2)
        retrieval = self._step(Kind.RETRIEVER, act.name, embedding.input)
        retrieval.output = found
        self._pass(retrieval, 0.1, 0.6)
        self.history.append({"role": "system", "content": "\n\n".join(found)})
        return [embedding, retrieval]

    def _call(self, act: Act) -> list[DemoSpan]:
        """Let the model ask for a tool, and the tool answer or fail."""
        tool = DEMO_TOOLS[act.name]
        arguments = filled(tool.arguments, self.words)
        call = {"id": f"call_{self.random.getrandbits(32):08x}", "type": "function"}
        wish = {**call, "function": {"name": act.name, "arguments": arguments}}
        asking = self._generation("", calls=[wish])
        used = self._step(Kind.TOOL, act.name, orjson.loads(arguments))
        used.error = filled(tool.error, self.words) if act.fails else ""
        used.output = None if act.fails else orjson.loads(filled(tool.result, self.words))
        self._pass(used, *((2, 10) if act.fails else (0.1, 1.8)))
        said = used.error or orjson.dumps(used.output).decode()
        self.history.append({"role": "assistant", "content": "", "tool_calls": [wish]})
        self.history.append({"role": "tool", "tool_call_id": call["id"], "content": said})
        return [asking, used]

    def _generation(self, text: str, *, calls: list[Message] | None = None, error: str = "") -> DemoSpan:
        made = self._step(Kind.GENERATION, f"chat {self.model}", list(self.history))
        made.model, made.error = self.model, error
        if error:
            self._pass(made, 0.2, 0.9)
            return made
        made.output = {"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}
        made.input_tokens = TOOLS_TOKENS + sum(tokens(str(message["content"])) + 4 for message in made.input)
        made.output_tokens = tokens(text + orjson.dumps(calls or []).decode())
        self._pass(made, 0.4 + made.output_tokens / 90, 0.9 + made.output_tokens / 45)
        return made

    def _step(self, kind: Kind, name: str, asked: Any) -> DemoSpan:
        return DemoSpan(kind, name, self._id(8), self.clock, input=asked)

    def _id(self, size: int) -> int:
        """From what it names and not from chance, so that another version of the scripts reuses no trace's id."""
        self.made += 1
        return int.from_bytes(blake2b(f"{self.session_id} {self.made}".encode(), digest_size=size).digest())

    def _pass(self, step: DemoSpan, least: float, most: float) -> None:
        step.took = timedelta(seconds=self.random.uniform(least, most))
        self.clock += step.took


def tokens(text: str) -> int:
    """Roughly what a tokenizer counts: four letters of a Latin script, or one and a half characters of others."""
    latin = sum(character < "\u0250" for character in text)
    return 1 + latin // 4 + (len(text) - latin) * 2 // 3
