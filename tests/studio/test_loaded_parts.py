"""A process that stays has loaded at its start what it may need later."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import oyama_tui

FOLDER: Final = Path(oyama_tui.__file__).parent
LATE: Final = (
    "studio/approvals.py",
    "studio/context.py",
    "studio/runs.py",
    "studio/workflows.py",
    "store/store.py",
    "store/queries/children.py",
)
"""Modules whose use cases load something where they need it."""
OPENED: Final = """
import asyncio, pathlib, sys
from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio
async def main():
    async with open_studio(Settings(home=pathlib.Path(sys.argv[1])), trigger="screen"):
        print(*sorted(sys.modules))
asyncio.run(main())
"""


def loaded_where_needed(path: Path) -> Iterator[str]:
    """What functions of a module import from this package."""
    functions = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    for function in functions:
        for node in ast.walk(function):
            if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith("oyama_tui."):
                for name in node.names:
                    named = f"{node.module}.{name.name}"
                    yield named if (FOLDER.parent / f"{named.replace('.', '/')}.py").is_file() else node.module


@pytest.mark.parametrize("name", LATE)
def test_what_is_loaded_where_it_is_needed_is_there_in_a_process_that_stays(name: str, tmp_path: Path) -> None:
    wanted = set(loaded_where_needed(FOLDER / name))
    assert wanted
    env = {**os.environ, "PYTHONPATH": str(FOLDER.parent)}
    told = subprocess.run([sys.executable, "-c", OPENED, str(tmp_path)], env=env, capture_output=True, text=True, check=True)
    assert wanted - set(told.stdout.split()) == set()
