"""What a kind of step is: one record from which everything follows that the rest must know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel, JsonValue

from oyama_tui.core.definition.base import WorkflowType
from oyama_tui.core.definition.document import Document, Path
from oyama_tui.core.definition.step_base import StepBase

Order: TypeAlias = dict[str, JsonValue]
"""See `steps.protocol.StepOrder.input` for its shape by kind."""
Template = Literal[
    "command", "folder", "text", "secret", "values", "secret_values", "condition", "round", "event", "time", "steps", "plain"
]
"""What expressions may do in a key: `command` as in `run`, `folder` as in `cwd`, `text` without secrets, `secret` with secrets by name,
`values` and `secret_values` the same in every text of a nested value, `condition` is a bare one, `round` is a bare one that sees the
steps inside, `event` is a bare one that sees an event, `time` is a bare one unless a time is
written out, `steps` holds steps that speak for themselves, `plain` nothing."""
Execution = Literal["process", "task", "inline", "block", "person", "none"]
"""Where attempts are carried out: in a process of their own, in a task of Oyama's own process, at once, as steps of its own, by a person
who is asked, or nowhere."""
StepT = TypeVar("StepT", bound=StepBase)


class Renderer(Protocol):
    """Fills in the texts of one step for its order; the places name where in the order each of them stands."""

    def text(self, text: str, *place: str | int) -> str:
        """Fill in a text that holds no secret."""

    def secret_text(self, text: str, *place: str | int) -> JsonValue:
        """Fill in a text; secrets stand in it by name."""

    def nested(self, value: JsonValue, *place: str | int) -> JsonValue:
        """Fill in every text of a nested value."""

    def environment(self) -> Order:
        """The variables that the workflow and the step name."""

    def command(self, command: str | tuple[str, ...], shell: tuple[str, ...], env: Order) -> Order:
        """A command as its executor wants it, with its environment."""


class Words(Protocol):
    """Writes the parts of an action for people, filled in or as they stand in the file."""

    def text(self, text: str) -> str:
        """A text."""

    def argument(self, text: str) -> str:
        """A text that may hold secrets, as one word."""

    def secret_text(self, text: str) -> str:
        """A text that may hold secrets; they show their names."""

    def value(self, value: JsonValue) -> str:
        """A nested value."""


@dataclass(frozen=True, slots=True)
class StepList:
    """A list of steps inside a step, and how it runs."""

    steps: tuple[StepBase, ...]
    type: WorkflowType
    fail_fast: bool = False
    names: tuple[str, ...] = ()
    """What expressions in these steps may use besides the usual."""
    when: str = ""
    """When it is the one that runs, in words; empty when there is no other."""
    max_parallel: int | None = None


def _no_conditions(step: Any) -> tuple[str, ...]:
    return ()


def _no_lists(step: Any) -> tuple[StepList, ...]:
    return ()


def _nothing(step: Any, maker: Renderer) -> Order:
    return {}


def _no_words(step: Any, words: Words) -> str:
    return ""


def _no_names(data: Mapping[str, Any]) -> tuple[str, ...]:
    return ()


def _no_folder(step: Any) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class StepKind(Generic[StepT]):
    """One kind of step.

    To add one: a module beside those of this package's `kinds`, its name in `step.py`, and its executor in `steps/NAME.py`.
    """

    name: str
    """The key of its action in a file, and the word for it everywhere else."""
    model: type[StepT]
    """Its keys."""
    execution: Execution = "none"
    """Where its attempts are carried out."""
    templates: Mapping[str, Template | Mapping[str, Template]] = field(default_factory=lambda: MappingProxyType({}))
    """What expressions may do in each key of its own; a map speaks of the keys inside."""
    order: Callable[[StepT, Renderer], Order] = _nothing
    """What its executor gets."""
    typed: frozenset[str] = frozenset()
    """Names in the order whose values keep their types when the answer of a gate fills something in."""
    describe: Callable[[StepT, Words], str] = _no_words
    """The action in words that people would type; empty when there is none."""
    said: frozenset[str] = frozenset()
    """Names in the order that these words say already."""
    folder: Callable[[StepT], str | None] = _no_folder
    """The working directory that a step names."""
    inside: Mapping[str, type[BaseModel]] = field(default_factory=lambda: MappingProxyType({}))
    """The models of the maps that stand in its keys."""
    later: frozenset[str] = frozenset()
    """Keys of these maps that are planned."""
    lists: Callable[[StepT], tuple[StepList, ...]] = _no_lists
    """The lists of steps that it consists of, of which it runs one: once, again and again, or for each item."""
    conditions: Callable[[StepT], tuple[str, ...]] = _no_conditions
    """The bare expressions in its own keys, but for `if`."""
    list_keys: tuple[tuple[str | None, ...], ...] = ()
    """Where these lists stand in a file, as keys inside the step; none stands for every index."""
    names: Callable[[Mapping[str, Any]], tuple[str, ...]] = _no_names
    """What expressions in these lists may use besides the usual; gets the data of a step, sound or not."""
    values: tuple[str, ...] = ("output", "result", "outputs", "exit_code")
    """What `steps.x` has besides what every step has."""
    short: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Keys whose map may be written as one value of it: the key inside that this value belongs to."""
    needs: tuple[str, str] | None = None
    """A module that its executor needs and that is not always there, and what to install then."""
    check: Callable[[Document, Path, Mapping[str, Any]], None] | None = None
    """Notes what needs more than one key to be wrong; gets the step's place and data."""

    @property
    def is_block(self) -> bool:
        """It consists of steps."""
        return self.execution == "block"

    @property
    def is_asked(self) -> bool:
        """It is one question to a person, and nothing runs for it."""
        return self.execution == "person"

    @property
    def retryable(self) -> bool:
        """Attempts may fail and take long, so that retry and timeout mean something, and they have output."""
        return self.execution in ("process", "task")
