"""Where a browser's request comes from.

References
----------
RFC 6454 (origins); a request that carries a cookie is only as good as the page that sent it.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from fastapi import Request

from recto.errors import ForbiddenError

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_SIGNS_OF_A_PROXY = ("forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto")


def check_origin(request: Request) -> None:
    """See that a request was sent by a page of this server.

    Raises
    ------
    ForbiddenError
        The Origin header is missing or names another place.
    """
    origin = request.headers.get("origin", "")
    if not _is_ours(origin, request):
        raise ForbiddenError(f"This must be sent by a page of this server itself; the Origin is {origin[:200]!r}.")


def check_foreign_origin(request: Request) -> None:
    """As ``check_origin``, but programs, which send no Origin, may pass."""
    if "origin" in request.headers:
        check_origin(request)


def check_local(request: Request) -> None:
    """See that a request was sent by a page of this server, in a browser on this machine, by no detour.

    A name that leads here but is not one of ours (DNS rebinding) and a proxy on this machine are detours.

    Raises
    ------
    ForbiddenError
    """
    check_origin(request)
    if not is_direct(request):
        raise ForbiddenError("Only a browser on the machine itself gets a session without a client id and secret.")


def is_direct(request: Request) -> bool:
    """Whether a request comes from this machine, for one of its own names, and bears no sign of a proxy."""
    try:
        host = (urlsplit(f"//{request.headers.get('host', '')}").hostname or "").lower()
    except ValueError:
        return False
    near = request.client is not None and is_loopback(request.client.host)
    direct = request.scope.get("http_version") != "1.0" and not any(s in request.headers for s in _SIGNS_OF_A_PROXY)
    return near and direct and host in LOCAL_NAMES


def is_loopback(host: str) -> bool:
    """Whether an address, or ``localhost``, leads to this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _is_ours(origin: str, request: Request) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    host = request.headers.get("host", "")
    site = request.headers.get("sec-fetch-site", "same-origin")
    schemes = ("https",) if request.url.scheme == "https" else ("http", "https")  # a proxy may have taken https off
    return bool(host) and parts.netloc.lower() == host.lower() and parts.scheme in schemes and site == "same-origin"
