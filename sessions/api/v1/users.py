"""End users: sums of their sessions, as the list of users has them."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from projects.normal_forms import normalized
from sessions.api.v1.parameters import refuse_others
from sessions.api.v1.shapes.lists import UserListParameters, UserSerializer
from sessions.api.v1.shapes.operations import Operation, page_of
from sessions.api.v1.shapes.work import EndUserShape
from sessions.api.v1.views import Endpoint
from sessions.conversations.representation import known_alone, plain
from sessions.models import Session
from sessions.users.asked import SessionsOfUsers
from sessions.users.listing import USERS_TIMEOUT_MS
from sessions.users.queries import EndUser, UserOrder, sum_up
from tracing.lists.bounded import SUMMING_SETTINGS, within

# The fields of a user, by the columns of the list of users.
USER_FIELDS = {
    "sessions": "session_count",
    "first_seen": "first_seen_at",
    "last_seen": "last_seen_at",
    "traces": "trace_count",
    "tokens": "total_tokens",
    "cost": "total_cost",
    "errors": "error_count",
    "score": "score",
}
MAX_USERS_OF_ONE_ID = 50  # whose ids contain an id that is asked for


class UsersEndpoint(Endpoint):
    """The users of the sessions that match a filter."""

    operations = {
        "GET": Operation(says="List users", parameters=UserListParameters, answers={200: page_of(EndUserShape)})
    }

    def get(self, request: Request) -> Response:
        """Answer with a page of users."""
        asked = UserSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given: Mapping[str, Any] = asked.validated_data
        params = request.query_params.copy()
        for name in UserSerializer().fields:
            params.pop(str(name), None)
        listing = SessionsOfUsers(self.project, params)
        if listing.errors:
            raise ValidationError(listing.errors)
        by, start, limit = given["sort"], given["cursor"], given["limit"]
        columns = {field: column for column, field in USER_FIELDS.items()}
        order = UserOrder(
            column=columns[by.removeprefix("-")], is_falling=by.startswith("-"), skipped=start, limit=limit + 1
        )
        with within(USERS_TIMEOUT_MS, **SUMMING_SETTINGS):
            found = sum_up(
                self.project,
                listing.matching,
                order,
                parts=listing.parts,
                lacked=listing.lacked,
                score=given["score"],
            )
        return Response(
            {
                "data": [user_json(user) for user in found[:limit]],
                "next": str(start + limit) if len(found) > limit else None,
                "previous": str(max(0, start - limit)) if start else None,
            }
        )


class UserEndpoint(Endpoint):
    """One user."""

    operations = {"GET": Operation(says="Read a user", answers={200: EndUserShape})}

    def get(self, request: Request, user_id: str) -> Response:
        """Answer with the sums of all sessions of the user."""
        refuse_others(request, ())
        name = normalized("NFC", user_id)
        if "\x00" in name:
            raise NotFound("No session of this project has such a user.")
        sessions = Session.objects.for_project(self.project).filter(user_ids__contains=[name])
        order = UserOrder(column="sessions", is_falling=True, skipped=0, limit=MAX_USERS_OF_ONE_ID)
        with within(USERS_TIMEOUT_MS, **SUMMING_SETTINGS):
            found = sum_up(self.project, sessions, order, parts=[name], lacked=[], score="")
        user = next((one for one in found if one.user_id == name), None)
        if user is None:
            raise NotFound("No session of this project has such a user.")
        return Response(user_json(user))


def user_json(user: EndUser) -> dict[str, Any]:
    """Return a user with the sums of their sessions."""
    sums = {field: plain(getattr(user, column)) for column, field in USER_FIELDS.items() if column != "score"}
    lacks = {"unmeasured_count": int(user.unmeasured_count), "unpriced_count": int(user.unpriced_count)}
    whole = {name: int(value) for name, value in sums.items() if name.endswith(("_count", "_tokens"))}
    score = None if user.score is None else float(user.score)
    return {"id": user.user_id, **known_alone({**sums, **whole, **lacks}), "score": score}
