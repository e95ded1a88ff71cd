"""Events as bytes: how they are written, chained and read back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, Final, get_args

from pydantic import JsonValue

from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.events import Event
from oyama_tui.store.damage import DAMAGE, short

EVENT_TYPES: Final[dict[str, Any]] = {kind.model_fields["type"].default: kind for kind in get_args(Event)}
VERSIONS: Final[dict[str, int]] = {name: kind.model_fields["version"].default for name, kind in EVENT_TYPES.items()}
"""The version in which each type of event is written; one that says none is of version 1."""
_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_LEFT_OUT: Final = {"at", "version"}


def _name_step(payload: dict[str, Any]) -> dict[str, Any]:
    """Version 1 left a node's step to its key, which had no path then; its kind and its silence are left to the revision."""
    node = payload["node"]
    return {**payload, "step": node.removesuffix(".gate")} if node.endswith(".gate") else payload


UPCASTERS: Final[dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]]] = {
    (name, 1): _name_step for name, version in VERSIONS.items() if version > 1 and name != "block_opened"
}
"""For a type and a version: how the payload of that version becomes one of the next."""


def encode_event(event: Event) -> str:
    """The event as JSON, without its type and time, which have columns, and without defaults; a version above 1 comes first."""
    text = event.model_dump_json(exclude=_LEFT_OUT, exclude_defaults=True)
    return text if event.version == 1 else f'{{"v":{event.version},{text[1:]}'


def decode_event(kind: str, at: int, payload: str) -> Event:
    """Read an event back, brought up to the version of today.

    Raises:
        CorruptJournal: No event of ours looks like this.
    """
    try:
        newest = VERSIONS[kind]
        if newest > 1:
            begin = f'{{"v":{newest},'
            payload = "{" + payload.removeprefix(begin) if payload.startswith(begin) else _brought_up(kind, newest, payload)
        text = f'{{"at":{at}{"," if len(payload) > 2 else ""}{payload[1:]}'
        event: Event = EVENT_TYPES[kind].model_validate_json(text)
    except DAMAGE as error:
        raise CorruptJournal(f"The journal has an event of type {short(kind)} that cannot be read.", "Run `oyama verify`.") from error
    return event


def _brought_up(kind: str, newest: int, payload: str) -> str:
    found = json.loads(payload)
    for version in range(found.pop("v", 1), newest):
        found = UPCASTERS[kind, version](found)
    return json_text(found)


def chain(previous: bytes, run: int, seq: int, at: int, kind: str, payload: str) -> bytes:
    """The hash of an event over the one before it: BLAKE2b, 16 bytes.

    It tells edits and cut ends, and nothing about who made them.
    """
    parts = (previous, str(run).encode(), str(seq).encode(), str(at).encode(), kind.encode(), payload.encode("utf-8", "surrogatepass"))
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).digest()


def changed_event(run_id: str, seq: int) -> CorruptJournal:
    """That an event is not the one that was written.

    Args:
        run_id: The state id of its run.
        seq: Its number.
    """
    return CorruptJournal(
        f"Event {seq} of run {run_id} was changed by something else than Oyama, so nothing more is done for it.",
        "Run `oyama verify`, and restore a copy from before.",
    )


def json_text(value: JsonValue) -> str:
    """A JSON value as compact text."""
    return _JSON.encode(value)
