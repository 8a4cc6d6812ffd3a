"""Finds out which library sent a request: from its own headers, its spans, or its user agent."""

from collections.abc import Mapping, Sequence

from tracing.records import RawSpan, Sdk

HEADER_PREFIXES = ("x-interactiveai-sdk", "x-langfuse-sdk")


def sdk_of(headers: Mapping[str, str], spans: Sequence[RawSpan]) -> Sdk:
    """Return the library. `headers` has lower-case names, or is any case-insensitive mapping."""
    for prefix in HEADER_PREFIXES:
        if name := headers.get(f"{prefix}-name"):
            return Sdk(f"{prefix.removeprefix('x-').removesuffix('-sdk')} {name}", headers.get(f"{prefix}-version", ""))
    if spans and (sdk := _named_by(spans[0])):
        return sdk
    product = headers.get("user-agent", "").partition(" ")[0]
    name, _, version = product.partition("/")
    return Sdk(name, version)


def _named_by(span: RawSpan) -> Sdk | None:
    if version := span.attributes.get("lmnr.span.sdk_version"):
        return Sdk("lmnr", str(version))
    if name := span.resource.get("telemetry.sdk.name"):
        language = span.resource.get("telemetry.sdk.language", "")
        return Sdk(f"{name} {language}".strip(), str(span.resource.get("telemetry.sdk.version", "")))
    return None
