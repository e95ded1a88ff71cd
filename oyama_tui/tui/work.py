"""Work that a widget does beside its messages: calls of the studio."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from textual.app import ScreenStackError
from textual.css.query import NoMatches
from textual.dom import DOMNode, NoScreen
from textual.worker import Worker

STANDING: Final = ("feed", "whole", "log", "search", "survey", "seek", "check", "past", "input", "ahead")
"""Kinds of work that no key waits for: it goes on for ever, or what a key does cannot depend on it."""


def work(node: DOMNode, job: Callable[[], Coroutine[Any, Any, None]], *, group: str, exclusive: bool = False) -> None:
    """Do a job in a worker that ends with its widget, be it in the midst of the widget's going.

    Args:
        node: Whose job it is.
        job: Called when the worker starts; a job that is ended before that was never begun.
        group: Its kind.
        exclusive: End jobs of the same kind first.
    """

    async def while_there() -> None:
        try:
            await job()
        except (NoMatches, NoScreen, ScreenStackError):
            # The parts of a widget go before the widget, an app's screens before the app, and their jobs are ended last.
            if not is_going(node):
                raise

    _worker: Worker[None] = node.run_worker(while_there, group=group, exclusive=exclusive)


def is_going(node: DOMNode) -> bool:
    """Whether a widget is being taken away, or is gone: its parts may be gone already.

    Args:
        node: The widget, screen or app.
    """
    if not node.app.is_running or node.app._exit:
        return True
    return node is not node.app and (node._pruning or not node.is_attached)
