"""Events as bytes: how they are written, chained and read back."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, get_args

from pydantic import JsonValue, ValidationError

from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.events import Event

EVENT_TYPES: Final[dict[str, Any]] = {kind.model_fields["type"].default: kind for kind in get_args(Event)}
_LEFT_OUT: Final = {"at"}


def encode_event(event: Event) -> str:
    """The event as JSON, without its type and time, which have columns of their own, and without defaults."""
    return event.model_dump_json(exclude=_LEFT_OUT, exclude_defaults=True)


def decode_event(kind: str, at: int, payload: str) -> Event:
    """Read an event back.

    Raises:
        CorruptJournal: No event of ours looks like this.
    """
    try:
        text = f'{{"at":{at}{"," if len(payload) > 2 else ""}{payload[1:]}'
        event: Event = EVENT_TYPES[kind].model_validate_json(text)
    except (KeyError, ValidationError) as wrong:
        raise CorruptJournal(f"The journal has an event of type {kind!r} that cannot be read.", "Run `oyama verify`.") from wrong
    return event


def chain(previous: bytes, run: int, seq: int, at: int, kind: str, payload: str) -> bytes:
    """The hash of an event over the one before it: BLAKE2b, 16 bytes.

    It tells edits and cut ends, and nothing about who made them.
    """
    parts = (previous, str(run).encode(), str(seq).encode(), str(at).encode(), kind.encode(), payload.encode("utf-8", "surrogatepass"))
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).digest()


def json_text(value: JsonValue) -> str:
    """A JSON value as compact text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
