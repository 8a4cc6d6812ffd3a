"""The page of the inbox, its number in the navigation bar, and marking as read."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from projects.access import person, project_view
from projects.htmx import is_ahead
from projects.models import Project
from sessions.inbox.notices import notices_of
from sessions.inbox.page import InboxPage, read, unread


@require_safe
@project_view
def inbox(request: HttpRequest, project: Project) -> HttpResponse:
    """Show what the person was told. The one that `?item=` names counts as read."""
    item = _uuid(request.GET.get("item", ""))
    if item and request.method == "GET" and not is_ahead(request):
        read(notices_of(project, person(request)).filter(id=item))
    page = InboxPage(project, person(request), request.GET.get("only", ""), item)
    if item and page.open is None:
        raise Http404("There is no such notice; what it was about may have been deleted.")
    return render(request, "sessions/inbox/inbox.html", {"project": project, "section": "inbox", "page": page})


@require_safe
@project_view
def inbox_count(request: HttpRequest, project: Project) -> HttpResponse:
    """Show the number of unread notices in the navigation bar."""
    count = unread(project, person(request)).count()
    return render(request, "sessions/inbox/_count.html", {"count": count})


@require_POST
@project_view
def read_notices(request: HttpRequest, project: Project) -> HttpResponse:
    """Mark all as read, or with `item` one; `unread` makes it unread again."""
    mine = notices_of(project, person(request))
    if item := _uuid(request.POST.get("item", "")):
        mine = mine.filter(id=item)
    if "unread" in request.POST:
        mine.order_by().update(read_at=None)
    else:
        read(mine)
    return redirect("inbox", project.pk)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Http404("There is no such notice.") from None
