"""The OpenAPI document as a page to read."""

from __future__ import annotations

import json
from html import escape
from typing import Any

_METHODS = ("get", "post", "put", "patch", "delete")


def manual(document: dict[str, Any]) -> str:
    """An HTML page with every operation of an OpenAPI document."""
    groups: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                operation = operations[method]
                tag = (operation.get("tags") or ["Other"])[0]
                groups.setdefault(tag, []).append(_operation(method, path, operation))
    told = [_message(document, name, found["post"]) for name, found in document.get("webhooks", {}).items()]
    sections = "\n".join(f"<h2>{escape(tag)}</h2>\n" + "\n".join(found) for tag, found in groups.items())
    info = document["info"]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(info["title"])}: the API</title>
<link rel="stylesheet" href="/static/style.css">
</head>
<body>
<main>
<h1>{escape(info["title"])}: the API</h1>
<p class="lead">Version {escape(info["version"])} ·
<a href="/openapi.json">OpenAPI document</a> · <a href="/">Home</a></p>
{_paragraphs(info.get("description", ""))}
{sections}
{_messages(told)}
<h2>Bodies</h2>
{_schemas(document)}
</main>
</body>
</html>
"""


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    deprecated = operation.get("deprecated", False)
    rows = _parameters(operation)
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        members = ", ".join(f"<code>{escape(name)}</code>" for name in content["schema"].get("properties", {}))
        rows.append(("body", f"{escape(kind)}: {members}"))
    rows += _answers(operation)
    summary = escape(operation.get("summary", "")) + (" (deprecated)" if deprecated else "")
    return f"""<section{' class="deprecated"' if deprecated else ""}>
<h3><span class="method">{method.upper()}</span> <code>{escape(path)}</code></h3>
<p>{summary}</p>
{_paragraphs(operation.get("description", ""))}
{_table(rows)}
</section>"""


def _parameters(operation: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (f"{p['in']} <code>{escape(p['name'])}</code>", _code(p.get("description", "")))
        for p in operation.get("parameters", ())
    ]


def _answers(operation: dict[str, Any]) -> list[tuple[str, str]]:
    return [(escape(status), _code(answer["description"])) for status, answer in operation["responses"].items()]


def _table(rows: list[tuple[str, str]]) -> str:
    return "<table>" + "".join(f"<tr><th>{head}</th><td>{text}</td></tr>" for head, text in rows) + "</table>"


def _messages(told: list[str]) -> str:
    """What the server sends by itself."""
    if not told:
        return ""
    about = (
        "What this server sends by itself to the receivers that <code>POST /v1/webhooks</code> registers, signed as "
        "Standard Webhooks (www.standardwebhooks.com) has it."
    )
    return f'<h2 id="webhooks">Webhooks</h2>\n<p>{about}</p>\n' + "\n".join(told)


def _message(document: dict[str, Any], name: str, operation: dict[str, Any]) -> str:
    ((kind, content),) = operation["requestBody"]["content"].items()
    body = content["schema"]["$ref"].rpartition("/")[2]
    types = document["components"]["schemas"][body]["properties"]["type"]
    rows = _parameters(operation)
    rows += [
        ("<code>type</code>", ", ".join(f"<code>{escape(t)}</code>" for t in types.get("enum", [types.get("const")])))
    ]
    rows += [("body", f"{escape(kind)}: {escape(body)}")]
    rows += _answers(operation)
    example = escape(json.dumps(content.get("example", {}), indent=1, ensure_ascii=False))
    return f"""<section>
<h3><span class="method">POST</span> {escape(operation.get("summary", name))}</h3>
{_paragraphs(operation.get("description", ""))}
{_table(rows)}
<pre tabindex="0"><code>{example}</code></pre>
</section>"""


def _schemas(document: dict[str, Any]) -> str:
    found = []
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        members = "".join(
            f"<tr><th><code>{escape(member)}</code></th><td>{_code(facts.get('description', ''))}</td></tr>"
            for member, facts in schema.get("properties", {}).items()
        )
        values = ", ".join(f"<code>{escape(str(value))}</code>" for value in schema.get("enum", ()))
        about = _code(schema.get("description", ""))
        found.append(f"<section><h3>{escape(name)}</h3><p>{about}</p><p>{values}</p><table>{members}</table></section>")
    return "\n".join(found)


def _paragraphs(text: str) -> str:
    return "\n".join(f"<p>{_code(part)}</p>" for part in text.split("\n\n") if part.strip())


def _code(text: str) -> str:
    """Escaped text, with what is between back quotes as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if k % 2 else part for k, part in enumerate(parts))
