"""Where a message may go: never to a private address that a client could not reach itself, unless it is allowed.

A name is looked up once, every address of it is checked, and the connection goes to an address that was checked; so a
name that means another address a moment later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from recto.errors import RequestError
from recto.webhooks.config import Network

MAX_URL_CHARS = 2000

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_VISIBLE = re.compile(r"[!-~]+")
_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?")
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")


class RefusedAddressError(Exception):
    """A message must not go there, or the name leads nowhere."""


@dataclass(frozen=True)
class Target:
    """A URL taken apart.

    Attributes
    ----------
    host : str
        A name, or an address without brackets.
    path : str
        With the query.
    """

    is_tls: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the header ``Host`` says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


def target_of(url: str, *, allow_http: bool) -> Target:
    """Take a URL apart.

    Raises
    ------
    RequestError
        Messages cannot go there whatever the name means.
    """
    if len(url) > MAX_URL_CHARS or not _VISIBLE.fullmatch(url):
        raise RequestError(f"A webhook's url is at most {MAX_URL_CHARS} visible ASCII characters.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise RequestError(f"The webhook's url cannot be read: {error}.") from None
    schemes = ("https", "http") if allow_http else ("https",)
    if parts.scheme not in schemes:
        raise RequestError(f"A webhook's url begins with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
    if "@" in parts.netloc or parts.fragment:
        raise RequestError("A webhook's url has neither a user nor a fragment.")
    if not (_NAME.fullmatch(host) or _literal(host)) or port == 0:
        raise RequestError("The webhook's url names no server.")
    is_tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(is_tls, host, port or (443 if is_tls else 80), path)


def check_literal(target: Target, allowed: Iterable[Network]) -> None:
    """See at once that an address is allowed, where the URL holds one instead of a name.

    Raises
    ------
    RequestError
    """
    address = _literal(target.host)
    if address is not None and not may_reach(address, allowed):
        raise RequestError(f"{address} is not a public address (RECTO_WEBHOOK_NETWORKS).")


async def resolve(target: Target, allowed: Iterable[Network]) -> list[str]:
    """The addresses to connect to, in the order of the resolver.

    Raises
    ------
    RefusedAddressError
        The name is unknown, or any of its addresses is not allowed.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise RefusedAddressError(f"{target.host} cannot be found: {error.strerror or error}") from None
    except UnicodeError:
        raise RefusedAddressError(f"{target.host} is no name") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    allowed = tuple(allowed)
    for text in addresses:
        if not may_reach(ipaddress.ip_address(text), allowed):
            raise RefusedAddressError(f"{target.host} means {text}, which is not a public address")
    return addresses


def may_reach(address: Address, allowed: Iterable[Network]) -> bool:
    """Whether an address, and every one that it carries inside, is public or allowed."""
    allowed = tuple(allowed)
    return all(
        any(layer in network for network in allowed if network.version == layer.version) or _is_public(layer)
        for layer in _layers(address)
    )


def _is_public(address: Address) -> bool:
    is_site_local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    return address.is_global and not (address.is_multicast or address.is_reserved or is_site_local)


def _layers(address: Address) -> Iterator[Address]:
    """The address that is really meant: IPv4 can hide in IPv6 in several ways."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
        return
    if address in _IPV4_COMPATIBLE and int(address) > 1:
        yield ipaddress.IPv4Address(int(address))
        return
    carried = [address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _NAT64):
        carried.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    inside = [found for found in carried if found is not None]
    yield from inside or [address]


def _literal(host: str) -> Address | None:
    try:
        return None if "%" in host else ipaddress.ip_address(host)
    except ValueError:
        return None
