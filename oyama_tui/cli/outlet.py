"""Output in a thread of its own: who drives runs never waits for who reads about them."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Sequence
from typing import TextIO


class Outlet(threading.Thread):
    """Writes to streams in the order in which text comes.

    Args:
        name: Of the thread.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._texts: deque[tuple[int, bytes]] = deque()
        self._changed = threading.Condition()
        self._errors: dict[int, OSError] = {}
        self.waiting = 0
        """Bytes that have not been taken yet."""

    def put(self, stream: TextIO, text: str) -> None:
        """Write as soon as the stream takes it.

        Raises:
            OSError: Something that came before could not be written.
        """
        descriptor = stream.fileno()
        self.check(stream)
        data = text.encode(stream.encoding, stream.errors or "replace")
        with self._changed:
            self._texts.append((descriptor, data))
            self.waiting += len(data)
            self._changed.notify_all()

    def check(self, stream: TextIO) -> None:
        """Raise what has gone wrong with a stream.

        Raises:
            OSError: Something could not be written.
        """
        if (wrong := self._errors.get(stream.fileno())) is not None:
            raise wrong

    def run(self) -> None:
        """Write what comes, until the program ends; a stream that fails gets nothing more."""
        while True:
            with self._changed:
                while not self._texts:
                    self._changed.wait()
                descriptor, data = self._texts[0]
            try:
                done = len(data) if descriptor in self._errors else os.write(descriptor, data)
            except OSError as error:
                self._errors[descriptor], done = error, len(data)
            with self._changed:
                self.waiting -= done
                if done < len(data):
                    self._texts[0] = descriptor, data[done:]
                else:
                    self._texts.popleft()
                self._changed.notify_all()

    def finish(self) -> None:
        """Wait until everything was taken; the thread stays, and has nothing more to do."""
        with self._changed:
            while self.waiting:
                self._changed.wait()


def outlets(streams: Sequence[TextIO]) -> list[Outlet]:
    """An outlet for each stream; streams that are the same file share one, which keeps the order of their lines."""
    found: dict[tuple[int, int], Outlet] = {}
    result = []
    for stream in streams:
        stream.flush()
        status = os.fstat(stream.fileno())
        place = status.st_dev, status.st_ino
        if place not in found:
            found[place] = Outlet(f"oyama-output-{len(found)}")
            found[place].start()
        result.append(found[place])
    return result
