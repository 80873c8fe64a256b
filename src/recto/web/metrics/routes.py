"""``GET /metrics``, and who may read it."""

from __future__ import annotations

import asyncio
import hmac

from fastapi import FastAPI, Request
from prometheus_client.exposition import choose_encoder
from starlette.responses import Response

from recto.errors import AccessError, InvalidTokenError, NotFoundError, SettingError
from recto.web.config import Config
from recto.web.door import bearer_token
from recto.web.metrics.fleet import registry_of
from recto.web.metrics.meter import Meter
from recto.web.origin import is_direct
from recto.web.rooms import Rooms

PATH = "/metrics"


def add_routes(app: FastAPI, rooms: Rooms, meter: Meter) -> None:
    """``/metrics``, where ``RECTO_METRICS`` opens it.

    Raises
    ------
    SettingError
        A token is asked for and none is set.
    """
    config = rooms.config
    if config.metrics == "off":
        return
    if config.metrics == "token" and config.metrics_token is None:
        raise SettingError("RECTO_METRICS=token needs RECTO_METRICS_TOKEN.")

    async def metrics(request: Request) -> Response:
        _check(request, config)
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        seen = await rooms.service.watch.look()
        content = await asyncio.to_thread(lambda: _joined(encode(meter.registry), encode(registry_of(seen))))
        return Response(content, headers={"Content-Type": content_type, "Cache-Control": "no-store"})

    app.add_api_route(PATH, metrics, methods=["GET"], include_in_schema=False, response_model=None)


def _check(request: Request, config: Config) -> None:
    if config.metrics == "local":
        if not is_direct(request):
            raise NotFoundError(f"There is nothing at {PATH} for requests from elsewhere.")
        return
    token = bearer_token(request)
    if token is None:
        raise AccessError("This needs the token of RECTO_METRICS_TOKEN: send 'Authorization: Bearer …'.")
    assert config.metrics_token is not None
    if not hmac.compare_digest(token.encode(), config.metrics_token.get_secret_value().encode()):
        raise InvalidTokenError("This is not the token of RECTO_METRICS_TOKEN.")


def _joined(first: bytes, second: bytes) -> bytes:
    """One answer of two; OpenMetrics ends with a mark that may come once only."""
    return first.removesuffix(b"# EOF\n") + second
