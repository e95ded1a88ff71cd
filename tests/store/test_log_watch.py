"""SQLite's log is where the database is, also when its name or its folder is a link, and is missed when that changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from oyama_tui.core.errors import DatabaseProblem
from oyama_tui.store.database import Database, beside


def test_the_log_is_beside_the_file_that_a_link_leads_to(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "folder").symlink_to(real)
    (tmp_path / "name.db").symlink_to(real / "oyama.db")
    database = Database(real / "oyama.db")
    database.data_version()
    for path in (real / "oyama.db", tmp_path / "folder" / "oyama.db", tmp_path / "name.db"):
        for suffix in ("-wal", "-shm"):
            assert beside(path, suffix).samefile(real / f"oyama.db{suffix}")
    database.close()


def test_a_database_that_is_moved_behind_a_link_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "oyama.db"
    database = Database(path)
    database.data_version()
    database.require_same()
    (tmp_path / "elsewhere").mkdir()
    path.rename(tmp_path / "elsewhere" / "oyama.db")
    path.symlink_to(tmp_path / "elsewhere" / "oyama.db")
    with pytest.raises(DatabaseProblem):
        database.require_same()
    database.close()
