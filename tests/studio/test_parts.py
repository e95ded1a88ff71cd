"""Parts of the studio are loaded when they are used, and all at once where a process stays."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from oyama_tui.studio.parts import Part, load_parts

NAMES = [name for name, part in vars(Studio).items() if isinstance(part, Part)]
LOADED = """
import asyncio, json, sys
from pathlib import Path
from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio

async def look():
    async with open_studio(Settings(home=Path(sys.argv[1])), drive=sys.argv[2], trigger=sys.argv[3]) as studio:
        await studio.approvals.list()
        print(json.dumps(sorted(vars(studio))))

asyncio.run(look())
"""


def used(folder: Path, drive: str, trigger: str) -> set[str]:
    """The parts that a process has made which has looked at the open approvals."""
    command = [sys.executable, "-c", LOADED, str(folder), drive, trigger]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(json.loads(told.stdout)) & set(NAMES)


async def test_every_part_is_made_once_and_is_what_it_is_said_to_be(tmp_path: Path) -> None:
    async with open_studio(Settings(home=tmp_path)) as studio:
        load_parts(studio)
        assert len(NAMES) > 20
        for name in NAMES:
            said = Studio.__annotations__[name].removeprefix("Part[").removesuffix("]")
            assert type(getattr(studio, name)).__name__ == said
            assert getattr(studio, name) is getattr(studio, name)
        assert studio.of("ana").runs is not studio.runs


def test_short_command_makes_what_it_uses(tmp_path: Path) -> None:
    assert used(tmp_path, "none", "cli") == {"approvals"}


@pytest.mark.parametrize(("drive", "trigger"), [("all", "worker"), ("own", "cli"), ("none", "screen"), ("none", "api"), ("none", "mcp")])
def test_process_that_stays_makes_all_at_the_start(tmp_path: Path, drive: str, trigger: str) -> None:
    """Later the machine may have no room to load one."""
    assert used(tmp_path, drive, trigger) == set(NAMES)
