"""Saves what is usable in a protobuf request that does not parse as a whole.

One span that is nested beyond protobuf's own limit, or one text that is cut in the middle of a character, makes the
whole message fail. Its envelope is then opened by hand and each span is parsed alone, so that the others are not lost.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from tracing.records import Reason
from tracing.wire.refusals import Unreadable
from tracing.wire.values import Decoding

Data = TypeVar("Data", bytes, memoryview)
LENGTH_DELIMITED_TYPE = 2
FIXED_SIZES = {1: 8, 5: 4}


def salvaged(body: bytes, decoding: Decoding) -> ExportTraceServiceRequest:
    """Return the request with every part that parses, and report each span that does not. Raises Unreadable."""
    request = ExportTraceServiceRequest()
    for resource_spans in children(body, 1):
        kept = request.resource_spans.add()
        for resource in children(resource_spans, 1):
            _parse(kept.resource, resource)
        for scope_spans in children(resource_spans, 2):
            _salvage_scope(kept.scope_spans.add(), scope_spans, decoding)
    return request


def _salvage_scope(kept: trace_pb2.ScopeSpans, scope_spans: bytes, decoding: Decoding) -> None:
    for scope in children(scope_spans, 1):
        _parse(kept.scope, scope)
    for data in children(scope_spans, 2):
        span = trace_pb2.Span()
        if _parse(span, data):
            kept.spans.append(span)
        else:
            decoding.report(Reason.INVALID_SPAN, f"a span of {len(data):,} bytes that is not valid protobuf")


def _parse(message: Message, data: bytes) -> bool:
    """Parse `data` into `message`, with replacement characters for invalid UTF-8.

    Return false if it cannot be read at all."""
    try:
        message.ParseFromString(data)
    except DecodeError:
        message.Clear()
        lenient = _lenient_class(message.DESCRIPTOR.full_name)()
        try:
            lenient.ParseFromString(data)
        except DecodeError:
            return False
        _replace_bad_text(lenient, message.DESCRIPTOR)
        message.ParseFromString(lenient.SerializeToString())
    return True


def _replace_bad_text(lenient: Any, descriptor: Any) -> None:
    """Make every field that is a string in the true schema valid UTF-8."""
    for field, value in lenient.ListFields():
        true = descriptor.fields_by_name[field.name]
        if true.message_type:
            for child in value if field.is_repeated else [value]:
                _replace_bad_text(child, true.message_type)
        elif true.type == true.TYPE_STRING:
            fixed = [text.decode("utf-8", "replace").encode() for text in (value if field.is_repeated else [value])]
            if field.is_repeated:
                value[:] = fixed
            else:
                setattr(lenient, field.name, fixed[0])


@cache
def _lenient_pool() -> DescriptorPool:
    """Return OTLP's schema with `bytes` instead of `string`: the same on the wire, but not checked for UTF-8."""
    pool = DescriptorPool()
    for module in (common_pb2, resource_pb2, trace_pb2):
        file = FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        for message in file.message_type:
            _loosen(message)
        pool.Add(file)
    return pool


def _loosen(message: DescriptorProto) -> None:
    for field in message.field:
        if field.type == FieldDescriptorProto.TYPE_STRING:
            field.type = FieldDescriptorProto.TYPE_BYTES
    for nested in message.nested_type:
        _loosen(nested)


def _lenient_class(name: str) -> type[Message]:
    return GetMessageClass(_lenient_pool().FindMessageTypeByName(name))


def children(data: Data, number: int) -> Iterator[Data]:
    """Yield the sub-messages of `data` in field `number`. Raises Unreadable if `data` is not protobuf."""
    for found, wire_type, start, end in fields_of(data):
        if found == number and wire_type == LENGTH_DELIMITED_TYPE:
            yield data[start:end]


def fields_of(data: bytes | memoryview) -> Iterator[tuple[int, int, int, int]]:
    """Yield number, wire type, start and end of each field. Raises Unreadable if `data` is not protobuf."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        wire_type = tag & 7
        if wire_type == 0:
            start = position
            _, position = _varint(data, position)
            yield tag >> 3, wire_type, start, position
            continue
        if wire_type == LENGTH_DELIMITED_TYPE:
            size, position = _varint(data, position)
        elif wire_type in FIXED_SIZES:
            size = FIXED_SIZES[wire_type]
        else:
            raise Unreadable("The body is not an OTLP protobuf message.")
        if position + size > len(data):
            raise Unreadable("The body is not an OTLP protobuf message, or it was cut off.")
        yield tag >> 3, wire_type, position, position + size
        position += size


def _varint(data: bytes | memoryview, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            break
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise Unreadable("The body is not an OTLP protobuf message, or it was cut off.")
