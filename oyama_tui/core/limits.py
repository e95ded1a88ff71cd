"""What it looks like when the machine has no room for more: errors that pass by themselves when other work ends."""

from __future__ import annotations

import errno
from typing import Final

_WORDS: Final = {
    errno.EMFILE: "this process may not open more files",
    errno.ENFILE: "the machine may not open more files",
    errno.EAGAIN: "no more processes may be started",
    errno.ENOMEM: "the machine has no memory left",
}
_NO_THREAD: Final = "can't start new thread"


def at_limit(error: BaseException) -> str:
    """Which limit an error is about, in words; empty when it is about something else.

    Args:
        error: What the system or Python said.
    """
    if isinstance(error, OSError):
        return _WORDS.get(error.errno or 0, "")
    if isinstance(error, MemoryError):
        return _WORDS[errno.ENOMEM]
    if isinstance(error, RuntimeError) and _NO_THREAD in str(error):
        return _WORDS[errno.EAGAIN]
    return ""
