from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.played import play
from tests.store.scene import Scene, opened


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with opened(tmp_path / "oyama.db") as made:
        yield made


@pytest.fixture(scope="session")
def played_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("played")
    asyncio.run(play(folder))
    return folder


@pytest.fixture
def played(played_once: Path, tmp_path: Path) -> Path:
    """A copy of a database with six runs: completed, rejected, cancelled, waiting, paused, failed."""
    shutil.copytree(played_once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "oyama.db"
