"""Events as bytes: how they are written, chained and read back."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, get_args

from pydantic import JsonValue

from oyama_tui.core.definition import Workflow
from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.events import Event
from oyama_tui.store.damage import DAMAGE, legible, short

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
    except DAMAGE as error:
        raise CorruptJournal(f"The journal has an event of type {short(kind)} that cannot be read.", "Run `oyama verify`.") from error
    return event


def read_definition(content: str, revision: str) -> Workflow:
    """Read the content of a revision, and make sure that it is the one that its name stands for.

    Raises:
        CorruptJournal: It was changed, or cannot be read.
    """
    hint = "Something else than Oyama has changed it; run `oyama verify`, and restore a copy from before."
    try:
        if hashlib.sha256(content.encode()).hexdigest()[:16] != revision:
            raise CorruptJournal(f"The revision {legible(revision)} of a workflow was changed.", hint)
        return Workflow.model_validate_json(content)
    except DAMAGE as error:
        raise CorruptJournal(f"The revision {legible(revision)} of a workflow cannot be read.", hint) from error


def chain(previous: bytes, run: int, seq: int, at: int, kind: str, payload: str) -> bytes:
    """The hash of an event over the one before it: BLAKE2b, 16 bytes.

    It tells edits and cut ends, and nothing about who made them.
    """
    parts = (previous, str(run).encode(), str(seq).encode(), str(at).encode(), kind.encode(), payload.encode("utf-8", "surrogatepass"))
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).digest()


def json_text(value: JsonValue) -> str:
    """A JSON value as compact text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
