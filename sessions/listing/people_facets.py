"""What people set of sessions as facets: an array of texts beside each session, which is counted as a set is."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, F, Func, IntegerField, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.expressions import Combinable

from projects.access import people_of
from sessions.models import SessionState
from sessions.models.properties import Property, PropertyKind
from sessions.query.fields import SPECIAL

TEXT_ARRAY, NUMBER_ARRAY = ArrayField(TextField()), ArrayField(BigIntegerField())


@dataclass(frozen=True, kw_only=True)
class StateFacet:
    """One thing that people set; `values` makes the array of it from the states of a project."""

    declared: Property
    values: Callable[[int], Combinable]

    def beside_session(self, project_id: int) -> Subquery:
        """Return the array of a session, or null if nobody said anything of it."""
        states: QuerySet[SessionState] = SessionState.objects.for_project(project_id)
        of_session = states.filter(session_id=OuterRef("session_id")).annotate(found=self.values(project_id))
        return Subquery(of_session.values("found"), output_field=TEXT_ARRAY)


def _alone(value: Combinable) -> Combinable:
    """Return an array of this value alone."""
    return Func(value, template="ARRAY[%(expressions)s]", output_field=TEXT_ARRAY)


def _status(project_id: int) -> Combinable:
    return _alone(Func(F("status"), function="NULLIF", template="%(function)s(%(expressions)s, '')"))


def _assignee(project_id: int) -> Combinable:
    # As values, since the rows of people are not on the node of the sessions.
    members = dict(people_of(project_id).order_by().values_list("pk", "email"))
    asked = Value(list(members), NUMBER_ARRAY), F("assignee_id")
    place = Func(*asked, function="array_position", output_field=IntegerField())
    return _alone(Func(Value(list(members.values()), TEXT_ARRAY), place, template="(%(expressions)s]", arg_joiner=")["))


def _facet(name: str, label: str, values: Callable[[int], Combinable]) -> StateFacet:
    declared = Property(name=name, field="", sql="", label=label, help=SPECIAL[name], kind=PropertyKind.SET)
    return StateFacet(declared=declared, values=values)


STATE_FACETS = (
    _facet("label", "Labels", lambda project_id: F("labels")),
    _facet("status", "Status", _status),
    _facet("assignee", "Assignee", _assignee),
)
