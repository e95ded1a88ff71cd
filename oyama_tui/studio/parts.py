"""Parts of the studio: each is loaded, and made, when it is used for the first time."""

from __future__ import annotations

from functools import partial, reduce
from importlib import import_module
from typing import Final, Generic, Protocol, TypeVar

from oyama_tui.studio.context import StudioContext

T = TypeVar("T")
LATER: Final = (
    "core.approval_decisions",
    "core.commands",
    "core.decide",
    "core.definition.graph",
    "core.dry_run",
    "core.edits",
    "core.evolve",
    "core.state",
    "engine.commanding",
    "store.definitions",
    "store.integrity",
    "store.journal",
    "store.queries.approval_card",
    "store.queries.approval_difference",
    "store.queries.attempts",
    "store.queries.run_tree",
    "studio.child_files",
    "studio.output",
)
"""What use cases load where they need it, so that commands that do not need it are over sooner."""


class Whole(Protocol):
    """What has the parts."""

    _context: StudioContext


class Part(Generic[T]):
    """A group of use cases; a short command loads the few that it needs.

    Args:
        module: Where its class is, within the studio.
        kind: The class.
        needs: What it is made with besides the context: other parts, or parts of those.
        later: Parts that only a few of its use cases need: it is made with a function for each, which gives that part.
    """

    def __init__(self, module: str, kind: str, *needs: str, later: tuple[str, ...] = ()) -> None:
        self._module = module
        self._kind = kind
        self._needs = needs
        self._later = later
        self._name = ""

    def __set_name__(self, owner: type[Whole], name: str) -> None:
        self._name = name

    def __get__(self, studio: Whole, owner: type[Whole]) -> T:
        kind = getattr(import_module(f"oyama_tui.studio.{self._module}"), self._kind)
        needed = (reduce(getattr, need.split("."), studio) for need in self._needs)
        made: T = kind(studio._context, *needed, *(partial(getattr, studio, name) for name in self._later))
        # From now on the studio has it itself.
        vars(studio)[self._name] = made
        return made


def load_parts(studio: Whole) -> None:
    """Make every part now: a process that stays must not find out later that the machine has no room left to load one.

    Args:
        studio: The studio.
    """
    for module in LATER:
        import_module(f"oyama_tui.{module}")
    for name, part in vars(type(studio)).items():
        if isinstance(part, Part):
            getattr(studio, name)
