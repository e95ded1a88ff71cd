"""The core is pure: no clock, no chance, no files, no tasks; time and ids come in with commands."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import oyama_tui.core

CORE = Path(oyama_tui.core.__file__).parent
MODULES = sorted(CORE.rglob("*.py"))
CLOCKS_AND_CHANCE = frozenset({"time", "random", "secrets", "uuid"})
TASKS = frozenset({"asyncio", "concurrent", "multiprocessing", "selectors", "signal", "subprocess", "threading"})
FILES_AND_PLACES = frozenset({"glob", "io", "os", "pathlib", "platform", "shutil", "socket", "sqlite3", "sys", "tempfile"})
FORBIDDEN_MODULES = CLOCKS_AND_CHANCE | TASKS | FILES_AND_PLACES | {"logging"}
FORBIDDEN_CALLS = frozenset({"open", "print", "input", "exec", "eval", "now", "today", "utcnow", "getenv"})


def impurities(module: Path) -> list[str]:
    """What a module has that a pure one has not, with its line."""
    found: list[str] = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        names: list[str] = []
        place = f"{module.name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in FORBIDDEN_CALLS:
                found.append(f"{place} calls {called}")
        found += [f"{place} imports {name}" for name in names if name.partition(".")[0] in FORBIDDEN_MODULES]
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(CORE)))
def test_a_module_of_the_core_asks_nothing_of_the_world(module: Path) -> None:
    assert impurities(module) == []


def test_the_check_finds_what_it_looks_for(tmp_path: Path) -> None:
    module = tmp_path / "impure.py"
    module.write_text("import os.path\nfrom time import monotonic\nfrom datetime import datetime\nat = datetime.now()\nopen('x')\n")
    assert impurities(module) == [
        "impure.py:1 imports os.path",
        "impure.py:2 imports time",
        "impure.py:4 calls now",
        "impure.py:5 calls open",
    ]


def test_importing_the_core_loads_neither_a_database_nor_screens() -> None:
    names = [".".join(("oyama_tui", "core", *module.relative_to(CORE).with_suffix("").parts)) for module in MODULES]
    program = (
        f"import sys\nfor name in {[name.removesuffix('.__init__') for name in names]!r}: __import__(name)\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
        "print(*sorted(name for name in sys.modules if name.startswith('oyama_tui.') and not name.startswith('oyama_tui.core')))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    libraries, ours = run.stdout.split("\n")[:2]
    unwanted = {"alembic", "fastapi", "httpx", "psutil", "rich", "sqlalchemy", "sqlite3", "sqlmodel", "textual", "typer"}
    assert set(libraries.split()) & unwanted == set()
    assert ours == ""
