"""The OpenAPI document, which tests/openapi.py writes from the views."""

from functools import cache
from pathlib import Path

from django.http import HttpResponse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

OPENAPI_FILE = Path(__file__).with_name("openapi.json")


@cache
def _content() -> bytes:
    return OPENAPI_FILE.read_bytes()


class DocumentEndpoint(APIView):
    """The OpenAPI document, which is the same for everybody."""

    http_method_names = ["get", "options"]
    authentication_classes = ()
    permission_classes = [AllowAny]
    throttle_classes = ()

    def get(self, request: Request) -> HttpResponse:
        """Answer with the document."""
        return HttpResponse(_content(), content_type="application/json")
