"""How the cost of work on a text grows with the text: linear work passes, everything steeper is named.

Only the CPU time of this thread counts, the best of several tries, and only the ratio between a text and one four times
as long, so that neither a slow nor a busy machine decides. Texts grow from eight characters on, so that work that grows
exponentially is caught while it still ends."""

import gc
import re
import time
from collections.abc import Callable, Iterable

SIZES = (8, 16, 20, 24, 28, 32, 48, 128, 512, 2_048, 8_192)
# Nothing linear needs so long for so little text, and what is quicker than this is not worth a look at its growth.
NOTEWORTHY_SECONDS = 0.0015
STEEP = 9.0  # times the cost for four times the text: linear work has 4, work that grows with the square 16
TRIES = 5
ROUNDS = 3

UNITS = (
    *(" ", "\n", "\t", "\r\n", "\r", " \n", "a", "A", "a ", "ab", "1", "1 ", "1.", ".", ",", ";", ":", "/"),
    *("-", "_", "+", "\\", "\\n", "\"", "'", "[", "]", "](", "[]", "[a](", "(", "()", "a(", "((", "{", "}"),
    *("{\"a\":", "[[", "%", "%(", "%1", "{{", "}}", "=", "a=", "&", "&a;", "<", "<a", "<a>", "</", "<!--", "`"),
    *("```", "``` ", "|", "| ", "|-", "*", "**", "* ", "_a", "#", "# ", "> ", ">", "- ", "@", "a@", "a."),
    *("@@@", "$", "$ ", "^", "~", "!", "?", "x-", "0", "00:", "a-1", "a1", "1a", "\xe9", "e\u0301", "\u0301"),
    *("\u0301\u0327", "\uff9e\u0f73\u0301"),
    *("\xdf", "\u0130", "\u65e5", "\u0627", "\u0e44", "\u0e36", "\u200d", "\U0001f642", "\U0001f1e6", "\x00"),
    *("\x1b", "\ue000", "\ufffd", "data:", "data:image/png;base64,", "data:a/a;a=", "data:a/a;base64,A"),
    *(";base64,", "AAAA", "AAAA=", "sk-", "Bearer ", "\\u0041", "\\ud83d", "\\\\", "\\\"", "XQ", "XQ1"),
    *("http://", "http://a", "https://a.b/", "a@b.c", "www.", "None, ", "True", "[1, ", "{'a': "),
    *("AIMessage(content='", "a='b', ", "00000000-", "12345678-", "00000000-0000-0000-0000-", "tag:a ", "tag:"),
    *("a,", "NOT ", "OR ", "trace(", "span(", "a:any(", "a. ", "Dr. ", "e.g. ", "\u3002", "\u2026", "?!"),
    *("1) ", "SELECT ", " project_id", "INSERT INTO a (", "Not Found: /project/1/sessions/", "role", "user: "),
    "assistant",
)  # fmt: skip
ENDS = ("", "\x00", "!", "\n", "a", "1", " ", '"', "]", ")")


def grown(size: int, lead: str, unit: str, end: str = "") -> str:
    """A text of about `size` characters: `unit` again and again."""
    return lead + unit * max(1, size // len(unit)) + end


def steepness(work: Callable[[str], object], text: Callable[[int], str], sizes: Iterable[int] = SIZES) -> str:
    """Empty when `work` is linear in the text; else what it cost."""
    costs: list[tuple[int, float]] = []
    for size in sizes:
        made = text(size)
        cost = cost_of(work, made, tries=1)
        costs.append((len(made), cost))
        if cost < NOTEWORTHY_SECONDS:
            continue
        smaller = next((pair for pair in costs if pair[0] * 3.5 <= len(made) <= pair[0] * 4.5), None)
        if smaller is None:
            shorter = text(size // 4)
            smaller = len(shorter), cost_of(work, shorter)
        for _ in range(ROUNDS):  # other work spoils one of them, a defect every one
            cost, least = cost_of(work, made), cost_of(work, text(size // 4))
            allowed = STEEP * max(len(made) / max(smaller[0], 1) / 4, 1) * max(least, NOTEWORTHY_SECONDS / STEEP)
            if cost <= allowed:
                break
        else:
            return f"{cost * 1000:.1f} ms for {len(made):,} characters, {least * 1000:.2f} ms for {smaller[0]:,}"
    return ""


def cost_of(work: Callable[[str], object], text: str, tries: int = TRIES) -> float:
    """Seconds of this thread's CPU, the best of `tries`."""
    best = float("inf")
    gc.disable()  # its looks cost as much as everything else that is alive in this process
    try:
        for _ in range(tries):
            start = time.thread_time()
            work(text)
            best = min(best, time.thread_time() - start)
            if best > 0.25:
                break
    finally:
        gc.enable()
    return best


def worker(pattern: re.Pattern[str], method: str) -> Callable[[str], object]:
    if method == "search":
        return lambda text: sum(1 for _ in pattern.finditer(text))
    return getattr(pattern, method)  # type: ignore[no-any-return]
