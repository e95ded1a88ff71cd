"""The step kind `http`: one HTTP request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import JsonValue

from oyama_tui.core.definition.document import Document, Path
from oyama_tui.core.definition.expressions import OPEN, ExpressionError, Piece, secret_name, split_template
from oyama_tui.core.definition.http_request import HttpRequest, header_name
from oyama_tui.core.definition.kind import Order, Renderer, StepKind, Words
from oyama_tui.core.definition.step_base import StepBase

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing, so that doing one twice needs no key."""
_ENCODE: Final = "urlEncode("


class HttpStep(StepBase):
    """Send one HTTP request; needs the extra `http`: `pip install 'oyama-tui[http]'`."""

    http: HttpRequest
    """The request."""


def escaped(url: str) -> str:
    """A URL in which the value of every expression is one part of it, whatever characters it has.

    Those before the path stay as they are: a whole beginning such as `https://api.example.org/v2`, or a host.

    Args:
        url: A template, known to be sound.
    """
    made, begun = "", False
    for part in split_template(url):
        if isinstance(part, str):
            made += part
            rest = made.partition("://")[2] if "://" in made else made
            begun = begun or any(mark in rest for mark in "/?#")
            continue
        plain = not begun or secret_name(part.source) or part.source.strip().startswith(_ENCODE)
        begun = begun or not made
        made += f"{OPEN}{part.source}}}}}" if plain else f"{OPEN} {_ENCODE}{part.source.strip()}) }}}}"
    return made


def _has_secret(text: str) -> bool:
    return OPEN in text and any(isinstance(part, Piece) and secret_name(part.source) for part in split_template(text))


def _json(value: JsonValue, maker: Renderer, secrets: list[JsonValue], *place: str | int) -> JsonValue:
    """A nested value, filled in; notes where texts with secrets stand, because only these are the executor's to resolve."""
    if isinstance(value, dict):
        return {key: _json(item, maker, secrets, *place, key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item, maker, secrets, *place, index) for index, item in enumerate(value)]
    if isinstance(value, str) and _has_secret(value):
        secrets.append(list(place[1:]))
        return maker.secret_text(value, *place)
    return maker.nested(value, *place)


def _body(request: HttpRequest, maker: Renderer) -> Order:
    if request.body is not None:
        return {"body": maker.secret_text(request.body, "body") if _has_secret(request.body) else maker.text(request.body, "body")}
    if request.json_ is None:
        return {}
    secrets: list[JsonValue] = []
    made: Order = {"json": _json(request.json_, maker, secrets, "json")}
    return {**made, "json_secrets": secrets} if secrets else made


def _order(step: HttpStep, maker: Renderer) -> Order:
    request = step.http
    order: Order = {"method": request.method, "url": maker.secret_text(escaped(request.url), "url")}
    if request.headers:
        order["headers"] = {name: maker.secret_text(text, "headers", name) for name, text in request.headers.items()}
    if request.query:
        order["query"] = maker.nested({**request.query}, "query")
    order.update(_body(request, maker))
    if request.idempotency_key and request.method not in SAFE:
        order["idempotency_key"] = request.idempotency_key
    order["expect"] = list(request.expect)
    if request.parse:
        order["parse"] = request.parse
    order.update(silence=request.timeout, follow_redirects=request.follow_redirects, verify=request.verify)
    if request.ca is not None:
        order["ca"] = maker.text(request.ca, "ca")
    order["max_bytes"] = request.max_bytes
    return order


def _describe(step: HttpStep, words: Words) -> str:
    return f"{step.http.method} {words.secret_text(escaped(step.http.url))}"


def _check(document: Document, path: Path, data: Mapping[str, Any]) -> None:
    request = data.get("http")
    if not isinstance(request, dict):
        return
    here = (*path, "http")
    if request.get("body") is not None and request.get("json") is not None:
        document.add((*here, "json"), "a request has one body, and this one has body and json", "leave one of them out", key=True)
    if request.get("ca") is not None and request.get("verify") is False:
        document.add((*here, "ca"), "with verify: false no certificate is checked, so ca does nothing", "leave verify out", key=True)
    elif request.get("verify") is False:
        document.warn((*here, "verify"), "whoever is in between can read and change everything", "name the certificate with ca:")
    if request.get("timeout") == "0s":
        document.add((*here, "timeout"), "'timeout' must be longer than 0s")
    method = request.get("method", "GET")
    if method in ("GET", "HEAD") and (request.get("body") is not None or request.get("json") is not None):
        document.warn(
            (*here, "method" if "method" in request else "url"), f"many servers ignore the body of a {method}", "write method: POST"
        )
    _check_url(document, here, request.get("url"))
    _check_names(document, here, request)


def _check_url(document: Document, path: Path, url: Any) -> None:
    if not isinstance(url, str) or not url:
        return
    try:
        first = next(iter(split_template(url)), "")
    except ExpressionError:
        return
    if isinstance(first, str) and not first.lower().startswith(("http://", "https://")):
        document.add((*path, "url"), "a URL begins with http:// or https://")
    elif first == url and not url.partition("://")[2].split("/")[0].strip():
        document.add((*path, "url"), "this URL names no server")


def _check_names(document: Document, path: Path, request: Mapping[str, Any]) -> None:
    headers = request.get("headers")
    names = [str(name) for name in headers] if isinstance(headers, dict) else []
    for name in names:
        if sum(other.lower() == name.lower() for other in names) > 1:
            document.add((*path, "headers", name), f"the header {name[:60]!r} stands twice; upper and lower case are the same", key=True)
        elif name.lower() in ("content-length", "transfer-encoding", "host", "connection"):
            document.add((*path, "headers", name), f"the header {name!r} follows from the request itself", "leave it out", key=True)
    key = request.get("idempotency_key")
    if isinstance(key, str) and key:
        try:
            header_name(key)
        except ValueError as wrong:
            document.add((*path, "idempotency_key"), str(wrong))


HTTP = StepKind(
    name="http",
    model=HttpStep,
    execution="task",
    templates={
        "http": {
            "url": "secret",
            "method": "plain",
            "headers": "secret",
            "query": "values",
            "body": "secret",
            "json": "secret_values",
            "expect": "plain",
            "parse": "plain",
            "timeout": "plain",
            "follow_redirects": "plain",
            "verify": "plain",
            "ca": "text",
            "max_bytes": "plain",
            "idempotency_key": "plain",
        }
    },
    order=_order,
    typed=frozenset({"query", "json"}),
    describe=_describe,
    said=frozenset({"method", "url"}),
    inside={"http": HttpRequest},
    check=_check,
    needs=("httpx2", "oyama-tui[http]"),
)
"""The kind."""
