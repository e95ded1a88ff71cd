"""The project's own source, read as trees, for tests of how it is built."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "oyama_tui"
SKIPPED = {".git", ".venv", "__pycache__", "build", "dist", "node_modules"}
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: Path
    tree: ast.Module
    lines: int

    @property
    def place(self) -> str:
        """Its path from the root of the project."""
        return str(self.path.relative_to(ROOT))

    @property
    def name(self) -> str:
        """Its dotted name."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def definitions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
        """Every function and class, inner ones included."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node

    def classes(self) -> Iterator[ast.ClassDef]:
        """Every class."""
        return (node for node in self.definitions() if isinstance(node, ast.ClassDef))

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method."""
        return (node for node in self.definitions() if not isinstance(node, ast.ClassDef))


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file of the project, without what tools leave behind."""
    for entry in sorted(folder.iterdir()):
        if entry.name in SKIPPED or entry.name.endswith(("_cache", ".egg-info")) or entry.name == ".hypothesis":
            continue
        if entry.is_dir():
            yield from files(entry)
        elif entry.is_file():
            yield entry


@cache
def modules(*, tests: bool = False) -> tuple[Module, ...]:
    """The package's modules, and the tests' when wanted."""
    folders = [PACKAGE, ROOT / "tests"] if tests else [PACKAGE]
    found = []
    for folder in folders:
        for path in files(folder):
            if path.suffix == ".py":
                text = path.read_text(encoding="utf-8")
                found.append(Module(path, ast.parse(text), len(text.splitlines())))
    return tuple(found)


def words(name: str) -> set[str]:
    """The words of a name, in lower case: `ApprovalCard` and `approval_card` have the same."""
    return {word.lower() for word in WORD.findall(name)}


def methods(owner: ast.ClassDef) -> list[str]:
    """The names of a class's own methods, each once."""
    return list(dict.fromkeys(node.name for node in owner.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)))


def whole_methods(module: Module, owner: ast.ClassDef, known: Mapping[str, Module]) -> set[str]:
    """The names of a class's methods with those that it inherits from other classes of the project.

    Args:
        module: Where the class stands.
        owner: The class.
        known: The project's modules by name.
    """
    homes = {
        alias.name: known.get(node.module or "")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    found = set(methods(owner))
    for base in bases(owner):
        home = homes.get(base, module)
        for parent in home.classes() if home is not None else ():
            if parent.name == base and parent is not owner:
                found |= whole_methods(home or module, parent, known)
    return found


def bases(owner: ast.ClassDef) -> set[str]:
    """The names of a class's bases, without their packages."""
    found = {getattr(base, "attr", getattr(base, "id", "")) for base in owner.bases}
    return found | {getattr(base.value, "id", "") for base in owner.bases if isinstance(base, ast.Subscript)}


def imports(module: Module, known: set[str]) -> set[str]:
    """The project's modules that a module imports anywhere in it, type-only imports included."""
    found: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inner & known
            if not inner <= known:
                found.add(node.module)
    return (found & known) - {module.name}


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """The names along one cycle; empty when there is none."""
    done: set[str] = set()
    path: list[str] = []

    def visit(name: str) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        path.append(name)
        found = next((found for other in sorted(graph.get(name, ())) if (found := visit(other))), [])
        path.pop()
        done.add(name)
        return found

    return next((found for name in sorted(graph) if (found := visit(name))), [])
