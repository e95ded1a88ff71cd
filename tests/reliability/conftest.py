from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reliability.program import Launcher


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    program = Launcher(tmp_path)
    yield program
    program.close()


@pytest.fixture
def seed() -> int:
    """Chooses what is random; OYAMA_TEST_SEED plays a failure again."""
    chosen = int(os.environ.get("OYAMA_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"play it again with OYAMA_TEST_SEED={chosen}")
    return chosen
