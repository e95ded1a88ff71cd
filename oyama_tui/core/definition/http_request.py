"""The request of an HTTP step, as it is written in a file."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, JsonValue

from oyama_tui.core.definition.base import DefinitionModel, Duration, Flag, Text, Whole
from oyama_tui.core.definition.retrying import StatusCode


def header_name(name: str) -> str:
    """Check the name of a header.

    Args:
        name: As it is written.

    Raises:
        ValueError: It cannot be one.
    """
    if not name or not all(character.isascii() and (character.isalnum() or character in "!#$%&'*+-.^_`|~") for character in name):
        raise ValueError(f"{name[:60]!r} cannot be the name of a header")
    return name


def _query_value(value: Any) -> Any:
    items = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(item, dict | list | tuple) or (isinstance(item, float) and not math.isfinite(item)) for item in items):
        raise ValueError("a value of query is text, a number, true, false, null or a list of these")
    return value


HeaderName = Annotated[str, Field(max_length=200), AfterValidator(header_name)]
QueryValue = Annotated[JsonValue, AfterValidator(_query_value)]


class HttpRequest(DefinitionModel):
    """What an http step asks a server, and what it takes for an answer."""

    url: Text = Field(min_length=1)
    """Where to; values of expressions are escaped, but for one at the very start and those in the host. Secrets may stand in it."""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    """What to do there."""
    headers: dict[HeaderName, Text] = {}
    """Headers; secrets may stand in their values."""
    query: dict[str, QueryValue] = {}
    """Parameters that are added to the URL, escaped; a list gives several of one name, null gives none."""
    body: Text | None = None
    """The body as text; secrets may stand in it."""
    json_: JsonValue = Field(default=None, alias="json")
    """The body as JSON, with its content type; secrets may stand in its texts."""
    expect: Annotated[tuple[StatusCode, ...], Field(min_length=1, max_length=100)] = ("200-299",)
    """The statuses, and ranges of them, with which the step succeeds."""
    parse: Literal["json"] | None = None
    """Read the answer's body as JSON into `result.json`."""
    timeout: Duration = 60_000
    """How long the server may be silent, in connecting and in answering. The step's own `timeout` bounds the whole."""
    follow_redirects: Flag = False
    """Follow up to ten redirects; headers with secrets in them stay with the server that they were written for."""
    verify: Flag = True
    """Check the server's certificate."""
    ca: Text | None = None
    """A file of certificates to trust instead of the system's, relative to the definition file's folder."""
    max_bytes: Whole = Field(default=10 * 1024 * 1024, ge=1, le=1024**3)
    """The most bytes of an answer's body."""
    idempotency_key: Annotated[str, Field(max_length=200)] = "Idempotency-Key"
    """The header that carries what is the same for all attempts, where the method changes something; empty for none."""
