from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Oyama


@pytest.fixture
def oyama(tmp_path: Path) -> Iterator[Oyama]:
    program = Oyama(tmp_path)
    yield program
    program.end_all()
