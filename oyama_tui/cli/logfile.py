"""The log file: where mistakes of the program go, never the terminal."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from oyama_tui.cli.printing import OutputFailed
from oyama_tui.files import open_plain

LARGEST = 4 * 1024 * 1024
"""Bytes after which the log file starts anew; the one before is kept."""
FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"


class PrivateFile(logging.Handler):
    """Appends to a file that only its owner can read, made when there is something to say.

    Args:
        path: The file; its folder is made with it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.setFormatter(logging.Formatter(FORMAT))

    def emit(self, record: logging.LogRecord) -> None:
        """Append one record; a log that cannot be written never stops the program."""
        try:
            text = self.format(record) + "\n"
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.path.exists() and self.path.stat().st_size > LARGEST:
                self.path.replace(self.path.with_name(self.path.name + ".1"))
            with open(
                open_plain(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, in_plain_folder=False),
                "w",
                encoding="utf-8",
                errors="replace",
            ) as file:
                file.write(text)
        except OSError:
            return


def log_path(home: Path) -> Path:
    """The log file of a data directory."""
    return home.expanduser() / "oyama.log"


def open_log(home: Path, level: str, *, shown: Callable[[str], None] | None = None) -> None:
    """Send all logging to the log file.

    Args:
        home: The data directory.
        level: How much of our own logging is kept; of others only warnings are.
        shown: Log more, and tell it here too, line by line.
    """
    root = logging.getLogger()
    root.setLevel(logging.WARNING)
    root.addHandler(PrivateFile(log_path(home)))
    own = logging.getLogger("oyama")
    own.setLevel(level if shown is None else logging.DEBUG)
    if shown is not None:
        told = _Told(shown)
        told.setFormatter(_Sentence("%(levelname)s %(name)s: %(message)s"))
        own.addHandler(told)
    logging.captureWarnings(True)
    threading.excepthook = _log_thread
    sys.unraisablehook = _log_unraisable


class _Told(logging.Handler):
    """Tells records as lines, by the way of everything that is printed."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one record; a log that cannot be written never stops the program."""
        with suppress(OutputFailed):
            self._tell(self.format(record))


class _Sentence(logging.Formatter):
    """Leaves tracebacks to the log file."""

    def format(self, record: logging.LogRecord) -> str:
        from oyama_tui.core.text import safe_text

        kept = record.exc_info, record.exc_text, record.stack_info
        record.exc_info = record.exc_text = record.stack_info = None
        try:
            return safe_text(super().format(record))
        finally:
            record.exc_info, record.exc_text, record.stack_info = kept


def _log_thread(failed: threading.ExceptHookArgs) -> None:
    """Keep what ended a thread."""
    if failed.exc_value is not None:
        name = failed.thread.name if failed.thread is not None else "?"
        logging.getLogger("oyama").error("thread %s ended", name, exc_info=failed.exc_value)


def _log_unraisable(failed: sys.UnraisableHookArgs) -> None:
    """Keep what went wrong where nobody could be told."""
    logging.getLogger("oyama").error("%s %r", failed.err_msg or "ignored", failed.object, exc_info=failed.exc_value)
