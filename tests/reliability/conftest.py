from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.program import ForkServer, Launcher


@pytest.fixture(scope="session")
def server() -> Iterator[ForkServer]:
    with closing(ForkServer()) as sound:
        yield sound


@pytest.fixture
def launcher(tmp_path: Path, server: ForkServer) -> Iterator[Launcher]:
    with closing(Launcher(tmp_path, server)) as program:
        yield program


@pytest.fixture
def seed() -> int:
    """Chooses what is random; OYAMA_TEST_SEED plays a failure again."""
    chosen = int(os.environ.get("OYAMA_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"play it again with OYAMA_TEST_SEED={chosen}")
    return chosen
