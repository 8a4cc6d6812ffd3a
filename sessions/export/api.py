"""The export for programs: the same files, by key."""

from django.http import HttpResponseBase
from rest_framework.decorators import api_view
from rest_framework.request import Request

from projects.audit import Action, record
from projects.downloads.answers import filename
from projects.downloads.making import made_answer
from projects.downloads.places import Holder
from sessions.api.authentication import key_of, project_of
from sessions.api.parameters import BadParameters
from sessions.export.stream import BadExport, export_of


@api_view(["GET"])
def export(request: Request) -> HttpResponseBase:
    """`?format=` as on the page."""
    project = project_of(request)
    try:
        asked = export_of(project, request.query_params)
    except BadExport as error:
        raise BadParameters(error.errors) from None
    key = key_of(request)
    target = request.query_params.urlencode()[:200]
    record(Action.EXPORTED, project, actor=key, target=target, request=request._request, format=asked.format.name)
    return made_answer(
        request._request,
        asked.pieces(),
        Holder.of(key, project),
        name=filename(f"sessions-of-{project.name}", asked.format.extension),
        content_type=asked.format.content_type,
    )
