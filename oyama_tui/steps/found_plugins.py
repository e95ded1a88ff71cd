"""The step kinds that other distributions bring: which there are, and what is wrong with those that cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from pydantic import BaseModel

from oyama_tui.core.definition.base import PLUGIN_NAME
from oyama_tui.core.definition.step import KINDS
from oyama_tui.core.text import one_line
from oyama_tui.plugins import GROUP, StepPlugin


class UnusablePlugin(Exception):
    """A plugin is not there or cannot be used; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class FoundPlugin:
    """An entry point that claims to be a step kind."""

    name: str
    """Its name."""
    entry: EntryPoint
    """How it is loaded."""
    others: tuple[EntryPoint, ...] = ()
    """Further ones of this name."""

    @property
    def origin(self) -> str:
        """Its distribution and version, as far as they are known."""
        return origin_of(self.entry)

    def load(self) -> StepPlugin[Any]:
        """Import it; nothing that it raises gets out.

        Raises:
            UnusablePlugin: With the reason.
        """
        who = f"The step kind {one_line(self.name, 64)!r} of {self.origin}"
        if not re.fullmatch(PLUGIN_NAME, self.name):
            raise UnusablePlugin(f"{who} cannot be used: a name has lower case letters, digits, - and _, a letter first.")
        if self.name in KINDS:
            raise UnusablePlugin(f"{who} cannot be used: Oyama itself has a step kind of this name.")
        if self.others:
            also = ", ".join(origin_of(entry) for entry in self.others)
            raise UnusablePlugin(f"{who} cannot be used: {also} has one of the same name.")
        try:
            made = self.entry.load()
        except (Exception, SystemExit) as wrong:
            raise UnusablePlugin(f"{who} cannot be loaded: {type(wrong).__name__}: {one_line(str(wrong), 300)}.") from wrong
        if not isinstance(made, StepPlugin):
            raise UnusablePlugin(f"{who} cannot be used: {self.entry.value} is of type {type(made).__name__}, not a StepPlugin.")
        if not (isinstance(made.model, type) and issubclass(made.model, BaseModel)) or not callable(made.execute):
            raise UnusablePlugin(f"{who} cannot be used: its model must be a pydantic model, and its execute a function.")
        return made


def origin_of(entry: EntryPoint) -> str:
    """The distribution of an entry point and its version.

    Args:
        entry: Any.
    """
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else "an unknown distribution"


def found_plugins() -> Mapping[str, FoundPlugin]:
    """All that claim to be step kinds, by name; nothing is imported."""
    by_name: dict[str, dict[str, EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        # The same distribution may be found twice on the path.
        by_name.setdefault(entry.name, {}).setdefault(f"{origin_of(entry)} {entry.value}", entry)
    listed = {name: tuple(found.values()) for name, found in sorted(by_name.items())}
    return {name: FoundPlugin(name, entries[0], entries[1:]) for name, entries in listed.items()}


def plugin(name: str) -> tuple[FoundPlugin, StepPlugin[Any]]:
    """A plugin that can be used.

    Args:
        name: As a workflow has it.

    Raises:
        UnusablePlugin: There is none, or it cannot be used.
    """
    found = found_plugins().get(name)
    if found is None:
        raise UnusablePlugin(f"No step kind {name!r} is installed.")
    return found, found.load()


def unusable_plugins() -> Iterator[tuple[FoundPlugin, str]]:
    """Every plugin, and why it cannot be used; empty when it can."""
    for found in found_plugins().values():
        try:
            found.load()
        except UnusablePlugin as wrong:
            yield found, str(wrong)
        else:
            yield found, ""
