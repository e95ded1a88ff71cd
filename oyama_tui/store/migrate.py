"""Bringing the tables of a file to this version's schema."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import SQLModel

from oyama_tui.store import tables
from oyama_tui.store.database import refuse_newer


def bring_up_to_date(path: Path, busy_timeout: float) -> None:
    """Make or migrate the tables, unless they are of this version already.

    Args:
        path: The database file.
        busy_timeout: Seconds to wait for a lock of another process.
    """
    deadline = time.monotonic() + busy_timeout
    while True:
        try:
            with sqlite3.connect(path, timeout=0, isolation_level=None) as connection:
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                connection.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        finally:
            connection.close()
    refuse_newer(version, path)
    if version == tables.SCHEMA_VERSION:
        return
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": busy_timeout})
    with engine.begin() as connection2:
        SQLModel.metadata.create_all(connection2)
        connection2.exec_driver_sql(f"PRAGMA user_version={tables.SCHEMA_VERSION}")
    engine.dispose()
