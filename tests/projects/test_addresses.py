"""Ports and the base URL are taken as people write them, or refused with a sentence that says why."""

from argparse import ArgumentTypeError

import pytest

from projects.addresses import base_url, host_and_port, port_number


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://confab.example.com", "https://confab.example.com"),
        ("https://confab.example.com/", "https://confab.example.com"),
        (" HTTPS://Confab.Example.com:8443/ ", "https://confab.example.com:8443"),
        ("http://[fd00::2]:8000", "http://[fd00::2]:8000"),
        ("http://[::1]", "http://[::1]"),
        ("http://münchen.example", "http://xn--mnchen-3ya.example"),
        ("http://trace_box:80", "http://trace_box:80"),
    ],
)
def test_a_base_url_is_a_scheme_a_host_and_a_port(text: str, url: str) -> None:
    assert base_url(text) == url


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://example.com/confab", "below a path"),
        ("https://example.com/confab/", "below a path"),
        ("https://example.com//", "below a path"),
        ("https://example.com?x", "below a path"),
        ("https://example.com#x", "below a path"),
        ("https://user@example.com", "below a path"),
        ("confab.example.com", "must start with http"),
        ("ftp://example.com", "must start with http"),
        ("//example.com", "must start with http"),
        ("javascript:alert(1)", "must start with http"),
        ("http:example.com", "must start with http"),
        ("https://", "has no host"),
        ("https:///path", "has no host"),
        ("https://a b", "not a host name"),
        ("https://..", "not a host name"),
        ("https://a,b", "not a host name"),
        ("https://*", "not a host name"),
        ("https://example.com\n.evil.example", "not a valid URL"),
        ("https://[::1", "not a valid URL"),
        ("https://[nonsense]", "not a valid URL"),
        ("https://example.com:99999", "not a valid URL"),
        ("https://example.com:0", "not a valid URL"),
        ("https://example.com:http", "not a valid URL"),
    ],
)
def test_any_other_base_url_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        base_url(text)
    assert repr(text) in str(refused.value)


@pytest.mark.parametrize("text", ["1", "4317", "65535", "080"])
def test_a_port_is_a_number(text: str) -> None:
    assert port_number(text) == int(text)


@pytest.mark.parametrize("text", ["0", "-1", "65536", "99999", "9" * 5000, "http", "", " 80", "8e3", "80.0", "٨٠", "²"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is not a port"):
        port_number(text)


def test_an_ipv6_address_stands_in_brackets_before_its_port() -> None:
    assert host_and_port("::", 4450) == "[::]:4450"
    assert host_and_port("0.0.0.0", 4450) == "0.0.0.0:4450"
