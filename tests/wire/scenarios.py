"""The captured scenarios, and their requests as records."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tracing.json_text import dump
from tracing.records import RawSpan, SpanRecord
from tracing.vocabularies import translate
from tracing.wire.logs import decode_logs
from tracing.wire.otlp import PROTOBUF, decode_traces

HERE = Path(__file__).parent
ENDS = {"traces": ("/v1/traces", "TraceService/Export"), "logs": ("/v1/logs", "LogsService/Export")}
SCENARIOS = sorted({path.parent for path in HERE.glob("*/*/*.bin")})


def name_of(scenario: Path) -> str:
    return scenario.relative_to(HERE).as_posix()


def requests(scenario: Path) -> Iterator[tuple[str, bytes, str]]:
    """Signal, body and content type of each OTLP request with spans or logs, in the order in which they were sent."""
    for side_car in sorted(scenario.glob("[0-9]*.json"), key=lambda path: int(path.stem)):
        meta = json.loads(side_car.read_text())
        path = meta.get("path") or meta.get("method") or ""
        content_type = meta.get("content_type") or PROTOBUF
        for signal, ends in ENDS.items():
            if path.endswith(ends):
                body = side_car.with_suffix(".bin").read_bytes()
                yield signal, body, PROTOBUF if "grpc" in content_type else content_type


def spans_of(scenario: Path) -> list[RawSpan]:
    """Return the spans as they were sent. Messages that came as logs are spans of their own, which add to theirs."""
    return [
        span
        for signal, body, content_type in requests(scenario)
        for span in (decode_logs if signal == "logs" else decode_traces)(body, content_type)
    ]


def records_of(scenario: Path) -> list[SpanRecord]:
    """Return the records that the spans must become."""
    return [record for span in spans_of(scenario) if (record := translate(span)) is not None]


def readable(records: list[SpanRecord]) -> list[dict[str, Any]]:
    """Only what was said, as JSON; the raw part is checked by its keys."""
    shown = []
    for record in records:
        fields = {name: value for name, value in asdict(record).items() if value is not None}
        del fields["allows_any_script"]
        fields.pop("scope", None)
        fields["claims"] = record.claims.said()
        fields["usage"] = {k: v for k, v in (fields.get("usage") or {}).items() if v is not None}
        fields["raw"] = {
            part: sorted(value) if isinstance(value, dict) else len(value) for part, value in (record.raw or {}).items()
        }
        fields["kind"] = record.kind.name if record.kind is not None else None
        fields["level"] = record.level.name if record.level is not None else None
        shown.append(json.loads(dump({name: value for name, value in fields.items() if value not in (None, {})})))
    return shown
