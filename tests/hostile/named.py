"""Bad requests: names, ids, queries, paths and tokens that nobody honest would send."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote

from tests.hostile.asked import IMAGE, JSON, PAGE, SUBMIT, BadRequest, bad_bodies, form_of

NASTY = (
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "C:\\x",
    "\\\\host\\share",
    "a\x00.png",
    "\x00",
    "a\r\nX-Injected: 1",
    "a\nb",
    "\x1b[31mred",
    "\u202egnp.exe",
    "\u2028",
    "a" * 5000,
    "'; DROP TABLE tasks; --",
    "' OR 1=1 --",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "$(id)",
    "`id`",
    "| id",
    "%s%n%x",
    "<script>alert(1)</script>",
    '"quoted"',
    "CON",
    ".",
    "..",
    "~root",
    "-rf",
    "\ud7ff\ufffd",
    "\U0001f600",
    "e\u0301",
    "null",
    "NaN",
    "-1",
    "0",
    "99999999999999999999",
    "1e9",
    "true",
    "[]",
    "{}",
    "%00",
    "%2e%2e%2f",
    "00000000-0000-0000-0000-000000000000",
    "00000000-0000-4000-8000-00000000000g",
    "00000000000040008000000000000000",
    "{00000000-0000-4000-8000-000000000000}",
    "*",
    "%",
    "_",
    "id",
)
"""What ends up in names and ids."""


def bad_requests() -> Iterator[BadRequest]:
    """All kinds, always the same."""
    yield from bad_bodies()
    yield from _names()
    yield from _ids()
    yield from _queries()
    yield from _paths()
    yield from _tokens()
    yield from _token_forms()


def _names() -> Iterator[BadRequest]:
    for number, nasty in enumerate(NASTY):
        shown = f"{number}, {nasty[:20]!r}"
        yield BadRequest(
            "names", f"asked, {shown}", "POST", f"/v1/tasks?recipe=&name={quote(nasty)}", PAGE, may_pass=True
        )
        file_name = nasty.replace('"', "").replace("\r", "").replace("\n", "").encode()
        part = b'Content-Disposition: form-data; name="file"; filename="' + file_name + b'"\r\n\r\n' + PAGE
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        yield BadRequest(
            "names", f"of a file, {shown}", "POST", "/v1/tasks?recipe=", form_of(part), kind, may_pass=True
        )
        body = json.dumps({"image": IMAGE, "recipe": [], "name": nasty}).encode()
        yield BadRequest("names", f"in JSON, {shown}", "POST", "/v1/tasks", body, JSON, may_pass=True)
        key = quote(nasty, safe=" '\"{}|$()[]*<>;:@&=+,?/\\^`~")[:300]
        yield BadRequest(
            "names", f"as a key, {shown}", "POST", "/v1/tasks?recipe=", PAGE, {"Idempotency-Key": key}, may_pass=True
        )


def _ids() -> Iterator[BadRequest]:
    for number, nasty in enumerate(NASTY):
        shown, text = f"{number}, {nasty[:20]!r}", quote(nasty)
        for path in ("DeskewImage", "ImageProcessing/GetResultFile", "Utilities/GetTaskStatus"):
            yield BadRequest("ids", f"{path}, {shown}", "GET", f"/v5.0/ocr/{path}?id={text}", may_pass=True)
        yield BadRequest("ids", f"deleted, {shown}", "DELETE", f"/v5.0/ocr/DeskewImage?id={text}", may_pass=True)
        yield BadRequest("ids", f"native, {shown}", "GET", f"/v1/tasks/{quote(nasty, safe='')}")
        yield BadRequest(
            "ids",
            f"page, {shown}",
            "GET",
            f"/v1/tasks/00000000-0000-4000-8000-000000000000/result/{quote(nasty, safe='')}",
        )


def _queries() -> Iterator[BadRequest]:
    for number, nasty in enumerate(NASTY):
        for member in ("state", "since", "cursor", "limit"):
            listed = {("limit", "99999999999999999999")} and member == "limit" and nasty == "1e9"
            yield BadRequest(
                "queries", f"{member}, {number}", "GET", f"/v1/tasks?{member}={quote(nasty)}", may_pass=not listed
            )
    missing = "/v1/tasks/00000000-0000-4000-8000-000000000000"
    for wait in ("-1", "nan", "inf", "1e400", "0x10", "1_000", "\u0661", "9" * 400, "a"):
        yield BadRequest("queries", f"wait {wait[:9]}", "GET", f"{missing}?wait={quote(wait)}")
    for page in ("0", "-1", "1e3", "\u0661", "9" * 400, "a", "", "1;2"):
        path = f"/v5.0/ocr/ImageProcessing/GetResultFile?id=x&page={quote(page)}"
        yield BadRequest("queries", f"page {page[:9]}", "GET", path, may_pass=True)
    for query in (
        "&" * 5000,
        "id",
        "=",
        "id=%ZZ",
        "id=%ff%fe",
        "id[]=1&id[]=2",
        "id=1&ID=2&iD=3",
        "a=1&" * 2000,
        "%00=%00",
    ):
        yield BadRequest("queries", f"query {query[:12]}", "GET", f"{SUBMIT}?{query}", may_pass=True)


def _paths() -> Iterator[BadRequest]:
    for path in (
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/static/../../../pyproject.toml",
        "/page/..%5c..%5cx",
        "//etc/passwd",
        "/%00",
        "/v5.0/ocr/%00",
        "/v5.0/ocr/DeskewImage%00",
        "/v5.0/ocr/../../etc/passwd",
        "/v5.0/ocr/DeskewImage/../../x",
        "/v5.0/ocr/" + "a" * 8000,
        "/" * 5000,
        "/./" * 2000 + "x",
        "/%ff%fe",
        "/%C0%AF",
        "/v1/tasks/..%2f..%2f",
        "/v1/tasks/%2e%2e/result/1",
        "/v1/filters/../x",
        "/.git/config",
        "/.env",
        "/wp-login.php",
        "/admin",
        "/server-status",
        "/actuator/env",
        "/debug/pprof",
        "/cgi-bin/test.cgi",
        "/v5.0/ocr/DeskewImage;id=1",
        "/v5.0/ocr/Deskew%49mage/x",
        "/v5.0/ocr/RecognizeImage/..",
        "/\u0131".encode().decode("latin-1"),
        "/*",
        "/?",
        "/%",
        "/%zz",
        "/a%0d%0aX-Injected:1",
        "/\t",
        "/v1/webhooks/../tasks",
    ):
        passes = path in ("/?", "/" * 5000)
        yield BadRequest("paths", path[:60], "GET", path.replace("\t", "%09"), may_pass=passes, token=False)


def _tokens() -> Iterator[BadRequest]:
    part = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    claims = base64.urlsafe_b64encode(b'{"sub":"x","exp":9999999999}').decode().rstrip("=")
    key = (
        base64.urlsafe_b64encode(b'{"alg":"RS256","kid":"../../etc/passwd","jku":"http://127.0.0.1/"}')
        .decode()
        .rstrip("=")
    )
    own = base64.urlsafe_b64encode(b'{"alg":"RS256","jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}}').decode().rstrip("=")
    for text in (
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "bearer " + "a" * 7000,
        "Bearer ..",
        "Bearer a.b.c",
        "Bearer a.b.c.d.e",
        f"Bearer {part}.{claims}.",
        f"Bearer {part}.{claims}.AAAA",
        f"Bearer {key}.{claims}.AAAA",
        f"Bearer {own}.{claims}.AAAA",
        "Bearer null",
        "Bearer {}",
        "Bearer \xff\xfe",
        "Basic YTpi",
        "Basic ",
        "Digest x",
        "Negotiate YII",
        "Bearer\tx",
        "x" * 3000,
        "Bearer x, Bearer y",
        "Token x",
        "Bearer " + "." * 3000,
        "Bearer '; DROP TABLE access_clients; --",
    ):
        for method, path in (
            ("GET", f"{SUBMIT}?id=x"),
            ("POST", SUBMIT),
            ("GET", "/v1/tasks"),
            ("DELETE", f"{SUBMIT}?id=x"),
        ):
            head = {"Authorization": text}
            yield BadRequest("tokens", f"{method} {path}, {text[:24]!r}", method, path, headers=head, token=False)
    for cookie in (
        "recto_session=",
        "recto_session=x",
        f"recto_session={part}.{claims}.",
        "recto_session=" + "a" * 7000,
        "=; ;;;",
    ):
        yield BadRequest("tokens", f"cookie {cookie[:24]}", "GET", "/v1/tasks", headers={"Cookie": cookie}, token=False)


def _token_forms() -> Iterator[BadRequest]:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (
        b"",
        b"grant_type",
        b"grant_type=",
        b"grant_type=password&username=a&password=b",
        b"grant_type=client_credentials",
        b"grant_type=client_credentials&client_id=&client_secret=",
        b"grant_type=client_credentials&client_id=%00&client_secret=%00",
        b"grant_type=client_credentials&client_id=%FF&client_secret=%FE",
        b"&" * 5000,
        b"a=1&" * 1000,
        b"\xff\xfe",
        b"=" * 5000,
        b"grant_type=client_credentials&client_id=" + b"a" * 50_000 + b"&client_secret=x",
        b"grant_type=client_credentials&client_id=' OR '1'='1&client_secret=x",
        b"x" * 200_000,
        b"grant_type=authorization_code&code=1&redirect_uri=http://x/",
        b'{"grant_type":"client_credentials"}',
        b"grant_type=client_credentials&client_id=a&client_secret=%ED%A0%80",
    ):
        yield BadRequest("token requests", f"{body[:40]!r}", "POST", "/connect/token", body, form, token=False)
    for kind in ("application/json", "multipart/form-data", "multipart/form-data; boundary=b", "text/xml", "\xff"):
        head = {"Content-Type": kind}
        yield BadRequest(
            "token requests",
            f"said to be {kind}",
            "POST",
            "/connect/token",
            b"grant_type=client_credentials",
            head,
            token=False,
        )
    for basic in ("Basic", "Basic !", "Basic YQ==", "Basic Og==", "Basic /////w==", "Basic " + "A" * 7000):
        head = {**form, "Authorization": basic}
        yield BadRequest(
            "token requests",
            f"{basic[:20]}",
            "POST",
            "/connect/token",
            b"grant_type=client_credentials",
            head,
            token=False,
        )
