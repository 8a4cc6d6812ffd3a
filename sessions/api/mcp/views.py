"""The MCP server's door: a request is one message of JSON-RPC, and no session is kept between requests."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request

from projects.models import Role, Scope
from sessions.api.v1.failures import answer
from tracing.ingest.rest.views import KeyView
from tracing.wire.bodies import read_body


class McpEndpoint(KeyView):
    """The streamable HTTP transport of MCP, for keys that may read. What else a tool needs, its operation asks."""

    http_method_names = ["post"]
    scopes: Mapping[str, Scope] = {"POST": Scope.READ}
    roles: Mapping[str, Role] = {"POST": Role.VIEWER}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse other methods before anything else: clients ask whether there is a stream, and 405 says no."""
        if request.method != "POST":
            raise MethodNotAllowed(str(request.method), "There are no streams and no sessions here: POST each message.")
        super().initial(request, *args, **kwargs)

    def get_exception_handler(self) -> Callable[..., Any]:
        """Return what answers failures."""
        return answer

    def post(self, request: Request) -> HttpResponse:
        """Answer one message."""
        from sessions.api.mcp.serving import served  # takes a second and 20 MB, which only those pay who use it

        return served(request._request, self.key, read_body(request._request))
