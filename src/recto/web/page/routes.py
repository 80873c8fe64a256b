"""``/``, ``/docs``, their static files, and the old addresses that lead to them."""

from __future__ import annotations

from html import escape

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from recto.web import problems
from recto.web.page.manual import manual
from recto.web.page.static_files import static_files
from recto.web.v5.operations import CANONICAL_PREFIX, names_here

_POLICY_FOR_ALL = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HTML_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'self'; img-src 'self'; {_POLICY_FOR_ALL}",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
APP_HEADERS = {
    **HTML_HEADERS,
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    f"connect-src 'self'; {_POLICY_FOR_ALL}",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FOR_EVER = "public, max-age=31536000, immutable"
OLD_VERSIONS = ("/v1.1", "/v2.0", "/v2.1", "/v3.0", "/v3.1", "/v4.0", "/v4.1")
SWAGGER = ("/swagger", "/v5.0/ocr/swagger", "/v5.1/ocr/swagger", "/v5/ocr/swagger", "/v5.0/swagger")


def add_routes(app: FastAPI) -> None:
    """The pages for people."""
    static = static_files()
    base = f"/static/{static.digest}"
    preloads = "\n".join(f'<link rel="modulepreload" href="{base}/{path}">' for path in static.scripts())
    front = static.found["index.html"].content.decode().replace("{static}", base).replace("{preloads}", preloads)

    async def index(request: Request) -> Response:
        address = escape(str(request.base_url).rstrip("/"))
        return HTMLResponse(front.replace("{address}", address), headers=APP_HEADERS)

    async def docs(request: Request) -> Response:
        return HTMLResponse(manual(app.openapi()), headers=HTML_HEADERS)

    async def file(request: Request) -> Response:
        path = request.path_params["path"]
        first, _, rest = path.partition("/")
        dated = first == static.digest
        found = static.found.get(rest if dated else path)
        if found is None or path.endswith(".html"):
            return problems.problem(
                404, "not-found", f"There is no file {path!r} here. What there is, is listed at /docs.", request=request
            )
        headers = {"ETag": found.etag, "Cache-Control": FOR_EVER if dated else "no-cache"}
        if found.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(found.content, headers=headers, media_type=found.media_type)

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

    pages = {"/": index, "/docs": docs, "/static/{path:path}": file}
    for path, handler in pages.items():
        app.add_route(path, handler, methods=["GET", "HEAD"], include_in_schema=False)
    for path in SWAGGER:
        app.add_route(path, to_docs, methods=["GET", "HEAD"], include_in_schema=False)
        app.add_route(path + "/{rest:path}", to_docs, methods=["GET", "HEAD"], include_in_schema=False)
    every = ["GET", "HEAD", "POST", "PUT", "DELETE"]
    for prefix in OLD_VERSIONS:
        app.add_route(prefix + "/{rest:path}", gone, methods=every, include_in_schema=False)
