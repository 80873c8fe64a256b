"""A message never goes to an address that is not public, however it is written, unless it is allowed."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from recto.errors import RequestError
from recto.webhooks.address import RefusedAddressError, check_literal, may_reach, resolve, target_of
from recto.webhooks.config import Config, networks_of

PRIVATE = [
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:10.0.0.1",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "ff02::1",
    "2001:db8::1",
    "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    "64:ff9b::a00:1",
    "64:ff9b:1::a00:1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]


@pytest.mark.parametrize("text", PRIVATE)
def test_private_addresses_are_refused_in_every_dress(text: str) -> None:
    assert not may_reach(ipaddress.ip_address(text), ())


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_not(text: str) -> None:
    assert may_reach(ipaddress.ip_address(text), ())


def test_what_is_allowed_may_be_reached_and_nothing_else() -> None:
    allowed = networks_of("10.0.0.0/8, fd00::/8,")
    for text in ("10.9.9.9", "::ffff:10.1.1.1", "fd00::5", "8.8.8.8"):
        assert may_reach(ipaddress.ip_address(text), allowed)
    for text in ("127.0.0.1", "192.168.0.1", "fe80::1"):
        assert not may_reach(ipaddress.ip_address(text), allowed)
    with pytest.raises(ValueError, match="host bits"):
        Config(webhook_networks="10.0.0.1/8")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://example.com/#part",
        "https://exa mple.com/",
        "https://example.com/\r\nHost: other",
        "https://example.com\\@127.0.0.1/",
        "https://[fe80::1%25eth0]/",
        "https://[::1",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://exämple.com/",
        "https://example..com/",
        "//example.com/",
        "https://example.com/" + "x" * 2000,
    ],
)
def test_what_is_no_such_url_is_refused(url: str) -> None:
    with pytest.raises(RequestError, match="webhook's url"):
        target_of(url, allow_http=False)


def test_a_url_is_taken_apart() -> None:
    target = target_of("https://Example.com/in?a=1&b=2", allow_http=False)
    assert (target.is_tls, target.host, target.port, target.path) == (True, "example.com", 443, "/in?a=1&b=2")
    assert target.authority == "example.com"
    target = target_of("http://[2606:4700::1]:8080", allow_http=True)
    assert (target.host, target.path, target.authority) == ("2606:4700::1", "/", "[2606:4700::1]:8080")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.7"])
def test_an_address_in_a_url_is_refused_at_once(host: str) -> None:
    target = target_of(f"https://{host}/", allow_http=False)
    with pytest.raises(RequestError, match="not a public address"):
        check_literal(target, ())
    check_literal(target, networks_of("127.0.0.0/8,10.0.0.0/8,::1/128"))


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
async def test_a_name_or_number_that_means_a_private_address_is_refused(host: str) -> None:
    with pytest.raises(RefusedAddressError):
        await resolve(target_of(f"https://{host}/", allow_http=False), ())


async def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [("8.8.8.8", 443), ("10.0.0.1", 443)]

    def look_up(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", answer) for answer in answers]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    target = target_of("https://example.com/", allow_http=False)
    with pytest.raises(RefusedAddressError, match=r"means 10\.0\.0\.1"):
        await resolve(target, ())
    answers.pop()
    assert await resolve(target, ()) == ["8.8.8.8"]
