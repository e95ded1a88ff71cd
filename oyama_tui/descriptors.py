"""The open descriptors of this process that programs which it starts would get."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache


@cache
def passes_on_descriptors() -> bool:
    """Whether programs would get more of this process than its standard streams, so that all else must be closed before each one starts.

    Whatever Python and SQLite open is closed by the system when a program starts (PEP 446): only what this process itself was started
    with is passed on, so one look is enough. To close what may be hundreds of descriptors one by one costs a tenth of starting a program.
    """
    try:
        return next(_passed_on(), None) is not None
    except OSError:
        return True


def keep_descriptors() -> None:
    """Pass on nothing that this process was started with but its standard streams; for a process that is Oyama's alone."""
    try:
        for descriptor in _passed_on():
            os.set_inheritable(descriptor, False)
    except OSError:
        # Where the system does not tell them, each program's start closes them.
        return


def _passed_on() -> Iterator[int]:
    for name in os.listdir("/dev/fd"):
        try:
            if int(name) > 2 and os.get_inheritable(int(name)):
                yield int(name)
        except OSError:
            # That of the list itself, which is closed again.
            continue
