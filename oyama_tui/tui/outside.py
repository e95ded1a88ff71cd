"""Programs that get the terminal for a while: a pager, an editor."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Final

from textual.app import SuspendNotSupported

from oyama_tui.tui.window import Window

KEYS: Final = (signal.SIGINT, signal.SIGQUIT)
"""What the terminal sends to everybody on it, and is meant for the program that has it."""
PAGERS: Final = ("less", "more")
EDITORS: Final = ("vi", "nano")


class NoProgram(Exception):
    """There is no such program here; the text says what to do."""


def pager(env: Mapping[str, str]) -> list[str]:
    """The words that start the reader's pager.

    Args:
        env: The environment.

    Raises:
        NoProgram: It is not there.
    """
    return _chosen(env, ("PAGER",), PAGERS)


def editor(env: Mapping[str, str]) -> list[str]:
    """The words that start the reader's editor.

    Args:
        env: The environment.

    Raises:
        NoProgram: It is not there.
    """
    return _chosen(env, ("VISUAL", "EDITOR"), EDITORS)


def _chosen(env: Mapping[str, str], names: Sequence[str], usual: Sequence[str]) -> list[str]:
    path = env.get("PATH")
    for name in names:
        if not env.get(name, "").strip():
            continue
        try:
            words = shlex.split(env[name])
        except ValueError as error:
            raise NoProgram(f"${name} cannot be read as a command: {error}.") from None
        if shutil.which(words[0], path=path) is None:
            raise NoProgram(f"${name} is {words[0]!r}, which is not a program here.")
        return words
    for program in usual:
        if shutil.which(program, path=path) is not None:
            return [program]
    raise NoProgram(f"There is no {' or '.join(usual)} here. Set ${names[-1]} to a program.")


async def run_outside(app: Window, words: Sequence[str], env: Mapping[str, str]) -> str:
    """Give a program the terminal until it ends; the loop goes on meanwhile.

    Args:
        app: Whose terminal.
        words: The command.
        env: Its environment.

    Returns:
        What went wrong, in a sentence; empty when nothing did.
    """
    program = os.path.basename(words[0])
    try:
        with ExitStack() as afterwards, app.suspend():
            afterwards.enter_context(_keys_lent(app))
            try:
                process = await asyncio.create_subprocess_exec(*words, env=dict(env))
            except OSError as error:
                return f"{program} cannot be started: {error.strerror}."
            # Not before it is started: what is ignored stays so in a new program. And until the screens have the terminal again.
            afterwards.enter_context(_handled(signal.SIG_IGN))
            try:
                code = await process.wait()
            except asyncio.CancelledError:
                process.terminate()
                raise
    except SuspendNotSupported:
        return f"{program} needs a terminal."
    if code < 0:
        return f"{program} was ended by {signal.Signals(-code).name}."
    return f"{program} ended with exit code {code}." if code else ""


@contextmanager
def _keys_lent(app: Window) -> Iterator[None]:
    """Hear keys that interrupt, and do nothing: the program may have the terminal before anybody here knows that it is started."""
    app.lend_keys(True)
    try:
        with _handled(lambda _number, _frame: None):
            yield
    finally:
        app.lend_keys(False)


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> Iterator[None]:
    """Let this handle the keys that interrupt."""
    before = {number: signal.signal(number, handler) for number in KEYS}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
