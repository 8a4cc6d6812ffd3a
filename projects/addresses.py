"""Ports, hosts and base URLs that people type: checked, and refused with a reason if they cannot work."""

import re
from argparse import ArgumentTypeError
from urllib.parse import urlsplit

HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?")
HIGHEST_PORT = 65_535


def port_number(text: str) -> int:
    """Return the port that an option names. Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= HIGHEST_PORT):
        raise ArgumentTypeError(f"{text!r} is not a port: use a number from 1 to {HIGHEST_PORT}")
    return int(text)


def host_and_port(host: str, port: int) -> str:
    """Return both as one text, with an IPv6 address in brackets."""
    return f"{bracketed(host)}:{port}"


def bracketed(host: str) -> str:
    """Return the host, in brackets if it is an IPv6 address."""
    return f"[{host}]" if ":" in host else host


def base_url(text: str) -> str:
    """Return the scheme, host and port of a URL. Raises ValueError if `text` is anything else, or has a path."""
    text = text.strip()
    if not text.lower().startswith(("http://", "https://")):
        raise ValueError(f"{text!r} must start with http:// or https://")
    try:
        parts = urlsplit(text)
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError as error:
        raise ValueError(f"{text!r} is not a valid URL ({error})") from None
    if port == 0 or len(text.split()) > 1:
        raise ValueError(f"{text!r} is not a valid URL")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"{text!r} must end after its host and port, because Confab cannot be served below a path")
    return f"{parts.scheme}://{host if port is None else f'{host}:{port}'}"


def _host(host: str) -> str:
    """Return the host as a browser sends it: in ASCII, an IPv6 address in brackets."""
    if ":" in host:
        return bracketed(host)  # urlsplit has looked at what stands in brackets
    name = host if host.isascii() else host.encode("idna").decode()
    if not HOST_NAME.fullmatch(name):
        raise ValueError(f"{host!r} is not a host name" if host else "it has no host")
    return name
