"""Who is asking: the bearer token of a request, or the session of a browser."""

from __future__ import annotations

from fastapi import Request
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import APIKeyCookie, OAuth2
from starlette.requests import HTTPConnection

from recto.access import Access
from recto.errors import AccessError, InvalidTokenError
from recto.web.origin import check_origin

SESSION_COOKIE = "recto_session"
SESSION_SCHEME = APIKeyCookie(
    name=SESSION_COOKIE,
    scheme_name="session",
    description="What `POST /session` gives a browser. Requests that change something also need its Origin.",
    auto_error=False,
)
_HARMLESS = ("GET", "HEAD", "OPTIONS")


class Door(OAuth2):
    """A FastAPI dependency that gives the client id."""

    def __init__(self, access: Access) -> None:
        flow = OAuthFlowClientCredentials(tokenUrl="/connect/token", scopes={})
        super().__init__(
            flows=OAuthFlows(clientCredentials=flow),
            scheme_name="JWT",
            description="OAuth 2 client credentials: get a token from `/connect/token`, send it as a bearer token.",
        )
        self._access = access

    async def __call__(self, request: HTTPConnection) -> str:
        """The client id.

        Raises
        ------
        AccessError
            There is no bearer token.
        InvalidTokenError
            There is one, and it is not good.
        """
        token = bearer_token(request)
        if token is None:
            raise AccessError("This needs a token: get one from /connect/token and send 'Authorization: Bearer …'.")
        client_id = await self._access.verify(token)
        request.state.client_id = client_id
        return client_id


class OpenDoor(Door):
    """Also lets a browser in that has a session; a request of it that changes something must come from our own page."""

    async def __call__(self, request: Request) -> str:  # type: ignore[override]
        """The client id; errors as ``Door``, and ForbiddenError for a foreign page."""
        session = request.cookies.get(SESSION_COOKIE)
        if "authorization" in request.headers or session is None:
            return await super().__call__(request)
        if request.method not in _HARMLESS:
            check_origin(request)
        client_id = await self._access.verify_session(session)
        request.state.client_id = client_id
        return client_id


def bearer_token(request: HTTPConnection) -> str | None:
    """The token, or None when the request has no Authorization header.

    Raises
    ------
    InvalidTokenError
        The header is there but holds no bearer token.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidTokenError("The Authorization header must be 'Bearer' and a token.")
    return token.strip()
