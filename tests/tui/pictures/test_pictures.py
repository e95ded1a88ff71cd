"""Every screen over a realistic database looks as it did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.pictures.album import differences
from tests.tui.pictures.frame import gallery
from tests.tui.pictures.walks import WALKS, Size, pictures_of

pytestmark = pytest.mark.slow
SHOTS = [pytest.param(name, size, id=f"{name} {size[0]}x{size[1]}") for name, (sizes, _) in WALKS.items() for size in sizes]


@pytest.fixture(scope="module")
def database() -> Iterator[Path]:
    """The folder of the database, which is made once for all pictures."""
    with gallery() as folder:
        yield folder


@pytest.mark.parametrize(("walk", "size"), SHOTS)
async def test_screens_look_as_they_did(database: Path, walk: str, size: Size) -> None:
    told = differences(await pictures_of(database, walk, size))
    assert not told, f"\n{told}"
