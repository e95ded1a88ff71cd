from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents.scenes import Desk
from tests.cli.forks import Forks
from tests.cli.program import ROOT


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    server = Forks(ROOT)
    yield server
    server.close()


@pytest.fixture
def desk(tmp_path: Path, forks: Forks) -> Iterator[Desk]:
    desk = Desk(tmp_path, forks)
    yield desk
    desk.oyama.end_all()
