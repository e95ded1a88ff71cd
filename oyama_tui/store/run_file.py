"""One run in one file: what is in it, and how it is written.

The file is a ZIP archive, so that other programs can open it, and ends with the SHA-256 of everything before: no bit of it is free.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, Final

import sqlalchemy as sa
from pydantic import Field

from oyama_tui import __version__
from oyama_tui.core.errors import CorruptJournal, FileProblem, NotFound
from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views import Phase
from oyama_tui.files import NotPlain, open_plain
from oyama_tui.store.columns import SCHEMA_VERSION
from oyama_tui.store.encoding import chain
from oyama_tui.store.reader import any_text
from oyama_tui.store.whole import Record, records

FORMAT: Final = 1
"""Of the file; a newer one is refused."""
MARK: Final = b"oyama-run %04d "
"""Stands before the digest at the end of the file, with the format."""
MARK_SIZE: Final = len(MARK % FORMAT)
DIGEST_SIZE: Final = 64
JOURNAL, REVISION, MANIFEST = "journal.jsonl", "revision.json", "manifest.json"
LOG_NAME: Final = re.compile(r"logs/(?!\.)[A-Za-z0-9_.\-\[\]#]{1,240}\.log")
"""What the log of an attempt is called in the file: never a path."""
MAX_MEMBER: Final = 2 * 1024**3
"""The most bytes of one part of the file, unpacked."""
MAX_TOTAL: Final = 3 * 1024**3
"""The most bytes of all parts, unpacked."""
MAX_PARTS: Final = 60_000
"""The most parts; more, or larger ones, would need another kind of archive."""
MAX_TEXT: Final = 64 * 1024**2
"""The most bytes of the manifest, of the definition, and of one event."""
_PIECE: Final = 256 * 1024
_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""ZIP wants a time of each part, and the manifest has the true ones."""
_RUN: Final = "SELECT * FROM workflow_states WHERE id = :id"
_JOURNAL: Final = "SELECT seq, at, type, payload, hash FROM workflow_events WHERE run = ? ORDER BY seq"
_CHILDREN: Final = "SELECT id, workflow_id, number FROM workflow_states WHERE parent <> '' AND parent = :id ORDER BY key"
_POINTS: Final = "SELECT name, seq, at, by FROM workflow_snapshots WHERE run = :key ORDER BY key"
_TOO_LARGE: Final = "Keep a copy of the database instead: `oyama backup FILE`."


class Member(Frozen):
    """One part of the file."""

    name: str
    size: int = Field(ge=0, le=MAX_MEMBER)
    """Bytes, unpacked."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class ChildName(Frozen):
    """A run that a step of this one has started: it is in no file but its own."""

    id: str
    workflow_id: str
    number: int


class Point(Frozen):
    """A point of the journal that somebody has given a name."""

    name: str = Field(min_length=1, max_length=200)
    seq: int = Field(ge=1)
    at: int
    by: str


class Manifest(Frozen):
    """What the file says of itself."""

    kind: str = "oyama-run"
    format: int = FORMAT
    program: str
    """The version that wrote it."""
    schema_version: int
    """Of the database that it came from: tells which events there can be."""
    written_at: int
    run_id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*-[0-9]{1,18}$", max_length=200)
    key: int = Field(ge=1)
    """The run's key there, which the chain goes by."""
    number: int = Field(ge=1)
    workflow_id: str
    status: Phase
    revision: str
    directory: str
    """Where its steps ran."""
    events: int = Field(ge=1)
    head: str = Field(pattern=r"^[0-9a-f]{32}$")
    """Hash of the newest event."""
    children: tuple[ChildName, ...] = ()
    points: tuple[Point, ...] = ()
    members: tuple[Member, ...]

    @property
    def label(self) -> str:
        """How people name the run: `release #12`."""
        return f"{self.workflow_id} #{self.number}"


class Unwritten(Exception):
    """The file cannot be written, which says nothing about the database.

    Args:
        why: What the system said.
    """

    def __init__(self, why: OSError) -> None:
        super().__init__(str(why))
        self.why = why


def write_run(connection: sa.Connection, run_id: str, files: Path, target: BinaryIO, now: int) -> tuple[Manifest, str]:
    """Write one run as it is at this moment.

    Args:
        connection: In one read transaction.
        run_id: The state id.
        files: The folder beside the database, where logs are.
        target: A new file that can be read and gone back in.
        now: Milliseconds since 1970 UTC.

    Returns:
        What the file says of itself, and its digest.

    Raises:
        NotFound: There is no such run.
        CorruptJournal: Its journal is damaged, so that there is nothing to hand on.
        FileProblem: It is larger than such a file may be.
        Unwritten: The file cannot be written.
    """
    with any_text(connection) as raw:
        found = records(raw, _RUN, {"id": run_id})
        if not found:
            raise NotFound(f"There is no run {run_id!r}.", "See `oyama runs`.")
        try:
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, allowZip64=False, compresslevel=6) as archive:
                manifest = _write_members(raw, found[0], files, archive, now)
                archive.comment = MARK % FORMAT + b"0" * DIGEST_SIZE
            return manifest, _sign(target)
        except zipfile.LargeZipFile:
            raise FileProblem(f"Run {run_id} is too large for one file.", _TOO_LARGE) from None
        except OSError as error:
            raise Unwritten(error) from error


def _write_members(raw: Any, run: Record, files: Path, archive: zipfile.ZipFile, now: int) -> Manifest:
    """Write all parts, the manifest last."""
    last: list[bytes] = [b""]
    members = [_write(archive, JOURNAL, _journal_lines(raw, run, last))]
    if last[0] != run["head"]:
        raise _broken(run, "its newest event is not the one that its row knows")
    content = raw.execute("SELECT content FROM workflow_revisions WHERE revision = ?", (run["revision"],)).fetchone()
    if content is None:
        raise _broken(run, f"the revision {run['revision']} of its workflow is missing")
    members.append(_write(archive, REVISION, iter([content[0].encode("utf-8", "surrogatepass")])))
    members += _write_logs(archive, files / run["id"])
    if sum(member.size for member in members) > MAX_TOTAL or len(members) > MAX_PARTS:
        raise FileProblem(
            f"Run {run['id']} takes more than {MAX_TOTAL // 1024**3} GiB or {MAX_PARTS:,} logs, too much for one file.", _TOO_LARGE
        )
    manifest = Manifest(
        program=__version__,
        schema_version=SCHEMA_VERSION,
        written_at=now,
        run_id=run["id"],
        key=run["key"],
        number=run["number"],
        workflow_id=run["workflow_id"],
        status=run["phase"],
        revision=run["revision"],
        directory=run["directory"],
        events=run["seq"],
        head=run["head"].hex(),
        children=tuple(ChildName(**row) for row in records(raw, _CHILDREN, run)),
        points=tuple(Point(**row) for row in records(raw, _POINTS, run)),
        members=tuple(members),
    )
    _write(archive, MANIFEST, iter([f"{manifest.model_dump_json(indent=1)}\n".encode()]))
    return manifest


def _journal_lines(raw: Any, run: Record, last: list[bytes]) -> Iterator[bytes]:
    """Every event as it is stored, checked against the chain; leaves the newest hash."""
    expected = 1
    for seq, at, kind, payload, digest in raw.execute(_JOURNAL, (run["key"],)):
        last[0] = chain(last[0], run["key"], seq, at, kind, payload)
        if seq != expected or digest != last[0]:
            raise _broken(run, f"event {expected} is missing or was changed")
        line = json.dumps({"seq": seq, "at": at, "type": kind, "payload": payload, "hash": digest.hex()}, separators=(",", ":"))
        if len(line) >= MAX_TEXT:
            raise FileProblem(f"Event {seq} of run {run['id']} is too large for a file.", _TOO_LARGE)
        expected += 1
        yield f"{line}\n".encode("ascii")


def _broken(run: Record, what: str) -> CorruptJournal:
    return CorruptJournal(f"Run {run['id']} was not written: {what}.", "Run `oyama verify`, and restore a copy from before.")


def _write_logs(archive: zipfile.ZipFile, folder: Path) -> Iterator[Member]:
    """Write the live output of the attempts; what is no log of ours is left out."""
    names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []
    for name in names:
        if LOG_NAME.fullmatch(f"logs/{name}") is None:
            continue
        try:
            file = open(open_plain(folder / name), "rb")  # noqa: SIM115 - closed with the pieces
        except (NotPlain, FileNotFoundError):
            continue
        with closing(file):
            yield _write(archive, f"logs/{name}", _pieces(file))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """What is in a file now; what is written to it meanwhile is left out."""
    left = file.seek(0, 2)
    file.seek(0)
    while left > 0 and (piece := file.read(min(_PIECE, left))):
        left -= len(piece)
        yield piece


def _write(archive: zipfile.ZipFile, name: str, pieces: Iterator[bytes]) -> Member:
    """Write one part."""
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o100600 << 16
    digest, size = hashlib.sha256(), 0
    with archive.open(info, "w", force_zip64=False) as part:
        for piece in pieces:
            size += len(piece)
            if size > MAX_MEMBER:
                raise FileProblem(f"{name} has more than {MAX_MEMBER // 1024**3} GiB, too much for a file of a run.", _TOO_LARGE)
            digest.update(piece)
            part.write(piece)
    return Member(name=name, size=size, sha256=digest.hexdigest())


def _sign(target: BinaryIO) -> str:
    """Put the digest of everything before it at the end; returns the digest of the whole file."""
    size = target.seek(0, 2)
    inner = digest_of(target, size - DIGEST_SIZE).hexdigest().encode()
    target.seek(size - DIGEST_SIZE)
    target.write(inner)
    target.flush()
    return digest_of(target, size).hexdigest()


def digest_of(file: BinaryIO, size: int) -> hashlib._Hash:
    """SHA-256 of the first bytes of a file, in bounded memory.

    Args:
        file: Open for reading.
        size: How many bytes.
    """
    digest = hashlib.sha256()
    file.seek(0)
    while size > 0 and (piece := file.read(min(_PIECE, size))):
        digest.update(piece)
        size -= len(piece)
    return digest
