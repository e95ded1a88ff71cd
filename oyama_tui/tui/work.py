"""Work that a widget does beside its messages: calls of the studio."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from textual.dom import DOMNode
from textual.worker import Worker

STANDING: Final = ("feed", "whole", "log", "check", "past", "input")
"""Kinds of work that no key waits for: it goes on for ever, or what a key does cannot depend on it."""


def work(node: DOMNode, job: Callable[[], Coroutine[Any, Any, None]], *, group: str, exclusive: bool = False) -> None:
    """Do a job in a worker that ends with its widget.

    Args:
        node: Whose job it is.
        job: Called when the worker starts; a job that is ended before that was never begun.
        group: Its kind.
        exclusive: End jobs of the same kind first.
    """
    _worker: Worker[None] = node.run_worker(job, group=group, exclusive=exclusive)
