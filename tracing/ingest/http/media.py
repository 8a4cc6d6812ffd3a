"""The SDKs' media flow: announce a file, upload it to a signed URL, report how that went, read it back."""

import hashlib
import re
import tempfile
from base64 import b64decode
from collections.abc import Collection
from datetime import timedelta
from typing import IO, Any, NamedTuple, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from projects.downloads.answers import refused
from projects.downloads.places import Holder, NoDownload
from projects.models import Project, Scope
from projects.values import whole_number
from tracing.ingest import quota
from tracing.ingest.rest.throttles import KeyThrottle, QuotaThrottle
from tracing.ingest.rest.views import SdkFace, SdkView
from tracing.ingest.rest.wires import FileParser, WireResponse
from tracing.limits.fitting import valid_id
from tracing.limits.table import MEDIA_LIMIT
from tracing.models import Media
from tracing.reading.files import media_answer
from tracing.store import media as kept
from tracing.wire.fields import count, identifier
from tracing.wire.refusals import BodyTooLarge, Forbidden, Invalid, NotFound, Unreadable

UPLOAD, DOWNLOAD = "upload", "download"
UPLOAD_PATH = re.compile(r"/+api/public/media/[^/]+/upload")
URL_LIFE = timedelta(minutes=10)
CHUNK = 2**16
CONTENT_TYPE = re.compile(r"[a-z0-9.+-]{1,50}/[a-z0-9.+-]{1,49}")


class SignedMedia(NamedTuple):
    """What a signed URL lets its holder do, instead of a key."""

    project_id: int
    media_id: str


class UrlAuthentication(BaseAuthentication):
    """Takes the signed token of the URL for the permission: SDKs send no key to upload or download."""

    def authenticate(self, request: HttpRequest | Request) -> tuple[None, SignedMedia]:
        """Return no user and what was signed. Raise Forbidden."""
        assert isinstance(request, Request)
        purpose = request.parser_context["view"].purpose
        return None, SignedMedia(*_signed(request.query_params.get("token", ""), purpose))


class HoldsSignedUrl(BasePermission):
    """Asks whether the URL was signed."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether something was signed."""
        return isinstance(request.auth, SignedMedia)


class SignedUrlView(SdkFace):
    """A view whose URL was signed for one `purpose`, and whose number is that of the announcements."""

    authentication_classes = [UrlAuthentication]
    permission_classes = [HoldsSignedUrl]
    throttle_classes = []
    purpose = ""

    def parameters(self) -> Collection[str]:
        """Return the one that holds what was signed."""
        return ("token",)

    def media(self, media_id: str) -> Media:
        """Return the file of the path. Raise NotFound when it is gone, or another one was signed."""
        signed: Any = self.request.auth
        media: Media | None = Media.objects.for_project(signed.project_id).filter(media_id=signed.media_id).first()
        if media is None or signed.media_id != media_id:
            raise NotFound(f"There is no file {media_id}.")
        return media


class AnnounceFile(SdkView):
    """Answers with a URL to upload to, or null when the file is already here."""

    throttle_classes = [KeyThrottle, QuotaThrottle]

    def post(self, request: Request) -> Response:
        """Take `{"traceId", "contentType", "contentLength", "sha256Hash"}`."""
        body = self.body
        trace_id, size = identifier(body.get("traceId")), count(body.get("contentLength"))
        content_type = str(body.get("contentType")).lower()
        if not trace_id or not valid_id(trace_id) or not CONTENT_TYPE.fullmatch(content_type) or size is None:
            raise Invalid("traceId, contentType and contentLength are needed.")
        if size > MEDIA_LIMIT.value:
            raise BodyTooLarge(f"The file has {size:,} bytes, the limit is {MEDIA_LIMIT.value:,}.")
        digest = _sha256(body.get("sha256Hash"))
        media = kept.announce(self.project.pk, trace_id, sha256=digest, content_type=content_type, size=size)
        if media.uploaded_at is None:
            quota.count(self.project, 1)
        url = None if media.uploaded_at else _signed_url(request, media, UPLOAD)
        return WireResponse({"mediaId": media.media_id, "uploadUrl": url}, status=201)


class UploadFile(SignedUrlView):
    """Takes the file that was announced."""

    parser_classes = [FileParser]
    http_method_names = ["put"]
    purpose = UPLOAD

    def put(self, request: Request, media_id: str) -> Response:
        """Keep the file if it is the one that was announced."""
        media = self.media(media_id)
        if whole_number(request.META.get("CONTENT_LENGTH") or "0") != media.size:
            raise Invalid(f"The file was announced with {media.size:,} bytes.")
        digest, file = hashlib.sha256(), cast(IO[bytes], request.data)
        with tempfile.TemporaryFile() as content:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                content.write(chunk)
            if kept.media_id_of(digest.digest()) != media_id:
                raise Invalid("The content is not what was announced: its SHA-256 differs.")
            content.seek(0)
            kept.receive(media, content)
        return WireResponse({})


class DescribeFile(SdkView):
    """Says where to read a file, and is told how its upload went."""

    scopes = {"GET": Scope.READ, "PATCH": Scope.INGEST}

    def get(self, request: Request, media_id: str) -> Response:
        """Answer with a URL to download from."""
        found = self._find(media_id)
        if found.uploaded_at is None:
            raise NotFound(f"The file {media_id} was announced, but never uploaded.")
        return WireResponse(
            {
                "mediaId": found.media_id,
                "contentType": found.content_type,
                "contentLength": found.size,
                "uploadedAt": found.uploaded_at,
                "url": _signed_url(request, found, DOWNLOAD),
                "urlExpiry": timezone.now() + URL_LIFE,
            }
        )

    def patch(self, request: Request, media_id: str) -> Response:
        """Answer that it is known: we were there."""
        self._find(media_id)
        return WireResponse({})

    def _find(self, media_id: str) -> Media:
        found: Media | None = Media.objects.for_project(self.project).filter(media_id=media_id).first()
        if found is None:
            raise NotFound(f"There is no file {media_id}.")
        return found


class DownloadFile(SignedUrlView):
    """Sends a file."""

    http_method_names = ["get"]
    purpose = DOWNLOAD

    def get(self, request: Request, media_id: str) -> HttpResponseBase:
        """Answer with the file, or in words with why there is none now."""
        found = self.media(media_id)
        try:
            return media_answer(request._request, found, Holder.of(None, Project(pk=found.project_id)))
        except NoDownload as refusal:
            return refused(request._request, refusal)


def _signed_url(request: Request, media: Media, purpose: str) -> str:
    token = signing.dumps([media.project_id, media.media_id], salt=purpose)
    return f"{_base_url(request)}/api/public/media/{media.media_id}/{purpose}?token={token}"


def _base_url(request: Request) -> str:
    """Return where this client reaches us, which another one may not: an SDK inside a network, a browser outside."""
    host = request.META.get("HTTP_HOST", "")
    if not host or urlsplit(settings.BASE_URL).netloc == host:
        return str(settings.BASE_URL)
    return f"{request.scheme}://{host}"


def project_of_upload(token: str) -> int:
    """Return the id of the project that the token of an upload was signed for. Raise Forbidden."""
    return _signed(token, UPLOAD)[0]


def _signed(token: str, purpose: str) -> tuple[int, str]:
    try:
        project_id, media_id = signing.loads(token, salt=purpose, max_age=URL_LIFE)
    except signing.BadSignature:
        raise Forbidden("The URL is not valid any more: announce the file again.") from None
    return project_id, media_id


def _sha256(text: Any) -> bytes:
    try:
        digest = b64decode(text, validate=True)
    except (TypeError, ValueError):
        digest = b""
    if len(digest) != 32:
        raise Unreadable("sha256Hash: the base64 of a SHA-256 is needed.")
    return digest
