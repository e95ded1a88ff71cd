"""Programs that get the terminal for a while: a pager, an editor."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from textual.app import App, SuspendNotSupported

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


async def run_outside(app: App[Any], words: Sequence[str], env: Mapping[str, str]) -> str:
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
            try:
                process = await asyncio.create_subprocess_exec(*words, env=dict(env))
            except OSError as error:
                return f"{program} cannot be started: {error.strerror}."
            # Not before it is started: what is ignored stays so in a new program. And until the screens have the terminal again.
            afterwards.enter_context(_deaf_to_keys())
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
def _deaf_to_keys() -> Iterator[None]:
    """Let keys that interrupt reach the program alone."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in KEYS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
