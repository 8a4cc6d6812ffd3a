"""How an endpoint says what it takes and what it answers."""

from dataclasses import dataclass

from rest_framework import serializers

Shape = type[serializers.Serializer[None]]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of an endpoint, beside its path.

    `takes` is the body, `parameters` the query, `answers` the body of each successful status. A status whose answer is
    None has no body, and a text in its place is the content type of a file. One that `matches` takes If-Match."""

    says: str
    answers: dict[int, Shape | str | None]
    takes: Shape | None = None
    parameters: Shape | None = None
    matches: bool = False


class FailureShape(serializers.Serializer[None]):
    """Why a request failed: problem details (RFC 9457)."""

    type = serializers.CharField(help_text="A URI: `urn:confab:problem:` and the code.")
    title = serializers.CharField(help_text="The same for every failure with the code.")
    status = serializers.IntegerField(help_text="The status of the answer.")
    code = serializers.CharField(help_text="The kind of failure. It stays the same in later versions.")
    detail = serializers.CharField(help_text="The reason, and the way out.")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.JSONField(), required=False, help_text="The reasons for each parameter or field."
    )


def page_of(shape: Shape, **more: serializers.Field) -> Shape:  # type: ignore[type-arg]
    """Return the shape of a page of a list: its rows and the cursors of the pages beside it."""
    name = shape.__name__.removesuffix("Shape")
    return type(
        f"{name}PageShape",
        (serializers.Serializer,),
        {
            "__doc__": f"A page of a list of {name} objects.",
            "data": shape(many=True),
            "next": serializers.CharField(allow_null=True, help_text="The `cursor` of the next page."),
            "previous": serializers.CharField(allow_null=True, help_text="The `cursor` of the page before."),
            **more,
        },
    )


def list_of(shape: Shape) -> Shape:
    """Return the shape of a list that is answered whole."""
    name = shape.__name__.removesuffix("Shape")
    return type(
        f"{name}ListShape",
        (serializers.Serializer,),
        {"__doc__": f"A whole list of {name} objects.", "data": shape(many=True)},
    )


def moment(help_text: str = "", *, is_known: bool = True) -> serializers.DateTimeField:
    """Return the field of a time: ISO 8601 in UTC with microseconds."""
    return serializers.DateTimeField(help_text=help_text, allow_null=not is_known)


def text(help_text: str = "", *, is_known: bool = True) -> serializers.CharField:
    """Return the field of a text."""
    return serializers.CharField(help_text=help_text, allow_null=not is_known, allow_blank=True)


def number(help_text: str = "", *, is_known: bool = True) -> serializers.IntegerField:
    """Return the field of a whole number."""
    return serializers.IntegerField(help_text=help_text, allow_null=not is_known)


def money(help_text: str = "") -> serializers.CharField:
    """Return the field of an amount in USD: a decimal text, never rounded; null if nothing of it is known."""
    return serializers.RegexField(r"^\d+(\.\d+)?$", help_text=help_text or "USD.", allow_null=True)


def texts(help_text: str = "") -> serializers.ListField:
    """Return the field of a list of texts."""
    return serializers.ListField(child=serializers.CharField(allow_blank=True), help_text=help_text)


def anything(help_text: str = "") -> serializers.JSONField:
    """Return the field of any value of JSON, null too."""
    return serializers.JSONField(help_text=help_text)
