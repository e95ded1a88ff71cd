"""How living engines are: those that were stopped, and those that have no room for more steps."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from oyama_tui.core.views import Check
from oyama_tui.engine.ownership import stopped

LEAST_FREE = 16
"""Descriptors that must be free for a step to start."""


def findings(instances: Iterable[str]) -> Iterator[Check]:
    """What is wrong with engines that live on this machine.

    Args:
        instances: Their ids.
    """
    known = list(instances)
    for engine, pid in stopped(known).items():
        message = f"The engine {engine} (process {pid}) is stopped: what it drives stands still, and nobody takes it over."
        yield Check(id="engines", status="warning", message=message, hint=f"kill -CONT {pid}")
    for engine in known:
        free = _free_descriptors(engine)
        if free is not None and free < LEAST_FREE:
            message = f"The engine {engine} can open only {free} more files: steps wait until others have ended."
            yield Check(id="engines", status="warning", message=message, hint="Raise `ulimit -n` for it, or lower `max_processes`.")


def _free_descriptors(instance: str) -> int | None:
    """How many files an engine may still open; none where the system does not tell."""
    import psutil

    with contextlib.suppress(psutil.Error, ValueError, AttributeError, OSError):
        process = psutil.Process(int(instance.partition("-")[0]))
        limit: int = process.rlimit(psutil.RLIMIT_NOFILE)[0]
        return limit - process.num_fds() if limit > 0 else None
    return None
