"""A session property is declared once; everything that shows, filters, sorts, sends or documents it follows."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Field, TextField
from django.http import QueryDict
from django.test import Client

from projects.models import Project
from sessions.listing.filters import WAYS, filters
from sessions.listing.listing import Listing
from sessions.listing.properties_reference import PROPERTY_KIND_NAMES, document
from sessions.listing.table import property_columns
from sessions.models import Session
from sessions.models.properties import SORTABLE_KINDS, PropertyKind, from_traces, properties_of, sets_of
from tests.conftest import Key
from tests.sessions.rows import session
from tests.tracing.reports import at

PROPERTIES = properties_of(Session)
# The usual statistics suffice for them: there are so many values that the planner expects each to be rare.
SETS_WITH_USUAL_STATISTICS = {"user_ids"}
INDEXED_COLUMNS_SQL = """
SELECT am.amname, array_agg(a.attname::text ORDER BY k.place)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(number, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE i.indrelid = 'session'::regclass AND i.indpred IS NULL AND i.indisvalid GROUP BY i.indexrelid, am.amname
"""
STATISTICS_SQL = """
SELECT attname::text, coalesce(attstattarget, -1) FROM pg_attribute WHERE attrelid = 'session'::regclass AND attnum > 0
"""


@pytest.fixture
def one_more() -> Iterator[str]:
    """A real column of the table that was no property until now."""
    field: Field = Session._meta.get_field("computed_at")
    field.declaration = {
        "sql": "now()",
        "label": "Computed",
        "help": "When the numbers were computed.",
        "kind": PropertyKind.TIME,
        "name": "recomputed_at",
    }
    properties_of.cache_clear()
    filters.cache_clear()
    yield "recomputed_at"
    del field.declaration
    properties_of.cache_clear()
    filters.cache_clear()


@pytest.mark.django_db
def test_one_declaration_makes_column_filter_order_field_and_documentation(
    client: Client, key: Key, project: Project, one_more: str
) -> None:
    for number in range(3):
        session(project, f"s{number}", computed_at=at(number))
    question = f"{one_more}__gte={at(1):%Y-%m-%dT%H:%M:%SZ}&sort={one_more}&limit=1"
    listing = Listing(project, QueryDict(question))
    assert [row.session_id for row in listing.rows] == ["s1"]
    after = Listing(project, QueryDict(listing.query_string(cursor=listing.next)[1:]))
    assert [row.session_id for row in after.rows] == ["s2"]
    assert property_columns()[-1].label == "Computed"
    assert [field.input.name for field in listing.fields[-1].fields] == [f"{one_more}__gte", f"{one_more}__lte"]
    answer = client.get(f"/api/v1/sessions?{question}", headers={"Authorization": key.bearer}).json()
    assert answer["data"][0][one_more].startswith(f"{at(1):%Y-%m-%dT%H:%M:%S}")
    assert f"| Computed | `{one_more}` |" in document()


def test_the_document_says_what_the_code_does() -> None:
    assert (settings.BASE_DIR / "docs" / "sessions.md").read_text() == document(), "run manage.py sessions_doc"


def test_every_kind_can_be_filtered_and_documented() -> None:
    assert set(PropertyKind) == set(WAYS) == set(PROPERTY_KIND_NAMES)


def test_no_property_is_ever_null_since_pages_are_found_by_value() -> None:
    assert not [name for name, declared in PROPERTIES.items() if Session._meta.get_field(declared.field).null]


def test_every_property_says_what_it_means() -> None:
    for declared in PROPERTIES.values():
        assert declared.label
        assert declared.help.endswith(".")


def test_the_documented_properties_are_all_there() -> None:
    documented = (
        "id created_at updated_at duration_ms environments user_ids trace_count span_count error_count input_cost"
        " output_cost total_cost input_tokens output_tokens total_tokens usage_by_model tags"
    )
    assert set(documented.split()) <= set(PROPERTIES)


def test_a_set_cannot_be_declared_without_the_values_of_one_trace() -> None:
    with pytest.raises(TypeError, match="Versions"):
        from_traces(ArrayField(TextField()), sql="'{}'", label="Versions", help="Every version.", kind=PropertyKind.SET)


@pytest.mark.django_db
def test_every_sort_and_every_filter_by_a_set_has_its_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute(INDEXED_COLUMNS_SQL)
        found = cursor.fetchall()
    walks = {tuple(columns[:3]) for method, columns in found if method == "btree"}
    sortable = [p.field for p in PROPERTIES.values() if p.kind in SORTABLE_KINDS and p.kind != PropertyKind.ID]
    assert [name for name in sortable if ("project_id", name, "session_id") not in walks] == []
    looked_up = {column for method, columns in found if method == "gin" for column in columns}
    assert [p.field for p in sets_of(Session) if p.field not in looked_up] == []


@pytest.mark.django_db
def test_every_set_has_statistics_that_know_its_rare_values() -> None:
    with connection.cursor() as cursor:
        cursor.execute(STATISTICS_SQL)
        targets = dict(cursor.fetchall())
    without = {p.field for p in sets_of(Session) if targets[p.field] < 1_000}
    assert without == SETS_WITH_USUAL_STATISTICS, "a migration must set the statistics, as 0011 does"


@pytest.mark.django_db
def test_every_sortable_property_sorts(project: Project) -> None:
    early, late = session(project, "a"), session(project, "b", minute=5)
    assert late.created_at - early.created_at == timedelta(minutes=5)
    for name, declared in PROPERTIES.items():
        found = Listing(project, QueryDict(f"sort={name}"))
        assert (found.errors == {}) == (declared.kind in SORTABLE_KINDS)
