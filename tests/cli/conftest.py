from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.forks import Forks
from tests.cli.program import ROOT, Oyama


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    server = Forks(ROOT)
    yield server
    server.close()


@pytest.fixture
def oyama(tmp_path: Path, forks: Forks) -> Iterator[Oyama]:
    program = Oyama(tmp_path, forks)
    yield program
    program.end_all()
