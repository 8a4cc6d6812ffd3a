"""The views that programs ask.

A `KeyView` needs a key, an `SdkFace` answers in the words of SDKs, and an `SdkView` does both."""

from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from itertools import chain
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from projects.models import ApiKey, Project, Role, Scope
from projects.observing.own_traces import OWN_TRACES_HEADER, installation_id
from tracing.ingest.database_watchdog import watchdog
from tracing.ingest.http.edge import REFUSED
from tracing.ingest.rest.failures import answer_sdk
from tracing.ingest.rest.keys import KeyAuthentication, KeyScope, key_of
from tracing.ingest.rest.throttles import KeyThrottle
from tracing.ingest.rest.wires import JsonObjectParser, JsonRenderer, RequestsContentType, WireRequest
from tracing.wire.refusals import Invalid, WrongMethod

VIEW_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
READ_OR_WRITE: Mapping[str, Scope] = {"GET": Scope.READ} | dict.fromkeys(VIEW_METHODS[1:], Scope.WRITE)


class KeyView(APIView):
    """A view behind a live key, whose rate is limited and whose scope the view names for each method."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [KeyScope]
    throttle_classes = [KeyThrottle]
    scopes: Mapping[str, Scope] = {}
    roles: Mapping[str, Role] = {}  # of people who come with a key of their own; a method without one refuses them

    @property
    def key(self) -> ApiKey:
        """Who asks."""
        return key_of(self.request)

    @property
    def project(self) -> Project:
        """The key's project: the only tenant that the request may see or change."""
        return self.key.project

    @property
    def body(self) -> Any:
        """What the view's parser read of the request. Raise IngestRefused when it cannot."""
        return self.request.data


class SdkFace(APIView):
    """A view that SDKs ask, with or without a key.

    Every failure is answered in a shape that they parse, and no wait for the database is longer than theirs."""

    http_method_names = [method.lower() for method in VIEW_METHODS]
    content_negotiation_class = RequestsContentType
    parser_classes = [JsonObjectParser]
    renderer_classes = [JsonRenderer]
    _open: ExitStack

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, and end what `initial` has begun."""
        with ExitStack() as self._open:
            return super().dispatch(request, *args, **kwargs)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Return the request as views see it."""
        return WireRequest(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what needs no key to be refused, then look for the key."""
        if refused := request.META.get(REFUSED):
            raise refused
        if request.method not in self.allowed_methods:
            raise WrongMethod(f"{request.path} takes {' or '.join(self.allowed_methods)}, not {request.method}.")
        if request.headers.get(OWN_TRACES_HEADER) == installation_id():
            raise Invalid("These are traces of this installation itself, and storing them would make further ones.")
        if any("\x00" in text for text in (request.path_info, *chain(*dict(request.query_params.lists()).values()))):
            raise Invalid("No id and no parameter contains a null character.")
        self._open.enter_context(watchdog.guard())
        super().initial(request, *args, **kwargs)
        if request.method == "GET":
            self._check_parameters(request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the answer with its body, so that what goes wrong with it is answered like every other fault."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if not isinstance(response, SimpleTemplateResponse):
            return response
        try:
            return response.render()
        except Exception as error:
            return super().finalize_response(request, self.handle_exception(error)).render()

    def parameters(self) -> Collection[str]:
        """Return the query parameters that a GET takes; any other is refused."""
        return ()

    @property
    def default_response_headers(self) -> dict[str, str]:
        """None: what is allowed is said to whoever asks in another way."""
        return {}

    def get_exception_handler(self) -> Callable[..., Any]:
        """Return what answers failures."""
        return answer_sdk

    def _check_parameters(self, request: Request) -> None:
        taken = sorted(self.parameters())
        unknown = next((name for name in request.query_params if name not in taken), None)
        if unknown is not None:
            there_are = f"It takes {', '.join(taken)}." if taken else "It takes none."
            raise Invalid(f"{unknown[:100]}: {request.path} has no such parameter. {there_are}")


class SdkView(SdkFace, KeyView):
    """A view that SDKs report to, with a key."""

    scopes: Mapping[str, Scope] = dict.fromkeys(VIEW_METHODS, Scope.INGEST)
