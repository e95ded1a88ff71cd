"""Runs in files of their own, copies of the database, and what can be made anew from journals."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from oyama_tui.core.errors import FileProblem, FileTaken, InvalidInput, NotAllowed
from oyama_tui.core.format import moment
from oyama_tui.core.report import ReportKind, html_page, markdown_page
from oyama_tui.core.views import ENDED_PHASES, Backup, Check, ImportedRun, RunFile
from oyama_tui.files import open_plain, plain_folder, remove, written_beside
from oyama_tui.store.backup import copy_database
from oyama_tui.store.importing import BroughtIn, bring_in, find_here
from oyama_tui.store.queries.evidence import run_evidence
from oyama_tui.store.repair import OnlyLooked, Repair, repair, would_repair
from oyama_tui.store.run_file import Manifest, Unwritten, write_run
from oyama_tui.store.run_file_check import RunFileReader, opened_run_file
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.paths import normal_path

SUFFIX: Final = ".oyamarun"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_PIECE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """Logs of a file of a run, in a folder that no run has."""

    folder: Path
    files: Path

    def fill(self, reader: RunFileReader) -> None:
        """Unpack the logs.

        Raises:
            FileProblem: There is no room for them.
        """
        with explained(self.folder):
            plain_folder(self.folder)
            for member in reader.logs:
                flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
                with open(open_plain(self.folder / member.name.removeprefix("logs/"), flags), "wb") as file:
                    for piece in reader.pieces(member):
                        file.write(piece)

    def place(self, run_id: str) -> None:
        """Give the folder to a run.

        Raises:
            FileProblem: The system refused.
        """
        with explained(self.files / run_id):
            remove(self.files / run_id)
            self.folder.rename(self.files / run_id)


class Archive:
    """What can be done with runs and the database as files."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context

    async def export(self, ref: str, path: Path | None = None, *, replace: bool = False) -> RunFile:
        """Write one run into one file, as it is at this moment, whether or not it is over.

        Args:
            ref: The run.
            path: The file; one that is named after the run, in the working directory, when none.
            replace: Whether a file of that name may give way.

        Raises:
            NotFound: None or several runs fit.
            CorruptJournal: The run's journal is damaged.
            FileTaken: There is a file of that name.
            FileProblem: The file cannot be written; nothing of it is left.
        """
        claim = await self._context.claim(ref)
        target = normal_path(path if path is not None else f"{claim.run.workflow_id}-{claim.run.number}{SUFFIX}")

        def write() -> RunFile:
            with explained(target), written_beside(target, replace=replace) as file:
                manifest, digest = self._write(claim.run.id, file)
                return _run_file(manifest, digest, file.seek(0, 2), str(target))

        return await asyncio.to_thread(write)

    async def stream(self, ref: str, write: Callable[[bytes], object]) -> RunFile:
        """Write one run to somewhere that cannot be gone back in, such as a pipe.

        Args:
            ref: The run.
            write: Takes the next piece.

        Raises:
            NotFound: None or several runs fit.
            CorruptJournal: The run's journal is damaged.
            FileProblem: There is no room for it.
        """
        run_id = await self._context.resolve(ref)

        def collect() -> tuple[BinaryIO, RunFile]:
            with explained(Path(tempfile.gettempdir())):
                file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - closed by who reads it
                manifest, digest = self._write(run_id, file)
                return file, _run_file(manifest, digest, file.seek(0, 2), "")

        file, written = await asyncio.to_thread(collect)
        with file:
            file.seek(0)
            while piece := file.read(_PIECE):
                write(piece)
        return written

    def _write(self, run_id: str, file: BinaryIO) -> tuple[Manifest, str]:
        """Write a run; what the system says of the file is kept apart from what it says of the database."""
        context = self._context
        files, now = context.settings.files_path, context.clock()
        try:
            return context.store.database.read_now(lambda connection: write_run(connection, run_id, files, file, now))
        except Unwritten as failed:
            raise failed.why from None

    @staticmethod
    async def check(path: Path) -> tuple[Check, ...]:
        """Check a file of a run: each bit of it, the chain of its events, and what they come to; no database is needed.

        Raises:
            InvalidInput: There is nothing to read, or it is no file of a run.
        """
        return await asyncio.to_thread(_check_file, path)

    async def bring_in(self, path: Path) -> ImportedRun:
        """Take the run of a file into the database, to be looked at; nothing is changed when the file is not whole.

        Raises:
            InvalidInput: There is nothing to read, or it is no file of a run.
            FileProblem: It is damaged, or a newer version has written it.
        """
        context = self._context
        async with _checked_file(path) as reader:
            known = await context.store.database.read(lambda connection: find_here(connection, reader))
            found = BroughtIn(known, already=True) if known is not None else await self._write_in(reader)
            row = await context.row(found.run.id)
            return ImportedRun(row=row, origin=reader.manifest.run_id, already=found.already)

    async def _write_in(self, reader: RunFileReader) -> BroughtIn:
        """Write a run that has been checked, and put its logs where those of runs are."""
        context = self._context
        at, by = context.clock(), context.principal.name
        context.store.database.require_writable()
        events = await asyncio.to_thread(lambda: list(reader.events()))
        unpacked = _Unpacked(context.settings.files_path / f"importing-{secrets.token_hex(6)}", context.settings.files_path)
        try:
            await asyncio.to_thread(unpacked.fill, reader)
            return await context.store.writer.run(lambda connection: bring_in(connection, reader, events, at, by, unpacked.place))
        finally:
            await asyncio.to_thread(remove, unpacked.folder)

    async def report(self, ref: str, kind: ReportKind) -> str:
        """What a person needs to see of a run as evidence, as one page.

        Args:
            ref: The run.
            kind: The page's language.

        Raises:
            NotFound: None or several runs fit.
        """
        context = self._context
        claim = await context.claim(ref)
        graph, alive = await context.store.graph(claim.revision), await context.living()
        now, files = context.clock(), context.settings.files_path
        found = await context.store.database.read(lambda connection: run_evidence(connection, claim.run, graph, alive, now, files))
        return await asyncio.to_thread(html_page if kind == "html" else markdown_page, found)

    async def save_report(self, ref: str, path: Path | None, kind: ReportKind, *, replace: bool = False) -> Path:
        """Write that page into a file.

        Args:
            ref: The run.
            path: The file; one that is named after the run, in the working directory, when none.
            kind: The page's language.
            replace: Whether a file of that name may give way.

        Raises:
            NotFound: None or several runs fit.
            FileTaken: There is a file of that name.
            FileProblem: It cannot be written; nothing of it is left.
        """
        run = (await self._context.claim(ref)).run
        target = normal_path(path if path is not None else f"{run.workflow_id}-{run.number}.{kind}")
        text = (await self.report(run.id, kind)).encode("utf-8", "replace")

        def write() -> None:
            with explained(target), written_beside(target, replace=replace) as file:
                file.write(text)

        await asyncio.to_thread(write)
        return target

    async def backup(self, path: Path, *, replace: bool = False) -> Backup:
        """Copy the database while it is used; the copy is looked at before it gets its name.

        Args:
            path: The file.
            replace: Whether a file of that name may give way.

        Raises:
            FileTaken: There is a file of that name.
            FileProblem: It cannot be written, or the copy is not whole.
        """
        target = normal_path(path)
        if target == self._context.settings.database_path:
            raise InvalidInput(f"{target} is the database itself.", "Name another file.")
        runs, size = await asyncio.to_thread(self._copy, target, replace=replace, damaged=False)
        return Backup(path=str(target), bytes=size, runs=runs)

    def _copy(self, target: Path, *, replace: bool, damaged: bool) -> tuple[int, int]:
        with explained(target), written_beside(target, replace=replace) as file:
            with self._context.store.database.reading_alone() as source:
                runs = copy_database(source, Path(file.name), target, damaged=damaged)
            return runs, file.seek(0, 2)

    async def repair(self, *, dry: bool) -> tuple[Check, ...]:
        """Make anew what can be made from journals, after a copy of the database was put aside; what cannot is named and left.

        Args:
            dry: Only say what would be done.

        Raises:
            NotAllowed: This process acts for no person.
        """
        context = self._context
        if context.principal.kind != "human":
            raise NotAllowed("Only a person can have the database repaired.", "A person does it, from a terminal of their own.")
        looked = await self._would_repair()
        if dry or not looked.done:
            return looked.checks
        database = context.settings.database_path
        aside = database.with_name(f"{database.name}.before-repair-{context.clock()}")
        await asyncio.to_thread(self._copy, aside, replace=False, damaged=True)
        found = await context.store.writer.run(repair)
        kept = Check(id="copy", status="ok", message=f"As it was before, the database is in {aside}.")
        return (kept, *found.checks)

    async def _would_repair(self) -> Repair:
        try:
            return await self._context.store.writer.run(would_repair)
        except OnlyLooked as looked:
            return looked.found


def _check_file(path: Path) -> tuple[Check, ...]:
    """What is found in a file of a run."""
    name = str(path)
    try:
        with opened_run_file(path) as reader:
            reader.check()
            manifest = reader.manifest
    except FileProblem as error:
        return (Check(id=name, status="problem", message=error.sentence, hint=error.hint),)
    logs = f", {len(reader.logs)} logs" if reader.logs else ""
    said = f"{manifest.label} ({manifest.run_id}): {manifest.events} events, an unbroken chain{logs}, and no bit that was changed."
    return (
        Check(id=name, status="ok", message=said),
        Check(
            id="head", status="ok", message=f"Its newest event has the hash {manifest.head}; it was written by Oyama {manifest.program}."
        ),
        *_not_over(manifest),
    )


def _not_over(manifest: Manifest) -> Iterator[Check]:
    if manifest.status not in ENDED_PHASES:
        message = f"The run was not over when the file was written: it was {manifest.status}."
        yield Check(id="status", status="warning", message=message, hint="What it did later is not in the file.")


@asynccontextmanager
async def _checked_file(path: Path) -> AsyncIterator[RunFileReader]:
    """An open file of a run that was found to be whole."""

    def opened() -> tuple[ExitStack, RunFileReader]:
        with ExitStack() as stack:
            reader = stack.enter_context(opened_run_file(path))
            reader.check()
            return stack.pop_all(), reader

    stack, reader = await asyncio.to_thread(opened)
    with stack:
        yield reader


def _run_file(manifest: Manifest, digest: str, size: int, path: str) -> RunFile:
    return RunFile(
        path=path,
        bytes=size,
        digest=digest,
        program=manifest.program,
        written_at=moment(manifest.written_at),
        run_id=manifest.run_id,
        label=manifest.label,
        status=manifest.status,
        events=manifest.events,
        logs=sum(member.name.startswith("logs/") for member in manifest.members),
        head=manifest.head,
        children=tuple(child.id for child in manifest.children),
    )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Tell in a sentence why a file cannot be written; nothing of it is left then.

    Args:
        path: The file.

    Raises:
        FileTaken: There is something of that name.
        FileProblem: The system refused.
    """
    try:
        yield
    except FileExistsError:
        raise FileTaken(f"{path} is there already.", "Name another file, or replace it with --force.") from None
    except FileNotFoundError:
        raise FileProblem(f"{path} cannot be written: there is no folder {path.parent}.", "Make the folder first.") from None
    except IsADirectoryError:
        raise FileProblem(f"{path} is a folder.", "Name a file.") from None
    except OSError as error:
        if error.errno in _FULL:
            raise FileProblem(f"The disk with {path} is full; nothing of it was kept.", "Make room, or write it elsewhere.") from None
        raise FileProblem(f"{path} cannot be written: {error.strerror or error}.", "Check the name, its owner and its mode.") from None
