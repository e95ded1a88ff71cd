"""What a step kind of another distribution is made of. This module is the whole of what one needs to import, and it only grows.

A distribution names its kinds in the entry-point group `oyama_tui.step_kinds`: the name is what stands behind `use:` in a workflow,
the object is a `StepPlugin`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel

GROUP: Final = "oyama_tui.step_kinds"
"""The entry-point group."""
ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class PluginAttempt:
    """The attempt that is carried out. What it prints is the step's output; variables of `env:` are in `os.environ`."""

    run_id: str
    """The run."""
    step_id: str
    """The step."""
    number: int
    """The number of the attempt; the first one is 1."""
    idempotency_key: str
    """The same for all attempts of the step: hand it on, so that what was done twice counts once."""
    directory: Path
    """The folder of the workflow's file, which is the working directory too."""


@dataclass(frozen=True, slots=True)
class StepPlugin(Generic[ModelT]):
    """A kind of step."""

    model: type[ModelT]
    """What `with:` must be. Make it forbid extra keys, so that a mistyped one is found before a run."""
    execute: Callable[[ModelT, PluginAttempt], Awaitable[Any] | Any]
    """Carries out an attempt in a process of its own. It returns what JSON can hold, the step's result; whatever it raises fails the
    attempt."""
