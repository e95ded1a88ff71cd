"""Whether the files of workflows that steps name can be started with what they are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from oyama_tui.core.children import MAX_DEPTH
from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.document import Finding
from oyama_tui.core.definition.expressions import OPEN
from oyama_tui.core.definition.kinds.workflow import WORKFLOW, names_file
from oyama_tui.core.definition.loading import load_with_warnings
from oyama_tui.core.errors import InvalidDefinition, InvalidInput, NotFound, first_problem
from oyama_tui.core.inputs import coerce
from oyama_tui.steps.installed import findings
from oyama_tui.studio.paths import normal_path

KNOWN_LATER: Final = "is a workflow's id: whether it is there and takes these inputs is known when the step begins"


class ChildFiles:
    """Looks at the steps of one file, and at the files that they name, and so on.

    Args:
        path: The file.
        read: Reads a file.
        above: The files that lead to it, the outermost one first.
        known: What was found out about files already, by path, shared by all files that are looked at.
    """

    def __init__(
        self, path: Path, read: Callable[[Path], str], above: tuple[Path, ...] = (), known: dict[Path, Workflow | str] | None = None
    ) -> None:
        self._path = path
        self._read = read
        self._chain = (*above, path)
        self._known: dict[Path, Workflow | str] = {} if known is None else known

    def look(self, kind: str, data: Mapping[str, Any]) -> Iterator[Finding]:
        """What is doubtful or wrong in a step, seen from this machine.

        Args:
            kind: Its kind.
            data: As it is written, not known to be sound.
        """
        yield from findings(kind, data)
        named = data.get("workflow")
        if kind != WORKFLOW.name or not isinstance(named, str) or OPEN in named:
            return
        if not names_file(named):
            yield Finding(("workflow",), f"{named[:80]!r} {KNOWN_LATER}", "name its file to have it checked")
            return
        found = self._child(named)
        if isinstance(found, str):
            yield Finding(("workflow",), found, fatal=True)
        else:
            yield from _misfits(found, data.get("with"))

    def _child(self, named: str) -> Workflow | str:
        """The workflow of a file, or why it cannot be started, as a clause."""
        try:
            path = normal_path(named, self._path.parent)
        except InvalidInput as error:
            return error.sentence.rstrip(".")
        if path in self._chain:
            way = " › ".join(file.name for file in (*self._chain[self._chain.index(path) :], path))
            return f"the workflow would start itself: {way}"
        if len(self._chain) >= MAX_DEPTH:
            return f"runs may stand at most {MAX_DEPTH} deep inside one another, and this one would be deeper"
        if path not in self._known:
            self._known[path] = self._checked(path)
        return self._known[path]

    def _checked(self, path: Path) -> Workflow | str:
        below = ChildFiles(path, self._read, self._chain, self._known)
        try:
            return load_with_warnings(self._read(path), str(path), below.look)[0]
        except NotFound as error:
            return f"{error.sentence[:1].lower()}{error.sentence[1:]}".rstrip(".")
        except InvalidDefinition as error:
            return f"the workflow of this file is not valid: {first_problem(error)}"


def _misfits(child: Workflow, given: Any) -> Iterator[Finding]:
    """What does not fit among the inputs that a step gives; what expressions make is not known yet."""
    values: dict[str, Any] = given if isinstance(given, dict) else {}
    for name in values:
        if name not in child.inputs:
            close = get_close_matches(str(name), child.inputs, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has: {', '.join(child.inputs) or 'none'}"
            yield Finding(("with", name), f"the workflow {child.id} has no input {str(name)[:60]!r}", hint, fatal=True)
    for name, field in child.inputs.items():
        if name not in values:
            if field.required and field.default is None:
                place = ("with",) if isinstance(given, dict) else ("workflow",)
                yield Finding(place, f"the workflow {child.id} needs the input {name!r}", f"add it to with: {name}: ...", fatal=True)
        elif not _is_open(values[name]):
            for problem in coerce({name: field}, {name: values[name]})[1]:
                yield Finding(("with", name), f"the input {name!r} of {child.id} {problem.message}", problem.hint, fatal=True)


def _is_open(value: Any) -> bool:
    """Whether an expression stands in a value."""
    if isinstance(value, dict | list):
        return any(map(_is_open, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and OPEN in value
