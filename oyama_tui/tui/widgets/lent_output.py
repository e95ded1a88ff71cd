"""Output of a step, shown by other programs."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TextIO

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.terminal_output import OutputLines, spans
from oyama_tui.tui.outside import NoProgram, run_outside
from oyama_tui.tui.widgets.log_finder import LogFinder
from oyama_tui.tui.window import Window
from oyama_tui.tui.wording import line_of
from oyama_tui.tui.work import work

PIECE = 1024 * 1024
"""Bytes that are copied at once."""


def harmless(line: str, *, colours: bool) -> str:
    """A line of output that does nothing to a terminal but, if wanted, colour itself.

    Args:
        line: As a program wrote it.
        colours: Whether its colours are kept.
    """
    if not colours:
        return "".join(piece for piece, _ in spans(line))
    return "".join(f"\x1b[{look.codes}m{piece}\x1b[0m" if look.codes else piece for piece, look in spans(line))


class LentOutput:
    """The output of a step, handed to a pager or an editor.

    Args:
        log: The output.
    """

    def __init__(self, log: LogFinder) -> None:
        self._log = log
        self._open = False

    def open_in(self, choose: Callable[[Mapping[str, str]], list[str]]) -> None:
        """Show it in another program; the screens come back when that ends.

        Args:
            choose: Which, by the environment.
        """
        try:
            words = choose(os.environ)
        except NoProgram as error:
            self._warn(str(error))
            return
        if not self._open:
            self._open = True
            work(self._log, partial(self._show, words), group="outside")

    async def _show(self, words: list[str]) -> None:
        app = self._log.app
        is_less = os.path.basename(words[0]) == "less"
        colours = is_less and not app.no_color
        env = {**os.environ, "LESS": f"{os.environ.get('LESS', '')} -R".strip()} if colours else os.environ
        assert isinstance(app, Window)
        try:
            with tempfile.TemporaryDirectory(prefix="oyama-") as folder:
                copy = Path(folder) / (Path(self._log.path).name or "output.log")
                if not await self._copy_to(copy, colours=colours):
                    self._warn("There is no output to open.")
                elif wrong := await run_outside(app, [*words, str(copy)], env):
                    self._warn(wrong)
        except OyamaError as error:
            self._warn(error.sentence)
        except OSError as error:
            self._warn(f"The output cannot be copied for {words[0]}: {error.strerror}.")
        finally:
            self._open = False

    def _warn(self, words: str) -> None:
        self._log.notify(line_of(words), severity="warning", timeout=8, markup=False)

    async def _copy_to(self, path: Path, *, colours: bool) -> bool:
        """Write what can be shown of the whole log; false when there is nothing.

        Args:
            path: A new file.
            colours: Whether colours are kept.
        """
        offset, lines = 0, OutputLines()
        if self._log.attempt < 1:
            return False
        with await asyncio.to_thread(_new_file, path) as file:
            while (chunk := await self._log.log_from(offset, PIECE)).offset > offset:
                offset = chunk.offset
                await asyncio.to_thread(_write, file, lines.feed(chunk.text), colours)
            await asyncio.to_thread(_write, file, lines.finish(), colours)
        return offset > 0


def _new_file(path: Path) -> TextIO:
    """A file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    return open(descriptor, "w", encoding="utf-8", errors="replace")


def _write(file: TextIO, lines: list[str], colours: bool) -> None:
    file.writelines(f"{harmless(line, colours=colours)}\n" for line in lines)
