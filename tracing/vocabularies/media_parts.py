"""Reads images, audio and files from the parts of messages: their type, and where they are or what they contain."""

from typing import Any

from tracing.vocabularies.readers import first_text

MEDIA_TYPES = frozenset({"image", "audio", "video", "file", "document"})
MEDIA_KEYS = (
    *("url", "uri", "image_url", "file_uri", "fileUri", "image", "input_audio", "audio", "file", "source"),
    *("file_data", "data", "bytes", "content", "file_id"),
)
BARE_KEYS = frozenset({"data", "bytes", "content", "image", "file_data"})  # base64 without its type
UNKNOWN_TYPE = "application/octet-stream"
MIME_KEYS = ("mime_type", "mimeType", "media_type", "mediaType", "contentType", "modality")


def media_of(part: dict[str, Any]) -> dict[str, str]:
    """Return a file as our messages have it: its type, and its address."""
    url, kind = url_of(part), str(part.get("type") or "").removeprefix("input_").removesuffix("_url")
    named = (url[5:] if url.startswith("data:") else mime_of(part)).partition("/")[0]
    shown = named if named in MEDIA_TYPES else kind if kind in MEDIA_TYPES else "file"
    return {"type": shown, "url": url}


def url_of(part: dict[str, Any], mime: str = "", depth: int = 0) -> str:
    """Return the address of a file, or the file itself as a data URI."""
    mime = mime_of(part) or mime
    for key in MEDIA_KEYS:
        value = part.get(key)
        if isinstance(value, dict) and depth < 4 and (url := url_of(value, mime, depth + 1)):
            return url
        if isinstance(value, str) and value:
            is_bare = key in BARE_KEYS and ":" not in value[:40] and value[0] != "@"
            return f"data:{mime or UNKNOWN_TYPE};base64,{value}" if is_bare else value
    return ""


def mime_of(part: dict[str, Any]) -> str:
    """Return the media type of a file, or ""."""
    if isinstance(named := part.get("format"), str):
        return f"audio/{named}" if part.get("type") != "image" and named in ("wav", "mp3") else f"image/{named}"
    return first_text(part, MIME_KEYS)
