"""What is wrong with a database, also where it cannot be opened: each finding names its cause and what to do."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from oyama_tui.core.errors import DatabaseProblem
from oyama_tui.core.format import byte_words, date_and_time
from oyama_tui.core.views import Check
from oyama_tui.store import columns
from oyama_tui.store.cleanup import shrinks
from oyama_tui.store.damage import legible
from oyama_tui.store.database import beside, exists_read_only, read_only_uri
from oyama_tui.store.database_errors import DATABASE_ERRORS, explain, several_names
from oyama_tui.store.holders import holders_of_deleted, lock_holders
from oyama_tui.store.integrity import STAYING, cut_off, verify_runs
from oyama_tui.store.migrate import schema_of
from oyama_tui.store.queries.base import LIVE_STATUSES, STATES, moment
from oyama_tui.store.queries.system import engines, owners
from oyama_tui.store.reader import any_text
from oyama_tui.store.structure import structure_troubles
from oyama_tui.store.whole import page_troubles, row_troubles

LOW_SPACE: Final = 100 * 1024 * 1024
"""Free bytes below which a warning is due."""
NO_SPACE: Final = 10 * 1024 * 1024
LOCK_WAIT: Final = 1.0
"""Seconds in which a lock may go away by itself."""
JOURNALS: Final = 100
"""How many of the newest runs are verified, besides those that are not over."""
SHOWN: Final = 5
"""Findings in journals, and runs of one ended engine, that are told."""
_NEWEST = sa.select(STATES.c.key).where(STAYING).order_by(STATES.c.key.desc()).limit(JOURNALS)
_LIVE = sa.select(STATES.c.key).where(STATES.c.status.in_(LIVE_STATUSES))
_NAMES = sa.select(STATES.c.workflow_id, STATES.c.number).where(STATES.c.owner == sa.bindparam("owner"), STATES.c.status.in_(LIVE_STATUSES))
_LEFT_ALONE = sa.select(STATES.c.id, STATES.c.workflow_id, STATES.c.number, STATES.c.owner, STATES.c.obstacle).where(
    STATES.c.obstacle != "", STATES.c.status.in_(LIVE_STATUSES)
)


def diagnose(path: Path, files: Path, living: Collection[str] = frozenset(), engines: Sequence[Check] = ()) -> tuple[Check, ...]:
    """Look for trouble with a database; never raises for what it finds.

    Args:
        path: The database file.
        files: The folder beside it, for live output and the files of engines.
        living: The engine instances that live.
        engines: What is wrong with those.
    """
    found = [*_place(path), *engines]
    if any(check.status == "problem" for check in found) or not path.is_file() or path.stat().st_size == 0:
        return (*found, *_space(path))
    found += [*_modes(path, files), *_space(path)]
    try:
        found += _content(path, living)
    except (*DATABASE_ERRORS, DatabaseProblem) as error:
        found.append(_from_error("database", explain(error, path)))
    return tuple(found)


def _place(path: Path) -> Iterator[Check]:
    """Whether there is a file that can be read and written."""
    lost = holders_of_deleted(path)
    if lost:
        yield Check(
            id="deleted",
            status="problem",
            message=f"A file that was deleted or replaced at {path}, or beside it (-wal, -shm), is still open in {', '.join(lost)}.",
            hint="Put the file back if you can, and end those programs; what they write now is lost.",
        )
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        yield Check(id="file", status="ok", message=f"There is no database at {path} yet; it is made on first use.")
        return
    except OSError as error:
        yield _from_error("file", explain(error, path))
        return
    if not stat.S_ISREG(mode):
        yield Check(id="file", status="problem", message=f"{path} is not a file.", hint="Name a file with --database.")
    elif not os.access(path, os.R_OK):
        yield Check(id="file", status="problem", message=f"{path} cannot be read by this account.", hint="Check its owner and mode.")
    elif path.stat().st_size == 0:
        yield Check(id="file", status="ok", message=f"The database {path} is empty; its tables are made on first use.")
    elif path.stat().st_nlink > 1:
        yield _from_error("file", several_names(path, path.stat().st_nlink))
    elif exists_read_only(path):
        yield Check(
            id="file",
            status="warning",
            message=f"The database {path} is read-only for this account: one can look, but not start or answer anything.",
            hint="Check the owner and mode of the file and of its folder.",
        )
    else:
        yield Check(id="file", status="ok", message=f"This account may read and write the file {path}.")


def _modes(path: Path, files: Path) -> Iterator[Check]:
    """Whether other accounts can look into the files."""
    wanted = [path, beside(path, "-wal"), beside(path, "-shm"), files]
    wide = [file for file in wanted if file.exists() and file.stat().st_mode & 0o077]
    for file in wide:
        right = "700" if file.is_dir() else "600"
        yield Check(
            id="mode",
            status="warning",
            message=f"Other accounts may look at {file} (mode {file.stat().st_mode & 0o777:o}).",
            hint=f"chmod {right} {file}",
        )
    if not wide:
        yield Check(id="mode", status="ok", message="Only this account can look at the files.")


def _space(path: Path) -> Iterator[Check]:
    folder = next((parent for parent in path.absolute().parents if parent.is_dir()), Path("/"))
    free = shutil.disk_usage(folder).free
    words = f"{free // (1024 * 1024)} MiB are free on the disk with {path}."
    if free >= LOW_SPACE:
        yield Check(id="space", status="ok", message=words)
    else:
        hint = "Make room; a full disk stops every run, but loses nothing that was confirmed."
        yield Check(id="space", status="problem" if free < NO_SPACE else "warning", message=words, hint=hint)


def _content(path: Path, living: Collection[str]) -> Iterator[Check]:
    """What is in the file, as far as it can be read."""
    writable = not exists_read_only(path)
    target = path.absolute().as_uri() if writable else read_only_uri(path)
    with closing(sqlite3.connect(target, uri=True, timeout=LOCK_WAIT, isolation_level=None)) as connection:
        if schema_of(connection, path) != columns.SCHEMA_VERSION:
            yield Check(id="schema", status="warning", message="The tables are those of an older version; they are migrated on first use.")
            return
        yield Check(id="schema", status="ok", message=f"The schema is {columns.SCHEMA_VERSION}, as this version needs it.")
        if writable:
            yield from _lock(connection, path)
        engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
        with engine.connect() as wrapped:
            connection.execute("BEGIN")
            yield from _inside(wrapped, living)


def _inside(connection: sa.Connection, living: Collection[str]) -> Iterator[Check]:
    """Whether what is in the file is as Oyama has written it."""
    with any_text(connection) as raw:
        pages = [_renamed(check, "damage") for check in page_troubles(raw)]
        yield from pages or [Check(id="damage", status="ok", message="The file is whole: its pages, its indexes and its references.")]
        parts = list(structure_troubles(raw))
        yield from parts or [Check(id="tables", status="ok", message="All tables and indexes are there.")]
        if any(check.status == "problem" for check in parts):
            return
        rows = list(row_troubles(raw))
        yield from rows or [
            Check(id="rows", status="ok", message="No row is missing; workflows and engines are as Oyama has written them.")
        ]
        yield from _engines(connection, living)
        yield from _obstacles(connection, living)
        yield from cut_off(connection)
        yield from _room(raw)
    yield from _journals(connection)


def _room(connection: sqlite3.Connection) -> Iterator[Check]:
    """Whether room that removed runs leave is given back to the disk."""
    free, pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_count", "page_size"))
    unused = f"{byte_words(free * size)} of {byte_words(pages * size)} are unused"
    if shrinks(connection):
        yield Check(id="room", status="ok", message=f"The file becomes smaller when runs are removed; {unused}.")
        return
    message = f"An earlier version has made the file, so that it does not become smaller by itself; {unused}, and are used again."
    yield Check(id="room", status="ok", message=message, hint="`oyama cleanup --compact` rewrites it while nothing is driven.")


def _renamed(check: Check, name: str) -> Check:
    return check.model_copy(update={"id": name})


def _lock(connection: sqlite3.Connection, path: Path) -> Iterator[Check]:
    """Whether somebody keeps the write lock."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        names = lock_holders([path, beside(path, "-wal"), beside(path, "-shm")])
        by = f" by {', '.join(names)}" if names else " by another program"
        yield Check(
            id="lock", status="problem", message=f"The database {path} is locked{by}.", hint="End that program, or wait until it is done."
        )
    else:
        yield Check(id="lock", status="ok", message="Nobody keeps the database locked.")


def _engines(connection: sa.Connection, living: Collection[str]) -> Iterator[Check]:
    """Which engines live, and whether runs belong to engines that have ended."""
    owned = owners(connection)
    for row in engines(connection):
        if row.id in living:
            drives = "every run that nobody else drives" if row.kind == "all" else "the runs that it was started for"
            since = date_and_time(moment(row.started_at))
            number = owned.get(row.id, 0)
            words = f"Process {row.pid} drives {drives}, {number} at present; it has run since {since}, with the environment of its start."
            yield Check(id="engine", status="ok", message=words)
    dead = [owner for owner in owned if owner not in living]
    for owner in dead:
        names = [f"{legible(row.workflow_id)} #{legible(row.number)}" for row in connection.execute(_NAMES, {"owner": owner})]
        shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        yield Check(
            id="engines",
            status="warning",
            message=f"The engine {legible(owner)} has ended without giving back what it drove: {shown}.",
            hint="They go on when an engine starts: open `oyama`, or run `oyama worker`.",
        )
    if not dead:
        yield Check(id="engines", status="ok", message="No run belongs to an engine that has ended.")


def _obstacles(connection: sa.Connection, living: Collection[str]) -> Iterator[Check]:
    """Whether an engine has looked at runs and does not drive them."""
    for row in connection.execute(_LEFT_ALONE):
        if row.owner not in living:
            message = f"{row.workflow_id} #{row.number} is left alone: {row.obstacle}"
            yield Check(id="runs", status="warning", message=message, hint=f"Put that right, or drive it from here: oyama resume {row.id}")


def _journals(connection: sa.Connection) -> Iterator[Check]:
    """Whether the journals of the newest runs, and of those that are not over, are sound."""
    keys = {*connection.execute(_NEWEST).scalars(), *connection.execute(_LIVE).scalars()}
    broken = [check for check in verify_runs(connection, sorted(keys)) if check.status != "ok"]
    for check in broken[:SHOWN]:
        yield Check(id="journals", status=check.status, message=check.message, hint=check.hint)
    if len(broken) > SHOWN:
        yield Check(
            id="journals", status="problem", message=f"{len(broken) - SHOWN} more findings in journals.", hint="Run `oyama verify`."
        )
    if not broken:
        runs = "1 run" if len(keys) == 1 else f"{len(keys)} runs"
        message = f"The journals of {runs} are sound, those that are not over among them; `oyama verify` checks all."
        yield Check(id="journals", status="ok", message=message)


def _from_error(name: str, error: DatabaseProblem) -> Check:
    return Check(id=name, status="problem", message=error.sentence, hint=error.hint)
