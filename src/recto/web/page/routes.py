"""``/``, ``/docs``, their style sheet, and the old addresses that lead to them."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from recto.web import problems
from recto.web.page.manual import manual
from recto.web.v5.operations import CANONICAL_PREFIX, names_here

HTML_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
OLD_VERSIONS = ("/v1.1", "/v2.0", "/v2.1", "/v3.0", "/v3.1", "/v4.0", "/v4.1")
SWAGGER = ("/swagger", "/v5.0/ocr/swagger", "/v5.1/ocr/swagger", "/v5/ocr/swagger", "/v5.0/swagger")


def add_routes(app: FastAPI) -> None:
    """The pages for people."""
    here = files("recto.web.page")
    front = (here / "index.html").read_text("utf-8")
    style = (here / "style.css").read_text("utf-8")

    async def index(request: Request) -> Response:
        address = escape(str(request.base_url).rstrip("/"))
        return HTMLResponse(front.replace("{address}", address), headers=HTML_HEADERS)

    async def docs(request: Request) -> Response:
        return HTMLResponse(manual(app.openapi()), headers=HTML_HEADERS)

    async def style_sheet(request: Request) -> Response:
        return Response(style, headers={"Cache-Control": "public, max-age=3600"}, media_type="text/css")

    async def to_docs(request: Request) -> Response:
        return RedirectResponse("/docs", 307)

    async def gone(request: Request) -> Response:
        return problems.problem(
            410,
            "old-version",
            f"This version of the API is not served. Recto speaks v5: {CANONICAL_PREFIX}… Operations: "
            + ", ".join(names_here())
            + ".",
            request=request,
        )

    pages = {"/": index, "/docs": docs, "/static/style.css": style_sheet}
    for path, handler in pages.items():
        app.add_route(path, handler, methods=["GET", "HEAD"], include_in_schema=False)
    for path in SWAGGER:
        app.add_route(path, to_docs, methods=["GET", "HEAD"], include_in_schema=False)
        app.add_route(path + "/{rest:path}", to_docs, methods=["GET", "HEAD"], include_in_schema=False)
    every = ["GET", "HEAD", "POST", "PUT", "DELETE"]
    for prefix in OLD_VERSIONS:
        app.add_route(prefix + "/{rest:path}", gone, methods=every, include_in_schema=False)
