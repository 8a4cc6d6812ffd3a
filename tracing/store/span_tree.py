"""The tree that the spans of a trace form by their parents."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tracing.store.rows import SpanRow


def parents_of(spans: Iterable[SpanRow]) -> dict[str, str | None]:
    """Each span's parent within the trace: None when it has none, it never arrived, or naming it would close a loop."""
    spans = list(spans)
    known = {span.span_id for span in spans}
    parents = {s.span_id: s.parent_id if s.parent_id in known and s.parent_id != s.span_id else None for s in spans}
    settled: set[str] = set()
    for start in parents:
        path: list[str] = []
        here: str | None = start
        on_path: set[str] = set()
        while here is not None and here not in settled:
            if here in on_path:
                parents[min(path[path.index(here) :])] = None  # the same cut whatever order the spans came in
                break
            path.append(here)
            on_path.add(here)
            here = parents[here]
        settled |= on_path
    return parents


def children_first(spans: Sequence[SpanRow], parents: Mapping[str, str | None]) -> Iterator[SpanRow]:
    """Yield every span after all spans below it."""
    by_id = {span.span_id: span for span in spans}
    waiting = Counter(parent for parent in parents.values() if parent is not None)
    ready = [span_id for span_id in parents if not waiting[span_id]]
    while ready:
        span_id = ready.pop()
        yield by_id[span_id]
        parent = parents[span_id]
        if parent is not None:
            waiting[parent] -= 1
            if not waiting[parent]:
                ready.append(parent)
