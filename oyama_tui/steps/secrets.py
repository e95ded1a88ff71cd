"""Secrets: where their values come from, and how they get into a step."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import JsonValue

from oyama_tui.core.definition.base import NAME
from oyama_tui.core.errors import MissingSecret
from oyama_tui.files import NotPlain, open_plain

SHORTEST = 4
"""The fewest characters of a secret. A shorter text turns up by chance everywhere: masking it would garble the output and give it away
by its absence, and not masking it would break the promise. So such a secret is refused."""
LARGEST = 64 * 1024
"""The most bytes of a secret."""
_NAME = re.compile(NAME)


class SecretSource:
    """Finds secrets: the environment variable of that name, else the file of that name in the folder `secrets` of the data directory.

    Args:
        home: The data directory.
    """

    def __init__(self, home: Path) -> None:
        self.folder = home / "secrets"

    def secret(self, name: str) -> str:
        """The value of a secret; one newline at the end of a file is no part of it.

        Args:
            name: Letters, digits and underscores.

        Raises:
            MissingSecret: It is nowhere, too short to be masked, or in a file that others may read.
        """
        if not _NAME.fullmatch(name):
            raise MissingSecret(f"{name[:64]!r} is no name of a secret.", "Use letters, digits and underscores.")
        value = os.environ.get(name) or self._from_file(name)
        if len(value) < SHORTEST:
            raise MissingSecret(
                f"The secret {name} has fewer than {SHORTEST} characters: so short a value cannot be masked in output.",
                "Use a longer value, or pass it as a plain variable if it is not secret.",
            )
        return value

    def require(self, names: Iterable[str], who: str) -> None:
        """Make sure that all of these secrets can be had in this process.

        Args:
            names: Names of secrets.
            who: What needs them, the beginning of a sentence.

        Raises:
            MissingSecret: Some cannot; it says of each why.
        """
        troubles = [trouble for name in sorted(names) if (trouble := self._trouble(name)) is not None]
        if troubles:
            reasons, hints = (dict.fromkeys(texts) for texts in zip(*((t.sentence, t.hint) for t in troubles), strict=True))
            lacking = "a secret" if len(troubles) == 1 else f"{len(troubles)} secrets"
            raise MissingSecret(f"{who} lacks {lacking}. {' '.join(reasons)}", " ".join(hints))

    def _trouble(self, name: str) -> MissingSecret | None:
        try:
            self.secret(name)
        except MissingSecret as trouble:
            return trouble
        return None

    def _from_file(self, name: str) -> str:
        path = self.folder / name
        try:
            descriptor = open_plain(path)
        except FileNotFoundError:
            raise MissingSecret(
                f"The secret {name} is not set.", f"Set the environment variable {name}, or write the value to {path} (mode 0600)."
            ) from None
        except NotPlain as error:
            raise MissingSecret(f"The secret {name} is not used: {path} is {error.kind}.", "Put the file itself there.") from None
        except OSError as error:
            raise MissingSecret(f"The secret {name} cannot be read from {path}: {error.strerror}.", "Look at the file.") from None
        try:
            mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
            if mode not in (0o600, 0o400):
                raise MissingSecret(f"The secret {name} is not used: others may get at {path} (mode {mode:04o}).", f"Run: chmod 600 {path}")
            raw = os.read(descriptor, LARGEST + 1)
        finally:
            os.close(descriptor)
        if len(raw) > LARGEST:
            raise MissingSecret(f"The secret {name} in {path} is longer than {LARGEST // 1024} KiB.", "Use a shorter value.")
        try:
            value = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise MissingSecret(f"The secret {name} in {path} is no UTF-8 text.", "Encode it, such as with base64.") from None
        return value.removesuffix("\n").removesuffix("\r")


def resolve(order: Mapping[str, JsonValue], secret: Callable[[str], str]) -> dict[str, JsonValue]:
    """Put the values of secrets where an order refers to them: in variables, arguments and parts of a request, and nowhere else.

    Everything else in an order may be a value that a step has brought from outside; what looks like a reference there is data.

    Args:
        order: The rendered input of an attempt; `{"$secret": [text or {"name": NAME}, ...]}` in its `env` or `argv`, and in those of its
            `preview`, becomes one text, and so does one in its `url`, its `body`, a value of its `headers`, and in those places of its
            `json` that its `json_secrets` names.
        secret: Gives the value of a name.

    Raises:
        MissingSecret: One of them is not available.
    """
    found: dict[str, JsonValue] = dict(order)
    argv, preview, places = order.get("argv"), order.get("preview"), order.get("json_secrets")
    for key in ("env", "headers"):
        named = order.get(key)
        if isinstance(named, dict):
            found[key] = {name: _resolved(value, secret) for name, value in named.items()}
    if "body" in order:
        found["body"] = _resolved(order["body"], secret)
    if "url" in order:
        found["url"] = _resolved(order["url"], secret, later=lambda name: quote(secret(name), safe=""))
    for place in places if isinstance(places, list) else ():
        found["json"] = _resolved_at(found["json"], place if isinstance(place, list) else [], secret)
    if isinstance(argv, list):
        found["argv"] = [_resolved(value, secret) for value in argv]
    if isinstance(preview, dict):
        found["preview"] = resolve(preview, secret)
    return found


def _resolved(value: JsonValue, secret: Callable[[str], str], later: Callable[[str], str] | None = None) -> JsonValue:
    """A text with the values of its secrets; `later` gives those that do not stand at its start, when they are written otherwise."""
    parts = value.get("$secret") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(parts, list):
        return value
    made = ""
    for part in parts:
        made += (secret if later is None or not made else later)(str(part["name"])) if isinstance(part, dict) else str(part)
    return made


def _resolved_at(value: Any, place: Sequence[Any], secret: Callable[[str], str]) -> Any:
    """A nested value in which the text at one place is resolved."""
    if not place:
        return _resolved(value, secret)
    made = list(value) if isinstance(value, list) else dict(value)
    made[place[0]] = _resolved_at(made[place[0]], place[1:], secret)
    return made


def values_of(names: Iterable[str], secret: Callable[[str], str]) -> dict[str, str]:
    """The values of those of these secrets that are available.

    Args:
        names: Names of secrets.
        secret: Gives the value of a name, or raises `MissingSecret`.
    """
    values = {}
    for name in names:
        # What this process does not have, its steps cannot write.
        with contextlib.suppress(MissingSecret):
            values[name] = secret(name)
    return values
