"""Who is asking: the bearer token of a request."""

from __future__ import annotations

from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import OAuth2
from starlette.requests import HTTPConnection

from recto.access import Access
from recto.errors import AccessError, InvalidTokenError


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
