from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.scene import Scene, opened


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with opened(tmp_path / "oyama.db") as made:
        yield made
