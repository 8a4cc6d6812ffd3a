"""The OpenAPI document of /api/v1, docs/reference.md, and the generated parts of clients/python and
clients/typescript, all made from the operations that the views declare.

Write them with `manage.py shell -c "import tests.openapi; tests.openapi.main()"`. The product serves the written file,
and needs no drf-spectacular."""

import json
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from projects.problems import PROBLEM_JSON
from sessions.api.v1.document import OPENAPI_FILE
from sessions.api.v1.installation import TokenAuthentication
from sessions.api.v1.repeating import IDEMPOTENCY_HEADER, MAX_IDEMPOTENCY_KEY_CHARACTERS
from sessions.api.v1.shapes.operations import FailureShape, Operation
from sessions.api.v1.urls import urlpatterns
from sessions.api.v1.versions import MATCH_HEADER
from sessions.api.v1.views import REPEATABLE_METHODS, ListEndpoint
from tests.client_writing import client_files
from tests.openapi_reference import reference
from tests.typescript_writing import typescript_files
from tracing.ingest.rest.keys import KeyAuthentication

SETTINGS = {
    "TITLE": "Confab",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": (
        "A key belongs to one project; with a person's key, the header X-Confab-Project names it. A key needs the "
        "scope `read` to read, and `write` to create, change or delete. Money is in US dollars, as a decimal text. "
        "Times are ISO 8601 in UTC. A value that was not reported is null."
    ),
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [],  # an enumeration stands where it is used
}
ONE_KEY = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_IDEMPOTENCY_KEY_CHARACTERS,
    "description": "Of your making: the same request with it is done once, and answered in the same way for a day.",
}
MATCH_MEANING = "The ETag of an answer: change it only if nobody else has."
ARTICLES = ("a", "an", "the")
FAILURES = {
    400: "A parameter or the body cannot be followed: `errors` has the reasons.",
    401: "The key is missing, unknown, expired or revoked.",
    403: "The key lacks a scope.",
    404: "The project has nothing with that id.",
    409: "The project may not translate, or the same request is still at work.",
    410: "It was deleted.",
    412: "It was changed since it was read.",
    413: "The body is too large.",
    422: "The Idempotency-Key came with another request.",
    429: "Too many requests or downloads: `Retry-After` says when to try again.",
    503: "The server or its database is busy: `Retry-After` says when to try again.",
}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a key is sent."""

    target_class = KeyAuthentication
    name = ["bearer", "basic"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """Return the secret key alone, or the public and the secret key."""
        return [
            {"type": "http", "scheme": "bearer", "description": "The secret key."},
            {"type": "http", "scheme": "basic", "description": "The public key and the secret key."},
        ]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        """Return either of both."""
        return [{"bearer": []}, {"basic": []}]


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the token of the installation is sent."""

    target_class = TokenAuthentication
    name = "installation"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the token."""
        return {"type": "http", "scheme": "bearer", "description": "The value of CONFAB_PROVISIONING_TOKEN."}


class DeclaredSchema(AutoSchema):
    """Reads the operation that the view declares for the method."""

    @property
    def declared(self) -> Operation:
        """The operation of the method."""
        view: Any = self.view
        found: Operation = view.operations[self.method]
        return found

    def get_operation_id(self) -> str:
        """Return the name of the operation as a program has it, such as `read_session`."""
        return "_".join(word for word in re.findall(r"[a-z0-9]+", self.declared.says.lower()) if word not in ARTICLES)

    def get_summary(self) -> str:
        """Return what the operation does."""
        return self.declared.says

    def get_description(self) -> str:  # type: ignore[override]
        """Return nothing: the summary says it."""
        return ""

    def get_tags(self) -> list[str]:
        """Return the resource."""
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of the query."""
        declared: list[Any] = [self.declared.parameters] if self.declared.parameters else []
        if self.method == "GET" and isinstance(self.view, ListEndpoint):
            view: Any = self.view
            names = [*view.filterset_class.base_filters, "cursor"]
            declared += [OpenApiParameter(name, str) for name in names]
            declared.append(OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 500}))
        if self.method.lower() in REPEATABLE_METHODS and getattr(self.view, "keeps_answers", False):
            declared.append(OpenApiParameter(IDEMPOTENCY_HEADER, ONE_KEY, OpenApiParameter.HEADER))
        if self.declared.matches:
            declared.append(OpenApiParameter(MATCH_HEADER, str, OpenApiParameter.HEADER, description=MATCH_MEANING))
        return declared

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """Return what the shape is of."""
        return str(super().get_serializer_name(serializer, direction)).removesuffix("Shape")

    def get_filter_backends(self) -> list[Any]:
        """Return none: the parameters are declared."""
        return []

    def get_request_serializer(self) -> Any:
        """Return the shape of the body."""
        return self.declared.takes

    def get_response_serializers(self) -> Any:
        """Return the shape of each answer, failures too."""
        found: dict[Any, Any] = {}
        for status, answer in self.declared.answers.items():
            if isinstance(answer, str):
                found[(status, answer)] = OpenApiResponse(bytes, description="A file.")
            else:
                found[status] = OpenApiResponse(answer, description=self.declared.says)
        return found | dict.fromkeys(FAILURES, FailureShape)

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False


class DeclaredGenerator(SchemaGenerator):
    """Looks at the views of /api/v1 and at no others."""

    def _initialise_endpoints(self) -> None:
        """Do nothing: the paths are those of the views."""

    def _get_paths_and_endpoints(self) -> list[tuple[str, str, str, Any]]:
        found = []
        for pattern in urlpatterns:
            route = f"/api/v1/{pattern.pattern}"
            view_class: Any = getattr(pattern.callback, "view_class", None)
            for method in getattr(view_class, "operations", ()):
                view = view_class()
                view.schema = DeclaredSchema()
                found.append((re.sub(r"<\w+:(\w+)>", r"{\1}", route), route, method, view))
        return found


def written() -> str:
    """Return the document as JSON."""
    spectacular_settings.apply_patches(SETTINGS)
    generator: Any = DeclaredGenerator()  # type: ignore[no-untyped-call]
    document = generator.get_schema(request=None, public=True)
    _share_failures(document)
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _share_failures(document: dict[str, Any]) -> None:
    """Write each failure once, and refer to it from the operations."""
    shape = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Failure"}}}
    document["components"]["responses"] = {
        f"Failure{code}": {"description": reason, "content": shape} for code, reason in FAILURES.items()
    }
    for path in document["paths"].values():
        for operation in path.values():
            for code in FAILURES:
                operation["responses"][str(code)] = {"$ref": f"#/components/responses/Failure{code}"}


def files() -> dict[Path, str]:
    """Return the text of each generated file."""
    text = written()
    document = json.loads(text)
    reference_page = settings.BASE_DIR / "docs" / "reference.md"
    return {
        OPENAPI_FILE: text,
        reference_page: reference(document),
        **client_files(document),
        **typescript_files(document),
    }


def main() -> None:
    """Write all of them."""
    for path, text in files().items():
        path.write_text(text)
