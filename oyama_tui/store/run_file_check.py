"""Whether a file of a run is whole: each bit of it, its journal's chain, and what the events come to."""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from oyama_tui import __version__
from oyama_tui.core import events as e
from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.graph import Graph, compile_graph
from oyama_tui.core.errors import CorruptJournal, FileProblem, InvalidInput, NewerFile, OyamaError
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import new_state
from oyama_tui.core.summary import summarise
from oyama_tui.core.text import safe_text
from oyama_tui.files import NotPlain, open_regular
from oyama_tui.store.columns import SCHEMA_VERSION
from oyama_tui.store.damage import DAMAGE, reason
from oyama_tui.store.definitions import read_definition
from oyama_tui.store.encoding import chain, decode_event
from oyama_tui.store.queries.base import moment
from oyama_tui.store.run_file import (
    DIGEST_SIZE,
    FORMAT,
    JOURNAL,
    LOG_NAME,
    MANIFEST,
    MARK_SIZE,
    MAX_MEMBER,
    MAX_TEXT,
    MAX_TOTAL,
    REVISION,
    Manifest,
    Member,
    digest_of,
)

MAX_DIRECTORY: Final = 64 * 1024**2
"""The most bytes of the list of parts: all of it is kept in memory."""
_MARK_WORD: Final = b"oyama-run "
_FIRST: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_END: Final = struct.Struct("<4s4H2LH")
_PIECE: Final = 256 * 1024
_ZIP_ERRORS: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error, *DAMAGE)
"""What the reader of archives raises for an archive that nobody has written like this."""
_AGAIN: Final = "Get the file once more from where it was exported."
_JOURNAL_KEYS: Final = {"seq": int, "at": int, "type": str, "payload": str, "hash": str}


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event as the file has it."""

    seq: int
    at: int
    type: str
    payload: str
    hash: bytes
    event: e.Event


class RunFileReader:
    """An open file of a run that is as it was written; made by `opened_run_file`.

    Args:
        archive: The open file.
        manifest: What it says of itself.
        digest: SHA-256 of the whole file.
        size: Its bytes.
    """

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest, digest: str, size: int) -> None:
        self._archive = archive
        self.manifest = manifest
        self.digest = digest
        self.size = size
        self.content = ""
        """The definition as it is stored; like what follows there once the file was checked."""
        self.workflow: Workflow
        self.graph: Graph

    def check(self) -> None:
        """Check every part, the chain, and that the events come to what the file says.

        Raises:
            FileProblem: Something does not fit; the sentence names it.
        """
        for member in self.manifest.members:
            for _ in self.pieces(member):
                continue
        self._read_definition()
        manifest = self.manifest
        state = new_state(manifest.run_id, self.graph, manifest.number)
        for stored in self.events():
            with damage_told(f"event {stored.seq}"):
                evolve(state, stored.event)
        with damage_told(JOURNAL):
            phase = summarise(state).phase
        if phase != manifest.status:
            raise damaged(f"its events come to {phase}, and the manifest says {manifest.status}")

    def _read_definition(self) -> None:
        manifest = self.manifest
        content = b"".join(self.pieces(self._member(REVISION)))
        with damage_told(REVISION):
            try:
                self.content = content.decode("utf-8")
                self.workflow = read_definition(self.content, manifest.revision)
            except CorruptJournal:
                raise damaged(f"{REVISION} is not the revision {manifest.revision} that the manifest names", manifest.program) from None
            if self.workflow.id != manifest.workflow_id or not manifest.run_id.startswith(f"{manifest.workflow_id}-"):
                raise damaged(f"{REVISION} is of the workflow {self.workflow.id}, and the run is {manifest.run_id}")
            self.graph = compile_graph(self.workflow, manifest.revision)

    def events(self) -> Iterator[StoredEvent]:
        """The events in order, each chained to the one before it, up to the head.

        Raises:
            FileProblem: One is missing, was changed, or cannot be read.
        """
        manifest, previous, expected = self.manifest, b"", 1
        with self._unpacking(JOURNAL), self._archive.open(JOURNAL) as part:
            while line := part.readline(MAX_TEXT + 1):
                stored = _stored(line, expected, previous, manifest)
                previous, expected = stored.hash, expected + 1
                yield stored
        if expected - 1 != manifest.events or previous.hex() != manifest.head:
            raise damaged(f"{JOURNAL} ends with event {expected - 1}, and the manifest says {manifest.events}, or its last hash is another")

    @property
    def logs(self) -> tuple[Member, ...]:
        """The logs of attempts."""
        return tuple(member for member in self.manifest.members if member.name.startswith("logs/"))

    def _member(self, name: str) -> Member:
        return next(member for member in self.manifest.members if member.name == name)

    def pieces(self, member: Member) -> Iterator[bytes]:
        """What a part holds, unpacked, in pieces; never more than the manifest says.

        Raises:
            FileProblem: It is not what the manifest says.
        """
        digest, size = hashlib.sha256(), 0
        with self._unpacking(member.name), self._archive.open(member.name) as part:
            while piece := part.read(_PIECE):
                size += len(piece)
                if size > member.size:
                    raise damaged(f"{member.name} is larger than the manifest says")
                digest.update(piece)
                yield piece
        if size != member.size or digest.hexdigest() != member.sha256:
            raise damaged(f"{member.name} is not what the manifest says")

    @contextmanager
    def _unpacking(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError:
            raise
        except _ZIP_ERRORS as error:
            raise damaged(f"{name} cannot be unpacked ({reason(error)})") from error


def damaged(what: str, program: str = __version__) -> FileProblem:
    """That a file is not as it was written.

    Args:
        what: In a few words.
        program: The version that wrote it.
    """
    newer = (
        "" if program == __version__ else f" It was written by Oyama {safe_text(program, keep_newlines=False)[:40]}; this is {__version__}."
    )
    return FileProblem(f"The file is damaged: {what}.{newer}", _AGAIN)


@contextmanager
def damage_told(where: str) -> Iterator[None]:
    """Tell what fails inside as damage of a part of the file.

    Args:
        where: The part.

    Raises:
        FileProblem: It is damaged.
    """
    try:
        yield
    except OyamaError as error:
        if isinstance(error, FileProblem):
            raise
        raise damaged(f"{where}: {error.sentence.rstrip('.')}") from error
    except DAMAGE as error:
        raise damaged(f"{where}: {reason(error)}") from error


def _stored(line: bytes, expected: int, previous: bytes, manifest: Manifest) -> StoredEvent:
    """One line of the journal."""
    where = f"event {expected}"
    if len(line) > MAX_TEXT or not line.endswith(b"\n"):
        raise damaged(f"{where} is too long, or is cut")
    with damage_told(where):
        found: Any = json.loads(line)
        if not isinstance(found, dict) or {name: type(value) for name, value in found.items()} != _JOURNAL_KEYS or found["seq"] != expected:
            raise damaged(f"{where} is missing, or has not the form of an event")
        expect_storable(found["at"], found["type"], found["payload"])
        digest = bytes.fromhex(found["hash"])
        if chain(previous, manifest.key, expected, found["at"], found["type"], found["payload"]) != digest:
            raise damaged(f"{where} or its hash was changed")
        try:
            event = decode_event(found["type"], found["at"], found["payload"])
        except CorruptJournal:
            raise damaged(f"{where} is none that this version can read", manifest.program) from None
        return StoredEvent(expected, found["at"], found["type"], found["payload"], digest, event)


def expect_storable(at: int, *texts: str) -> None:
    """Make sure that a database can hold a time and texts.

    Args:
        at: Milliseconds since 1970 UTC.
        texts: Any.

    Raises:
        ValueError: It cannot.
    """
    moment(at)
    for text in texts:
        text.encode("utf-8")


@contextmanager
def opened_run_file(path: Path) -> Iterator[RunFileReader]:
    """Open a file of a run and make sure that no bit of it was changed.

    Args:
        path: As a person has named it.

    Raises:
        InvalidInput: There is nothing that can be read, or it is no file of a run at all.
        FileProblem: It was damaged.
        NewerFile: A newer version has written it.
    """
    try:
        file = open_regular(path)
    except NotPlain as error:
        raise InvalidInput(f"{path} is {error.kind}.", "Name a file that `oyama export` has written.") from None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.", "Check the name of the file.") from None
    with file:
        try:
            size = file.seek(0, 2)
            _check_ending(file, size, path)
            _check_directory(file, size)
            digest = digest_of(file, size).hexdigest()
            with _archive(file) as archive:
                yield RunFileReader(archive, _manifest(archive), digest, size)
        except OSError as error:
            raise FileProblem(f"{path} cannot be read: {error.strerror or error}.", "Check the disk that it is on.") from None


def _check_ending(file: BinaryIO, size: int, path: Path) -> None:
    """Whether the file is one of ours, of a known format, and is what its digest says.

    Raises:
        InvalidInput: It is not ours.
    """
    file.seek(0)
    first = file.read(4)
    file.seek(max(0, size - DIGEST_SIZE - MARK_SIZE))
    ending = file.read()
    mark, inner = ending[:-DIGEST_SIZE], ending[-DIGEST_SIZE:]
    if not mark.startswith(_MARK_WORD):
        file.seek(0)
        if first != _FIRST or JOURNAL.encode() not in file.read(30 + len(JOURNAL)):
            what = "is empty" if not size else "is no file of a run"
            raise InvalidInput(f"{path} {what}.", "Name a file that `oyama export` has written.")
        raise damaged("its end is missing or was changed")
    if digest_of(file, size - DIGEST_SIZE).hexdigest().encode() != inner:
        raise damaged("its content is not what the digest at its end says")
    number = mark[len(_MARK_WORD) :].strip()
    if not number.isdigit() or int(number) < 1:
        raise damaged("its end has no format")
    if int(number) > FORMAT:
        raise NewerFile(
            f"{path} was written by a newer version of Oyama (format {int(number)}; this one knows {FORMAT}).", "Update Oyama first."
        )


def _check_directory(file: BinaryIO, size: int) -> None:
    """Refuse a list of parts that would fill the memory, before it is read."""
    start = size - DIGEST_SIZE - MARK_SIZE - _END.size
    file.seek(max(0, start))
    record = file.read(_END.size)
    if start < 0 or record[:4] != _EMPTY_ZIP:
        raise damaged("it is no archive")
    _, _, _, here, entries, directory, offset, comment = _END.unpack(record)
    if here != entries or comment != MARK_SIZE + DIGEST_SIZE or entries == 0xFFFF or directory > MAX_DIRECTORY:
        raise damaged("its list of parts is not one that Oyama writes")
    if offset + directory != start:
        raise damaged("something stands beside its parts")


@contextmanager
def _archive(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(file)
    except _ZIP_ERRORS as error:
        raise damaged(f"it is no archive ({reason(error)})") from error
    with archive:
        yield archive


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    """What the file says of itself, which must be what is in it.

    Raises:
        NewerFile: It comes from a newer version.
    """
    infos = archive.infolist()
    for info in infos:
        _check_part(info)
    names = [info.filename for info in infos]
    if len(set(names)) != len(names):
        raise damaged("a part stands twice in it")
    if MANIFEST not in names:
        raise damaged("it has no manifest")
    if archive.getinfo(MANIFEST).file_size > MAX_TEXT:
        raise damaged("its manifest is too large")
    try:
        with archive.open(MANIFEST) as part:
            text = part.read(MAX_TEXT + 1)
        found = json.loads(text)
    except _ZIP_ERRORS as error:
        raise damaged(f"its manifest cannot be read ({reason(error)})") from error
    _refuse_newer(found)
    with damage_told(MANIFEST):
        manifest = Manifest.model_validate_json(text)
    listed = {member.name: member.size for member in manifest.members}
    if len(listed) != len(manifest.members) or {JOURNAL, REVISION} - listed.keys() or {*listed, MANIFEST} != set(names):
        raise damaged("its parts are not those that the manifest names")
    if any(point.seq > manifest.events for point in manifest.points):
        raise damaged("a point that was named stands behind its last event")
    if listed[REVISION] > MAX_TEXT or sum(listed.values()) > MAX_TOTAL:
        raise damaged(f"its parts would take more than {MAX_TOTAL // 1024**3} GiB")
    return manifest


def _refuse_newer(found: Any) -> None:
    known: dict[str, Any] = found if isinstance(found, dict) else {}
    newer: Callable[[str, int], bool] = lambda name, least: type(known.get(name)) is int and known[name] > least  # noqa: E731
    if newer("format", FORMAT) or newer("schema_version", SCHEMA_VERSION):
        program = safe_text(str(known.get("program", "")), keep_newlines=False)[:40]
        raise NewerFile(f"The file was written by Oyama {program}, which is newer than this version, {__version__}.", "Update Oyama first.")


def _check_part(info: zipfile.ZipInfo) -> None:
    """Whether a part is one that Oyama writes: a plain file of a known name, packed as usual, of a size that may be."""
    name = safe_text(info.filename, keep_newlines=False)[:80]
    if info.filename not in (JOURNAL, REVISION, MANIFEST) and LOG_NAME.fullmatch(info.filename) is None:
        raise damaged(f"it has a part called {name!r}, which no file of a run has")
    if info.external_attr != 0o100600 << 16 or info.flag_bits & ~0x800 or info.compress_type != zipfile.ZIP_DEFLATED:
        raise damaged(f"{name} is a link, is locked, or is packed as Oyama does not")
    if info.file_size > MAX_MEMBER:
        raise damaged(f"{name} would take more than {MAX_MEMBER // 1024**3} GiB")
