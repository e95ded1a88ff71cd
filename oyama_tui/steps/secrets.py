"""Secrets: where their values come from, how they get into a step, and how they are kept out of everything that is written down."""

from __future__ import annotations

import base64
import json
import os
import re
import stat
import urllib.parse
from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import JsonValue

from oyama_tui.core.errors import MissingSecret

SHORTEST = 4
"""The fewest characters of a secret. A shorter text turns up by chance everywhere: masking it would garble the output and give it away
by its absence, and not masking it would break the promise. So such a secret is refused."""
LARGEST = 64 * 1024
"""The most bytes of a secret."""
MASK = b"***"
SHORTEST_PART = 8
"""The fewest characters of a line, or of an encoding, of a secret that are masked by themselves."""
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


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
        if not NAME.fullmatch(name):
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
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            raise MissingSecret(
                f"The secret {name} is not set.", f"Set the environment variable {name}, or write the value to {path} (mode 0600)."
            ) from None
        except OSError as wrong:
            raise MissingSecret(f"The secret {name} cannot be read from {path}: {wrong.strerror}.", "Look at the file.") from None
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise MissingSecret(f"The secret {name} cannot be read: {path} is no file.", "Put a file there.")
            if stat.S_IMODE(found.st_mode) not in (0o600, 0o400):
                raise MissingSecret(
                    f"The secret {name} is not used: others may get at {path} (mode {stat.S_IMODE(found.st_mode):04o}).",
                    f"Run: chmod 600 {path}",
                )
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


def resolve(value: JsonValue, secret: Callable[[str], str]) -> JsonValue:
    """Put the values of secrets where a rendered value refers to them.

    Args:
        value: Any rendered value; `{"$secret": [text or {"name": NAME}, ...]}` in it becomes one text.
        secret: Gives the value of a name.

    Raises:
        MissingSecret: One of them is not available.
    """
    if isinstance(value, dict):
        parts = value.get("$secret")
        if len(value) == 1 and isinstance(parts, list):
            return "".join(secret(str(part["name"])) if isinstance(part, dict) else str(part) for part in parts)
        return {key: resolve(item, secret) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, secret) for item in value]
    return value


def masker_of(names: Iterable[str], secret: Callable[[str], str]) -> Masker:
    """Make a masker for those of these secrets that are available.

    Args:
        names: Names of secrets.
        secret: Gives the value of a name, or raises `MissingSecret`.
    """
    values = []
    for name in names:
        try:
            values.append(secret(name))
        except MissingSecret:
            # What this process does not have, its steps cannot write.
            continue
    return Masker(values)


class Masker:
    """Replaces secrets by `***`, also as JSON, URL and base64 encode them; each longer line of a secret counts by itself.

    Args:
        values: The secrets.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms = {form for value in values for form in forms_of(value)}
        self.forms = tuple(sorted(forms, key=len, reverse=True))
        self.longest = max((len(form) for form in forms), default=0)
        """Bytes of the longest form."""

    def stream(self) -> MaskedStream:
        """Begin to mask bytes that come in pieces."""
        return MaskedStream(self.forms)

    def data(self, raw: bytes) -> bytes:
        """Mask bytes that are all there.

        Args:
            raw: The bytes.
        """
        stream = self.stream()
        return stream.feed(raw) + stream.finish()

    def text(self, text: str) -> str:
        """Mask a text.

        Args:
            text: Any text.
        """
        if not self.forms:
            return text
        return self.data(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def value(self, value: JsonValue) -> JsonValue:
        """Mask every text in a value, keys and numbers too.

        Args:
            value: Any JSON value.
        """
        if not self.forms:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            written = repr(value)
            return value if self.text(written) == written else MASK.decode()
        return value


class MaskedStream:
    """Masks bytes that come in pieces; what may be the beginning of a secret is held until more comes.

    Args:
        forms: What to hide.
    """

    def __init__(self, forms: tuple[bytes, ...]) -> None:
        self._forms = forms
        self._held = b""
        self._covered = 0
        """How many bytes at the beginning of what is held belong to a secret whose mask is written already."""

    def feed(self, piece: bytes) -> bytes:
        """Take a piece and give back what can be said by now.

        Args:
            piece: The next bytes.
        """
        if not self._forms:
            return piece
        raw = self._held + piece if self._held else piece
        return self._mask(raw, len(raw) - self._unfinished(raw))

    def finish(self) -> bytes:
        """Give back what was held."""
        return self._mask(self._held, len(self._held))

    def _mask(self, raw: bytes, cut: int) -> bytes:
        """Mask what lies before the cut, and hold the rest."""
        spans = sorted(span for form in self._forms for span in occurrences(raw, form) if span[0] < cut)
        hidden = self._covered
        pieces = []
        for start, stop in spans:
            if start >= hidden:
                pieces += [raw[hidden:start], MASK]
            hidden = max(hidden, stop)
        pieces.append(raw[hidden:cut])
        self._held = raw[cut:]
        self._covered = max(0, hidden - cut)
        return b"".join(pieces)

    def _unfinished(self, raw: bytes) -> int:
        """How many bytes at the end may be the beginning of a secret."""
        longest = 0
        for form in self._forms:
            place = raw.find(form[:1], max(0, len(raw) - len(form) + 1))
            while place >= 0 and len(raw) - place > longest:
                if form.startswith(raw[place:]):
                    longest = len(raw) - place
                    break
                place = raw.find(form[:1], place + 1)
        return longest


def occurrences(raw: bytes, form: bytes) -> Iterable[tuple[int, int]]:
    """Where a form stands, overlapping ones too.

    Args:
        raw: Where to look.
        form: What to look for.
    """
    place = raw.find(form)
    while place >= 0:
        yield place, place + len(form)
        place = raw.find(form, place + 1)


def forms_of(value: str) -> set[bytes]:
    """How a secret may be written: as it is, line by line, in JSON, in a URL, in base64.

    Args:
        value: The secret.
    """
    raw = value.encode("utf-8", "surrogateescape")
    written = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    written |= {line.strip() for line in value.splitlines() if len(line.strip()) >= SHORTEST_PART}
    forms = {text.encode("utf-8", "surrogateescape") for text in written}
    forms |= {urllib.parse.quote(raw, safe=safe).encode() for safe in ("", "/")} | {urllib.parse.quote_plus(raw).encode()}
    forms.add(base64.b64encode(raw).rstrip(b"="))
    for shift in range(3):
        # Within other data base64 shows a text in one of three ways; only the characters that depend on nothing else are looked for.
        encoded = base64.b64encode(bytes(shift) + raw)
        whole = (shift + len(raw)) * 8 // 6
        core = encoded[-(-shift * 8 // 6) : whole]
        if len(core) >= SHORTEST_PART:
            forms.add(core)
    return forms | {form.replace(b"+", b"-").replace(b"/", b"_") for form in forms if base64_only(form)}


def base64_only(form: bytes) -> bool:
    """Whether a form may be base64, which has another alphabet for URLs.

    Args:
        form: One form of a secret.
    """
    return re.fullmatch(rb"[A-Za-z0-9+/]+", form) is not None
