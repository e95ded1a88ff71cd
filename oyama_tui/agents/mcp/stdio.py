"""Standard input and output for the protocol alone.

Descriptors 0 and 1 are moved out of the way first, so that whatever else prints in this process, or is started by it, misses the wire.
Threads of their own read and write: neither a client that says nothing nor one that reads nothing keeps this process from ending.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from oyama_tui.core.errors import InvalidInput

PIECE: Final = 64 * 1024
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one message."""
ABOVE_STANDARD: Final = 3
"""Descriptors below it are the standard streams."""


def claim() -> tuple[int, int]:
    """Take the standard streams for the protocol.

    Returns:
        The descriptors to read from and to write to.

    Raises:
        InvalidInput: One of them is closed.
    """
    # A stream that was closed when the program began is none, and something else may have its number by now.
    if sys.stdin is None or sys.stdout is None:
        raise InvalidInput("Standard input and output must be open: a client speaks and listens there.", "See `oyama mcp --help`.")
    wire_in, wire_out = (fcntl.fcntl(standard, fcntl.F_DUPFD_CLOEXEC, ABOVE_STANDARD) for standard in (0, 1))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    # Where there is a standard error, what was meant for people is not lost.
    os.dup2(null if sys.stderr is None else 2, 1)
    os.close(null)
    return wire_in, wire_out


class Ear:
    """The messages of the client, one a line.

    Args:
        descriptor: To read from.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._heard = asyncio.Event()
        self._wanted = threading.Event()
        self._buffer = bytearray()
        self._over = False
        threading.Thread(target=self._listen, name="oyama-mcp-ear", daemon=True).start()

    def hang_up(self) -> None:
        """There is nobody to listen to any more."""
        self._over = True
        self._heard.set()

    async def __aiter__(self) -> AsyncIterator[str]:
        """Each line, until the client is gone."""
        searched = 0
        while True:
            end = self._buffer.find(b"\n", searched)
            searched = 0 if end >= 0 else len(self._buffer)
            if end >= 0:
                line = self._buffer[:end].decode("utf-8", "replace")
                del self._buffer[: end + 1]
                yield line
            elif self._over:
                return
            elif searched > MOST_BYTES:
                raise InvalidInput(f"The client has sent a message of more than {MOST_BYTES:,} bytes.", "Do it in smaller parts.")
            else:
                self._heard.clear()
                self._wanted.set()
                await self._heard.wait()

    def _listen(self) -> None:
        """Read one piece whenever one is wanted."""
        piece = b"first"
        with suppress(RuntimeError):
            while piece:
                self._wanted.wait()
                self._wanted.clear()
                try:
                    piece = os.read(self._descriptor, PIECE)
                except OSError:
                    piece = b""
                self._loop.call_soon_threadsafe(self._take, piece)

    def _take(self, piece: bytes) -> None:
        self._buffer += piece
        self._over = self._over or not piece
        self._heard.set()


class Mouth:
    """What is said to the client.

    Args:
        descriptor: To write to.
        ear: Told when nobody reads any more.
    """

    def __init__(self, descriptor: int, ear: Ear) -> None:
        self._descriptor = descriptor
        self._ear = ear
        self._loop = asyncio.get_running_loop()
        self._said: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        threading.Thread(target=self._speak, name="oyama-mcp-mouth", daemon=True).start()

    async def write(self, text: str) -> None:
        """Say something, and wait until the system has taken it.

        Args:
            text: A whole message with its newline.
        """
        taken: asyncio.Future[None] = self._loop.create_future()
        self._said.put((text.encode("utf-8", "backslashreplace"), taken))
        await taken

    async def flush(self) -> None:
        """Nothing is kept back."""

    def _speak(self) -> None:
        """Write one message after the other."""
        with suppress(RuntimeError):
            while True:
                raw, taken = self._said.get()
                try:
                    while raw:
                        raw = raw[os.write(self._descriptor, raw) :]
                except OSError:
                    # Nobody reads any more, so nobody will say anything either.
                    self._loop.call_soon_threadsafe(self._ear.hang_up)
                self._loop.call_soon_threadsafe(_settle, taken)


def _settle(taken: asyncio.Future[None]) -> None:
    if not taken.done():
        taken.set_result(None)
