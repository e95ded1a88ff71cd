"""The step kind `run`: a program."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from oyama_tui.core.definition.base import Text
from oyama_tui.core.definition.kind import Order, Renderer, StepKind, Words
from oyama_tui.core.definition.step_base import StepBase

DEFAULT_SHELL = ("/bin/sh", "-e", "-c")


class RunStep(StepBase):
    """Run a program: a string goes through the shell, a list is an argument vector."""

    run: Text | tuple[Text, ...] = Field(min_length=1)
    """A shell script, or a program and its arguments."""
    shell: tuple[str, ...] = Field(default=DEFAULT_SHELL, min_length=1)
    """The program and arguments before the script, when `run` is a string."""
    cwd: Text | None = None
    """Working directory, relative to the definition file's."""
    stdin: Text | None = None
    """What the program reads on its standard input."""
    parse: Literal["json"] | None = None
    """Read the standard output as JSON into `result`."""


def _order(step: RunStep, maker: Renderer) -> Order:
    order = maker.command(step.run, step.shell, maker.environment())
    if step.stdin is not None:
        order["stdin"] = maker.text(step.stdin, "stdin")
    if step.parse:
        order["parse"] = step.parse
    if step.cwd is not None:
        order["cwd"] = maker.text(step.cwd, "cwd")
    return order


def _describe(step: RunStep, words: Words) -> str:
    if isinstance(step.run, str):
        return words.text(step.run).strip()
    return " ".join(words.argument(part) for part in step.run)


RUN = StepKind(
    name="run",
    model=RunStep,
    execution="process",
    templates={"run": "command", "shell": "plain", "cwd": "folder", "stdin": "text", "parse": "plain"},
    order=_order,
    describe=_describe,
    said=frozenset({"script", "argv", "cwd"}),
    folder=lambda step: step.cwd,
)
"""The kind."""
