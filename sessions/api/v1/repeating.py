"""Does a write once that comes several times with the same Idempotency-Key, and answers it in the same way."""

import json
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, QuerySet, Value, When
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from projects.deletion import LONGEST_REQUEST_TIME
from sessions.models import KeptAnswer
from tracing.json_text import dump

IDEMPOTENCY_HEADER = "Idempotency-Key"
MAX_IDEMPOTENCY_KEY_CHARACTERS = 200
MAX_KEPT_ANSWER_CHARACTERS = 200_000  # a longer one is not kept

WriteHandler = Callable[..., Response]


class KeyReused(APIException):
    """Another request had the key."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = f"Another request came with this {IDEMPOTENCY_HEADER}. Give every write a key of its own."


class StillAtWork(APIException):
    """The first request with the key is not answered yet."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = f"The first request with this {IDEMPOTENCY_HEADER} is still at work. Send it again in a moment."
    wait = 2  # seconds


class AnswerForgotten(APIException):
    """The answer may repeat what was erased."""

    status_code = status.HTTP_410_GONE
    default_detail = "This was done, but its answer is gone: data of the project was erased since."


def once(handler: WriteHandler) -> WriteHandler:
    """Return the handler of a write, which does and answers the same request once. A failure is not kept."""

    @wraps(handler)
    def answered(view: Any, request: Request, **ids: Any) -> Response:
        given = request.headers.get(IDEMPOTENCY_HEADER)
        if given is None:
            return handler(view, request, **ids)
        if not (given.isascii() and given.isprintable() and 1 <= len(given) <= MAX_IDEMPOTENCY_KEY_CHARACTERS):
            reason = f"A key has 1 to {MAX_IDEMPOTENCY_KEY_CHARACTERS} characters of ASCII."
            raise ValidationError({IDEMPOTENCY_HEADER: [reason]})
        digest, request_digest = (
            _digest(view.key.pk, given),
            _digest(request.method, request.get_full_path(), view.body),
        )
        kept = KeptAnswer(project_id=view.project.pk, digest=digest, request_digest=request_digest)
        if (earlier := _begin(kept)) is not None:
            return earlier
        try:
            response = handler(view, request, **ids)
        except BaseException:
            _own(kept).delete()
            raise
        _keep(kept, response)
        return response

    return answered


def _begin(kept: KeptAnswer) -> Response | None:
    """Take the key for this request, or return what an earlier one was answered."""
    try:
        with transaction.atomic():
            kept.save(force_insert=True)
    except IntegrityError:
        earlier = _rows(kept).first()
    else:
        return None
    if earlier is None:
        raise StillAtWork
    if earlier.request_digest != kept.request_digest:
        raise KeyReused
    if earlier.status is None:
        abandoned = _rows(kept).filter(status=None, begun_at__lt=kept.begun_at - LONGEST_REQUEST_TIME)
        if abandoned.update(begun_at=kept.begun_at):
            return None
        raise StillAtWork
    if earlier.is_forgotten:
        raise AnswerForgotten
    data, headers = json.loads(earlier.answer or "[null, {}]")
    return Response(data, earlier.status, headers=headers)


def _keep(kept: KeptAnswer, response: Response) -> None:
    text = JSONRenderer().render([response.data, dict(response.headers)]).decode()
    if len(text) > MAX_KEPT_ANSWER_CHARACTERS:
        _own(kept).delete()
        return
    answer = Case(When(is_forgotten=True, then=Value(None)), default=Value(text))
    _own(kept).update(status=response.status_code, answer=answer)


def _rows(kept: KeptAnswer) -> QuerySet[KeptAnswer]:
    found: QuerySet[KeptAnswer] = KeptAnswer.objects.for_project(kept.project_id).filter(digest=kept.digest)
    return found


def _own(kept: KeptAnswer) -> QuerySet[KeptAnswer]:
    """Return the row, unless it counted as abandoned and another request has it now."""
    return _rows(kept).filter(begun_at=kept.begun_at)


def _digest(*values: Any) -> str:
    return sha256(dump(values, sort_keys=True).encode()).hexdigest()
