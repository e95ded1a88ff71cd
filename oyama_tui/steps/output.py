"""Captures what a step writes, in bounded memory: head and tail for the journal, the rest in a log file up to a quota."""

from __future__ import annotations

import codecs
import hashlib
import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from oyama_tui.core.text import decode, one_line
from oyama_tui.files import open_plain, remove
from oyama_tui.steps.masking import Masker

LIMIT = 64 * 1024
"""The most bytes of captured text, in UTF-8, with its marks."""
TAIL = LIMIT // 2
HEAD = LIMIT // 2 - 128
"""Leaves room for the mark between head and tail."""
TERMINAL_CODE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?")


@dataclass(frozen=True, slots=True)
class Captured:
    """What is kept of a step's output."""

    text: str
    """Head and tail; masked, invalid bytes replaced, NUL visible."""
    truncated: bool = False
    size: int = field(default=0, compare=False)
    """Bytes of the whole, masked."""
    digest: str = field(default="", compare=False)
    """SHA-256 of the whole, masked, hexadecimal; empty when it was not wanted, or when the log has not all of it."""
    missing: str = field(default="", compare=False)
    """Why the log has not all of it; empty when it has."""


class LiveLog:
    """The log file of one attempt: made at the first byte, for its owner alone, and never longer than the quota and a mark.

    Args:
        path: Where it goes. What is there from an earlier try is removed.
        quota: The most bytes of output in it.
    """

    def __init__(self, path: Path, quota: int) -> None:
        self.path = path
        self.quota = quota
        self.problem = ""
        """Why the log is not complete, when the system refused to write."""
        self._rest = quota
        self._descriptor = -1
        try:
            remove(path)
        except OSError as error:
            self._refuse(error)

    @property
    def is_full(self) -> bool:
        """Nothing more is written."""
        return self._rest < 0

    def write(self, piece: bytes) -> None:
        """Append a piece; whoever reads the file sees it at once.

        Args:
            piece: Masked output.
        """
        if self._rest < 0 or not piece:
            return
        try:
            if self._descriptor < 0:
                self._descriptor = open_plain(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND)
            self._write_all(piece[: self._rest])
            self._rest -= len(piece)
            if self._rest < 0:
                self._write_all(b"\n[oyama: this log is full after %d bytes; the rest is not kept]\n" % self.quota)
        except OSError as error:
            self._refuse(error)

    def _refuse(self, wrong: OSError) -> None:
        self._rest = -1
        self.problem = f"the log file cannot be written: {wrong.strerror}"

    def _write_all(self, piece: bytes) -> None:
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Capture:
    """Takes output as it comes: masks it, sends it to the log, keeps its head and tail.

    Args:
        masker: Hides secrets.
        log: Gets all of it.
        overwrite: Drop what a carriage return overwrites; false keeps every character and makes a digest of them all, for what a person
            is to judge.
    """

    def __init__(self, masker: Masker, log: LiveLog, *, overwrite: bool = True) -> None:
        self._overwrite = overwrite
        self._digest = None if overwrite else hashlib.sha256()
        self._masker = masker
        self._stream = masker.stream(patient=not overwrite)
        self._log = log
        self._head = bytearray()
        self._tail = bytearray()
        self._size = 0
        self._raw: bytearray | None = None
        """The newest bytes, not yet masked, once neither log nor head take any more: only the tail is worth the work then."""
        self._raw_size = 0

    def feed(self, piece: bytes) -> None:
        """Take a piece of output.

        Args:
            piece: Bytes as the program wrote them.
        """
        if self._raw is not None:
            self._raw_size += len(piece)
            keep_end(self._raw, piece, TAIL + self._masker.reach)
            return
        masked = self._stream.feed(piece)
        self._log.write(masked)
        self._keep(masked)
        if self._log.is_full and self._masker.knows and len(self._head) == HEAD:
            self._raw = bytearray()

    def _keep(self, masked: bytes) -> None:
        self._size += len(masked)
        if self._digest is not None:
            self._digest.update(masked)
        room = HEAD - len(self._head)
        if room > 0:
            self._head += masked[:room]
            masked = masked[room:]
        keep_end(self._tail, masked, TAIL)

    def finish(self) -> Captured:
        """Close the log and give back what is kept."""
        raw = self._raw
        if raw is not None and self._raw_size > TAIL + self._masker.reach:
            # The first bytes may be the end of a secret whose beginning is lost.
            kept = bytes(raw[-TAIL - self._masker.reach :])
            self._tail = bytearray(self._masker.data(kept)[self._masker.reach :])
            self._size += self._raw_size
        else:
            for masked in (self._stream.feed(bytes(raw or b"")), self._stream.finish()):
                self._log.write(masked)
                self._keep(masked)
        self._log.close()
        captured = fitted(bytes(self._head), bytes(self._tail[-TAIL:]), self._size, overwrite=self._overwrite)
        missing = self._log.problem or (f"only its first {self._log.quota:,} bytes are kept" if self._log.is_full else "")
        digest = self._digest.hexdigest() if self._digest is not None and not missing else ""
        captured = replace(captured, size=self._size, digest=digest, missing=missing)
        if self._log.problem:
            return replace(captured, text=f"{captured.text}\n[oyama: {self._log.problem}]", truncated=True)
        return captured


def keep_end(kept: bytearray, piece: bytes, size: int) -> None:
    """Append a piece and forget what is far from the end.

    Args:
        kept: Afterwards ends with the newest bytes; at most four times the size.
        piece: The next bytes.
        size: How many of the newest bytes must stay.
    """
    kept += piece[-size:]
    if len(kept) > 4 * size:
        del kept[:-size]


def fitted(head: bytes, tail: bytes, size: int, *, overwrite: bool = True) -> Captured:
    """Make one text of head and tail, with a mark where something is left out.

    Args:
        head: The first bytes.
        tail: The last bytes.
        size: How many bytes there were in all.
        overwrite: Drop what a carriage return overwrites.
    """
    left_out = size - len(head) - len(tail)
    if left_out <= 0:
        text = decode(head + tail, overwrite=overwrite)
        raw = text.encode()
        if len(raw) <= LIMIT:
            return Captured(text)
        first, last = raw[:HEAD], raw[-TAIL:]
        left_out = len(raw) - len(first) - len(last)
    else:
        first = decode(to_character(head), overwrite=overwrite).encode()[:HEAD]
        last = decode(from_character(tail), overwrite=overwrite).encode()[-TAIL:]
    # Both are valid UTF-8 but for a character that is cut in two.
    mark = f"\n[... {left_out:,} bytes left out; the log has more ...]\n"
    return Captured(first.decode("utf-8", "ignore") + mark + last.decode("utf-8", "ignore"), True)


def from_character(raw: bytes) -> bytes:
    """Leave out the rest of a character at the beginning.

    Args:
        raw: UTF-8 that may begin within a character.
    """
    begin = next((place for place, byte in enumerate(raw[:4]) if byte & 0xC0 != 0x80), 4)
    return raw[begin:] if begin < 4 else raw


def to_character(raw: bytes) -> bytes:
    """Leave out the beginning of a character at the end.

    Args:
        raw: UTF-8 that may end within a character.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(raw)
    begun = len(decoder.getstate()[0])
    return raw[: len(raw) - begun]


def last_line(text: str) -> str:
    """The last line that says something, made safe, at most 300 characters wide.

    Args:
        text: Captured output.
    """
    for line in reversed(TERMINAL_CODE.sub("", text[-4096:]).splitlines()):
        plain = one_line(line, 300)
        if plain:
            return plain
    return ""


class Collected:
    """Keeps bytes up to a limit.

    Args:
        limit: The most bytes that are kept.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.is_too_long = False
        self.raw = bytearray()

    def feed(self, piece: bytes) -> None:
        """Take a piece; beyond the limit it is only noted that there was more.

        Args:
            piece: The next bytes.
        """
        if len(self.raw) + len(piece) > self.limit:
            self.is_too_long = True
        else:
            self.raw += piece
