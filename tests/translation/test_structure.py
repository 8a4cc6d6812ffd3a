"""Whatever an engine answers, structure, code, ids and placeholders survive byte for byte: proven with the embedded
engine and with a server that destroys what it can."""

import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions.translation import engine as engine_module
from sessions.translation.embedded import Embedded
from sessions.translation.libretranslate import LibreTranslate
from sessions.translation.masking import mask, spans_of, unmasked
from sessions.translation.payload import document_of
from sessions.translation.planning import plan_of, source_of
from sessions.translation.provider import Provider, ProviderAccess
from sessions.translation.segments import pieces
from tests.translation.engines import Engine, served

KEPT = [
    "`cancel_order(id=42)`", "https://ex.com/pt/a?b=1&c=2", "{{nome}}", "{user_name}", "%(count)d", "${TOKEN}", "<b>",
    "support@acme.io", "#A-1029", "order_id", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "R$ 19,90", "12:30", "gpt-4o",
    "/var/log/app.log", "@maria", "🎉", "2024-05-01T10:00:00Z", "&nbsp;", "getUserName", "example.com", "XQ0", "x<y>z",
]  # fmt: skip
SAID = [
    "Olá, o meu pedido ainda não chegou", "você pode me ajudar com a entrega", "obrigado pela paciência",
    "o usuário não consegue entrar na conta", "veja a página de ajuda", "a senha expirou ontem",
]  # fmt: skip
FRAMES = ["{}", "# {}", "- {}", "> {}", "1. {}", "**{}**", "| {} | {} |", "[{}](https://x.io/a)", "  * {}", "*{}*, {}"]
BLOCKS = [
    "```py\nprint('olá mundo, tudo bem com você')\n```",
    "|---|---|",
    "",
    "---",
    "<div>\nolá mundo querido\n</div>\n",
]
# What must come back untouched, wherever it stands. The sign that ends its sentence is not part of it.
VERBATIM = re.compile(
    r"```[\s\S]*?```|`[^`\n]+`|https?://[^\s)|]*[^\s)|.,;:!?*_~]|\{\{?\w+\}?\}|%\(\w+\)d|\$\{\w+\}"
    r"|[\w.]+@[\w.]*\w|\d(?:[\d.,:-]*\d)?|#A-"
)

# May stand elsewhere in a translated sentence, each whole.
INLINE = re.compile(r"`[^`\n]+`|\{\{?\w+\}?\}|\$\{\w+\}|\w+_\w+")


@st.composite
def sentences(draw: st.DrawFn) -> str:
    words = draw(st.lists(st.one_of(st.sampled_from(SAID), st.sampled_from(KEPT)), min_size=1, max_size=6))
    return " ".join(words) + draw(st.sampled_from(["", ".", "!", "?", ":"]))


@st.composite
def documents(draw: st.DrawFn) -> str:
    lines = []
    for _ in range(draw(st.integers(1, 6))):
        if draw(st.integers(0, 4)):
            frame = draw(st.sampled_from(FRAMES))
            lines.append(frame.format(*(draw(sentences()) for _ in range(frame.count("{}")))))
        else:
            lines.append(draw(st.sampled_from(BLOCKS)))
    return draw(st.sampled_from(["\n", "\r\n", "\n\n"])).join(lines)


def destroyed(text: str) -> str:
    """What bad engines do: markers lost, doubled, swapped or spelled differently, new structure, nothing at all."""
    choice = random.Random(text)
    return choice.choice(
        [
            lambda: re.sub(r"XQ+\d+", "", text),
            lambda: text + " XQ0",
            lambda: text.lower(),
            lambda: re.sub(r"(XQ+\d+)", r"\1 \1", text),
            lambda: " ".join(reversed(text.split())),
            lambda: f"```\n{text}\n```",
            lambda: f"- {text}",
            lambda: f"<script>{text}</script>",
            lambda: "",
            lambda: text * 9,
            lambda: f"{text} | {text}",
            lambda: text.replace(" ", ""),
            lambda: text.replace(" ", "\n"),
            lambda: f"# {text} **",
            lambda: text.upper(),
        ]
    )()


@pytest.fixture(scope="module")
def destructive() -> Iterator[Provider]:
    with served(Engine(translate=destroyed)) as engine:
        yield LibreTranslate(ProviderAccess(base_url=engine.url))


@pytest.fixture(autouse=True)
def _no_quota(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.TRANSLATION_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(engine_module.quota, "reserve", lambda *_: None)


def read_by(provider: Provider, texts: dict[str, str]) -> dict[str, str]:
    plan = plan_of(source_of(texts), "en")
    work = engine_module.Work(provider, 1, 10**9, {})
    for batch in work.batches(plan):
        work.translate(batch, "en")
    assert work.error is None
    return plan.texts(work.translations)


def skeleton(text: str) -> list[str]:
    """Markdown without its words: breaks of lines, marks at their beginning, cells, emphasis, and what is verbatim."""
    text = INLINE.sub("x", text)  # what goes must not make a list of what follows
    return re.findall(r"\r\n|\n|(?m:^[ \t]*(?:#+|[-*+>]|\d+\.)[ \t])|[|*`<>\[\]{}_~]", text)


def kept_of(text: str) -> list[str]:
    return sorted(VERBATIM.findall(text))


def check(before: str, after: str) -> None:
    assert skeleton(after) == skeleton(before)
    assert kept_of(after) == kept_of(before)
    assert re.findall(r"XQ\w*", after) == re.findall(r"XQ\w*", before)


# The same documents in every run: what is checked here reads Markdown more roughly than the code that it checks.
SLOW = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@given(documents())
@SLOW
def test_the_embedded_engine_cannot_damage_a_text(text: str) -> None:
    check(text, read_by(Embedded(ProviderAccess()), {"input": text})["input"])


@given(documents())
@settings(SLOW, max_examples=80)
def test_an_engine_that_destroys_what_it_can_cannot_damage_a_text(destructive: Provider, text: str) -> None:
    check(text, read_by(destructive, {"input": text})["input"])


@given(documents(), documents())
@settings(SLOW, max_examples=40)
def test_roles_keys_tools_and_ids_of_messages_survive(destructive: Provider, asked: str, answered: str) -> None:
    call = {"id": "call_1", "name": "procurar pedido", "arguments": {"nota": "olá mundo, tudo bem"}}
    messages = [
        {"role": "user", "content": asked, "name": "maria da silva"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "o pedido ainda não chegou aqui", "tool_call_id": "call_1"},
        {
            "role": "user",
            "content": [{"type": "text", "text": answered}, {"type": "image_url", "image_url": "olá mundo"}],
        },
    ]
    after = json.loads(read_by(destructive, {"input": json.dumps(messages)})["input"])

    check(asked, after[0]["content"])
    check(answered, after[3]["content"][0]["text"])
    after[0]["content"], after[3]["content"][0]["text"] = asked, answered
    assert after == messages


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([*SAID, *KEPT, "ativo", ""]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["estado", "texto", "order_id", "url", "nota", "id"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return "text" if isinstance(value, str) and value in SAID else value


@given(st.dictionaries(st.sampled_from(["estado", "order_id", "nota"]), JSON, min_size=1))
@settings(SLOW, max_examples=40)
def test_json_keeps_its_keys_and_everything_that_is_no_sentence(destructive: Provider, value: Any) -> None:
    def unsaid(item: Any, like: Any) -> Any:
        if isinstance(like, dict):
            return {key: unsaid(item[key], like[key]) for key in like}
        if isinstance(like, list):
            return [unsaid(left, right) for left, right in zip(item, like, strict=True)]
        return "text" if isinstance(like, str) and like in SAID else item

    text = json.dumps(value)
    after = json.loads(read_by(destructive, {"output": text})["output"])

    assert unsaid(after, value) == shape(value)


@given(st.text(alphabet=st.sampled_from("aB1 .,;|`*_#>-\n\r\t<[](){}xé。🎉&@/:\"'~XQ0"), max_size=120))
@settings(max_examples=400, deadline=None)
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    assert "".join(piece.text for piece in pieces(text)) == text


@given(st.text(alphabet=st.sampled_from("aBé1 .,`*_#<[](){}🎉&@/:~XQ0"), max_size=60))
@settings(max_examples=400, deadline=None)
def test_a_mask_that_comes_back_as_it_went_gives_the_text_again(text: str) -> None:
    text = text.strip()
    masked = mask(text, spans_of(text))

    again = unmasked(masked, masked.text)

    assert again is None or again == text


@given(documents())
@settings(max_examples=100, deadline=None)
def test_a_text_is_taken_apart_and_put_together_unchanged(text: str) -> None:
    for stored in (text, json.dumps(text), json.dumps([{"role": "user", "content": text}])):
        document = document_of(stored)
        assert document.with_leaves(document.leaves) == stored


def test_broken_json_is_no_prose() -> None:
    assert document_of('{"estado": "olá mundo, tudo bem com vo').leaves == ()


def test_a_text_in_the_readers_language_is_left_alone() -> None:
    plan = plan_of(
        source_of(
            {"input": "The password has expired, please try again.\nNão consigo entrar na minha conta desde ontem."}
        ),
        "en",
    )

    assert [unit.text for unit in plan.units] == ["Não consigo entrar na minha conta desde ontem."]


def test_a_short_text_speaks_the_language_of_its_trace() -> None:
    plan = plan_of(source_of({"input": "oi", "output": "Olá! Como posso ajudar você hoje?"}), "en")

    assert {unit.source for unit in plan.units} == {"pt"}
    assert plan_of(source_of({"input": "ok 42"}), "en").units == ()


@pytest.mark.parametrize("blanks", [0, 1, 2, 3])
def test_blanks_at_the_edges_are_kept_aside_to_the_last(blanks: int) -> None:
    masked = mask(" " * blanks + "Hello" + " " * blanks, [])

    assert (masked.prefix, masked.text, masked.suffix) == (" " * blanks, "Hello", " " * blanks)
