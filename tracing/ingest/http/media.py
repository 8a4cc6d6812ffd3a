"""The SDKs' media flow: announce a file, upload it to a signed URL, report how that went, read it back."""

import hashlib
import re
import tempfile
from base64 import b64decode
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from projects.downloads.answers import download as sends_file
from projects.downloads.places import Holder
from projects.models import Project, Scope
from projects.values import whole_number
from tracing.ingest import quota
from tracing.ingest.http.bodies import read_object
from tracing.ingest.http.endpoints import answering, machine
from tracing.limits.fitting import valid_id
from tracing.limits.table import MEDIA_LIMIT
from tracing.models import Media
from tracing.reading.files import media_answer
from tracing.store import media as kept
from tracing.wire.fields import count, identifier
from tracing.wire.refusals import BodyTooLarge, Forbidden, Invalid, NotFound, Unreadable
from tracing.wire.responses import json_response

UPLOAD, DOWNLOAD = "upload", "download"
UPLOAD_PATH = re.compile(r"/+api/public/media/[^/]+/upload")
URL_LIFE = timedelta(minutes=10)
CHUNK = 2**16
CONTENT_TYPE = re.compile(r"[a-z0-9.+-]{1,50}/[a-z0-9.+-]{1,49}")


@machine("POST")
def announce(request: HttpRequest, project: Project) -> HttpResponse:
    """Answers with a URL to upload to, or null when the file is already here."""
    quota.admit(project)
    body = read_object(request)
    trace_id, size = identifier(body.get("traceId")), count(body.get("contentLength"))
    content_type = str(body.get("contentType")).lower()
    if not trace_id or not valid_id(trace_id) or not CONTENT_TYPE.fullmatch(content_type) or size is None:
        raise Invalid("traceId, contentType and contentLength are needed.")
    if size > MEDIA_LIMIT.value:
        raise BodyTooLarge(f"The file has {size:,} bytes, the limit is {MEDIA_LIMIT.value:,}.")
    media = kept.announce(
        project.pk, trace_id, sha256=_sha256(body.get("sha256Hash")), content_type=content_type, size=size
    )
    if media.uploaded_at is None:
        quota.count(project, 1)
    url = None if media.uploaded_at else _signed_url(request, media, UPLOAD)
    return json_response({"mediaId": media.media_id, "uploadUrl": url}, status=201)


@answering("PUT")
def upload(request: HttpRequest, media_id: str) -> HttpResponse:
    """The URL is the permission: SDKs send no key here."""
    media = _signed_media(request, media_id, UPLOAD)
    if whole_number(request.META.get("CONTENT_LENGTH") or "0") != media.size:
        raise Invalid(f"The file was announced with {media.size:,} bytes.")
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as content:
        while chunk := request.read(CHUNK):
            digest.update(chunk)
            content.write(chunk)
        if kept.media_id_of(digest.digest()) != media_id:
            raise Invalid("The content is not what was announced: its SHA-256 differs.")
        content.seek(0)
        kept.receive(media, content)
    return json_response({})


def media(request: HttpRequest, media_id: str) -> HttpResponseBase:
    return (report if request.method == "PATCH" else describe)(request, media_id=media_id)


@machine("PATCH")
def report(request: HttpRequest, project: Project, media_id: str) -> HttpResponse:
    """How an upload went; we know it already."""
    _find(project, media_id)
    return json_response({})


@machine("GET", scope=Scope.READ)
def describe(request: HttpRequest, project: Project, media_id: str) -> HttpResponse:
    """Where to read a file."""
    found = _find(project, media_id)
    if found.uploaded_at is None:
        raise NotFound(f"The file {media_id} was announced, but never uploaded.")
    return json_response(
        {
            "mediaId": found.media_id,
            "contentType": found.content_type,
            "contentLength": found.size,
            "uploadedAt": found.uploaded_at,
            "url": _signed_url(request, found, DOWNLOAD),
            "urlExpiry": timezone.now() + URL_LIFE,
        }
    )


@answering("GET")
@sends_file
def download(request: HttpRequest, media_id: str) -> HttpResponseBase:
    found = _signed_media(request, media_id, DOWNLOAD)
    return media_answer(request, found, Holder.of(None, Project(pk=found.project_id)))


def _find(project: Project, media_id: str) -> Media:
    found: Media | None = Media.objects.for_project(project).filter(media_id=media_id).first()
    if found is None:
        raise NotFound(f"There is no file {media_id}.")
    return found


def _signed_url(request: HttpRequest, media: Media, purpose: str) -> str:
    token = signing.dumps([media.project_id, media.media_id], salt=purpose)
    return f"{_base_url(request)}/api/public/media/{media.media_id}/{purpose}?token={token}"


def _base_url(request: HttpRequest) -> str:
    """Where this client reaches us, which another one may not: an SDK inside a network, a browser outside."""
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


def _signed_media(request: HttpRequest, media_id: str, purpose: str) -> Media:
    project_id, signed_id = _signed(request.GET.get("token", ""), purpose)
    media: Media | None = Media.objects.for_project(project_id).filter(media_id=signed_id).first()
    if media is None or signed_id != media_id:
        raise NotFound(f"There is no file {media_id}.")
    return media


def _sha256(text: Any) -> bytes:
    try:
        digest = b64decode(text, validate=True)
    except (TypeError, ValueError):
        digest = b""
    if len(digest) != 32:
        raise Unreadable("sha256Hash: the base64 of a SHA-256 is needed.")
    return digest
