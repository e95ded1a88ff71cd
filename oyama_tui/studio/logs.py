"""Reading the live output of steps."""

from __future__ import annotations

import os
import re
from pathlib import Path

from oyama_tui.core.views import AttemptView, LogChunk
from oyama_tui.files import NotPlain, open_plain

FULL = re.compile(rb"\n\[oyama: this log is full after \d+ bytes; the rest is not kept\]\n\Z")
LEFT_OUT = re.compile(r"^\[\.\.\. [\d,]+ bytes left out; the log has more \.\.\.\]\n", re.MULTILINE)
OVER = frozenset({"completed", "failed", "cancelled", "interrupted", "skipped", "retrying"})


def read_log(view: AttemptView, path: Path, offset: int | None, limit: int) -> LogChunk:
    """A piece of an attempt's output: from its file, or from what the database keeps when there is none to read.

    Args:
        view: The attempt.
        path: Where its file should be.
        offset: Where to begin, in bytes; the last `limit` bytes when none.
        limit: The most bytes.
    """
    ended = view.status in OVER
    note = ""
    try:
        file = open_plain(path)
    except NotPlain as error:
        file, note = -1, f"[oyama: what stands at {path} is {error.kind}; this is what the database keeps]\n"
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        file, note = -1, "" if missing else f"[oyama: {path} cannot be read: {error.strerror}; this is what the database keeps]\n"
    if file < 0:
        raw = (note + view.output).encode("utf-8", errors="replace")
        start = max(0, len(raw) - limit) if offset is None else min(offset, len(raw))
        piece = raw[start : start + limit]
        return LogChunk(text=piece.decode("utf-8", errors="replace"), offset=start + len(piece), skipped=start, ended=ended)
    try:
        written = os.fstat(file).st_size
        end = _kept_end(view, os.pread(file, 128, max(written - 128, 0))) if ended else b""
        size = written + len(end)
        start = max(0, size - limit) if offset is None else min(offset, size)
        piece = os.pread(file, limit, start)
    finally:
        os.close(file)
    if start + len(piece) >= written:
        piece += end[max(start - written, 0) :][: limit - len(piece)]
    whole = len(piece) if ended and start + len(piece) >= size else _whole(piece)
    return LogChunk(
        text=piece[:whole].decode("utf-8", errors="replace"),
        offset=start + whole,
        skipped=start if offset is None else 0,
        ended=ended and start + whole >= size,
    )


def _kept_end(view: AttemptView, last: bytes) -> bytes:
    """What is known of the end of output that was longer than its file may be.

    Args:
        view: The attempt.
        last: The last bytes of its file.
    """
    found = LEFT_OUT.search(view.output) if view.truncated and FULL.search(last) else None
    if found is None:
        return b""
    end = view.output[found.end() :].encode("utf-8", errors="replace")
    return b"[oyama: these are the last %d bytes of the output]\n" % len(end) + end


def _whole(piece: bytes) -> int:
    """How much of a piece ends with a whole character, so that none is cut in two."""
    for back in range(1, min(4, len(piece)) + 1):
        byte = piece[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(piece) - back if needed > back else len(piece)
    return len(piece)
