"""What the filters of both APIs are made of. The query parameters of a list are the filters of its FilterSet."""

from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.db.models import QuerySet
from django_filters import CharFilter, Filter, FilterSet

from projects.normal_forms import normalized
from projects.values import FIRST_YEAR, LAST_YEAR, in_calendar
from sessions.listing.filters import TextsField
from tracing.wire.fields import moment

Words = tuple[str, ...]
TextFilter = partial(CharFilter, strip=False)


class OneFormIdField(forms.CharField):
    """An id of a session or of a user."""

    def clean(self, value: Any) -> str:
        """Return it in the form in which such ids are stored."""
        return normalized("NFC", super().clean(value) or "")


class CommaField(forms.CharField):
    """Texts between commas, as they are."""

    def clean(self, value: Any) -> Any:
        """Return a list, empty when nothing is given."""
        text = super().clean(value)
        return text.split(",") if text else []


class MomentField(forms.CharField):
    """A time of ISO 8601 that the database can hold."""

    def clean(self, value: Any) -> datetime | None:
        """Return the time, or None when none is given."""
        text = super().clean(value)
        at = moment(text)
        if text and (at is None or not in_calendar(at)):
            raise forms.ValidationError(f"an ISO 8601 time in the years {FIRST_YEAR} to {LAST_YEAR}")
        return at


class WordField(forms.CharField):
    """One of a few words in capitals, however it is written."""

    def __init__(self, words: Words, **options: Any) -> None:
        super().__init__(**options)
        self._words = words

    def clean(self, value: Any) -> str:
        """Return the word, empty when none is given."""
        word: str = super().clean(value).upper()
        if word and word not in self._words:
            raise forms.ValidationError(f"one of {', '.join(self._words)}")
        return word


class CommaFilter(Filter):  # type: ignore[misc]
    """Any of several texts, `?name=a,b`."""

    field_class = partial(CommaField, strip=False)

    def __init__(self, field_name: str, **options: Any) -> None:
        super().__init__(field_name, "in", **options)


class IdFilter(Filter):  # type: ignore[misc]
    """An id of a session or of a user, which is stored in one form."""

    field_class = partial(OneFormIdField, strip=False)


class CommaIdFilter(CommaFilter):
    """Any of several such ids."""

    def filter(self, rows: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        """Return the rows with one of them."""
        found: QuerySet[Any] = super().filter(rows, [normalized("NFC", one) for one in value])
        return found


class RepeatedFilter(Filter):  # type: ignore[misc]
    """Several texts, `?name=a&name=b`; the lookup says whether one or all of them are meant."""

    field_class = partial(TextsField, widget=forms.MultipleHiddenInput)


class MomentFilter(Filter):  # type: ignore[misc]
    """A time, compared by the lookup."""

    field_class = partial(MomentField, strip=False)


class NumberFilter(Filter):  # type: ignore[misc]
    """A finite number."""

    field_class = partial(forms.FloatField, error_messages={"invalid": "a number"})


class WordFilter(Filter):  # type: ignore[misc]
    """One of a few words, `words=`."""

    field_class = WordField


def equalities(*columns: str) -> type[FilterSet]:
    """Return the FilterSet of a list that is filtered by these columns, each by what it equals."""
    filters = {name: (IdFilter if name == "session_id" else TextFilter)(field_name=name) for name in columns}
    return type("Equalities", (FilterSet,), filters)
