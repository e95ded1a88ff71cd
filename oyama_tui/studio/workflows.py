"""Use cases of workflows."""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import shlex
import shutil
import stat
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from pydantic import JsonValue

from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.loading import load_with_warnings, load_workflow
from oyama_tui.core.definition.reading import decoded
from oyama_tui.core.errors import InvalidDefinition, InvalidInput, NotFound, OyamaError, Problem, WorkflowConflict
from oyama_tui.core.inputs import bad_inputs
from oyama_tui.core.rows import Rows
from oyama_tui.core.views import PlannedStep, WorkflowRow
from oyama_tui.files import read_named
from oyama_tui.resources import templates_path
from oyama_tui.store import catalog
from oyama_tui.store.queries.workflows import find_workflow, list_workflows
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.input_files import with_files
from oyama_tui.studio.paths import directory_of, normal_path

MAX_FILE_BYTES = 1_000_000
STANDARD_INPUT = "-"
"""Names the workflow that was given in place of a file."""
MAX_CHECKED = 32
"""Checked definitions that are kept, by content, because checking costs more than a run's first steps."""


def is_path(ref: str) -> bool:
    """Whether a person's words name a file, not a workflow's id."""
    return "/" in ref or ref.endswith((".yaml", ".yml"))


def read_text(path: Path) -> str:
    """Read a definition file, or what somebody writes into a pipe; a pipe that nobody has open is empty.

    Raises:
        NotFound: There is no such file, or it cannot be read.
        InvalidDefinition: It is too large, or no UTF-8.
    """
    try:
        raw = read_named(path, MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NotFound(f"The file {path} cannot be read: {reason}.", "Check the path.") from None
    if len(raw) > MAX_FILE_BYTES:
        raise InvalidDefinition([Problem("the file is larger than 1 MB", file=str(path), hint="split the workflow")])
    return decoded(raw, str(path))


def examined(text: str, file: str) -> tuple[Workflow, tuple[Problem, ...]]:
    """Read a definition with an eye on what is installed and on the files that it names here.

    Args:
        text: YAML.
        file: What messages call it; the id defaults to its stem.

    Returns:
        The workflow, and what is doubtful in it.

    Raises:
        InvalidDefinition: With all its problems.
    """
    # A list of workflows looks at no file but theirs.
    from oyama_tui.studio.child_files import ChildFiles

    return load_with_warnings(text, file, ChildFiles(normal_path(file), read_text).look)


class Workflows:
    """What can be done with workflows."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context
        self._checked: dict[tuple[str, bytes], Workflow] = {}
        # Definitions are checked in several threads at once.
        self._checking = Lock()
        self._file_revisions: dict[tuple[str, int, int], str] = {}
        self._given: Workflow | None = None

    async def list(self) -> Rows[WorkflowRow]:
        """All workflows, those with the newest activity first."""
        rows = await self._context.store.database.read(list_workflows)
        if not any(row.source for row in rows):
            return rows
        return await asyncio.to_thread(lambda: Rows((self._compared(row) for row in rows), rows.damaged))

    async def get(self, workflow_id: str) -> WorkflowRow:
        """One workflow.

        Raises:
            NotFound: There is none of this id; the hint names similar ones.
        """
        return await asyncio.to_thread(self._compared, await self._row(workflow_id))

    async def _row(self, workflow_id: str) -> WorkflowRow:
        """A workflow's row, not compared with its file."""
        row = await self._context.store.database.read(lambda connection: find_workflow(connection, workflow_id))
        if row is None:
            known = [found.id for found in await self.list()]
            similar = difflib.get_close_matches(workflow_id, known, n=3)
            hint = f"Did you mean {', '.join(similar)}?" if similar else "See `oyama list`; a file is named by its path."
            raise NotFound(f"There is no workflow {workflow_id!r}.", hint)
        return row

    def _compared(self, row: WorkflowRow) -> WorkflowRow:
        """Compare a row with its file."""
        if not row.source:
            return row
        path = Path(row.source)
        try:
            found = path.stat()
        except OSError:
            return row.model_copy(update={"missing": True})
        key = (row.source, found.st_mtime_ns, found.st_size)
        if key not in self._file_revisions:
            try:
                # Nobody has asked for this look: what would keep it waiting is not read.
                if not stat.S_ISREG(found.st_mode):
                    raise NotFound(f"{path} is no plain file.")
                self._file_revisions[key] = load_workflow(read_text(path), str(path)).revision()
            except OyamaError:
                self._file_revisions[key] = "invalid"
        return row.model_copy(update={"changed": self._file_revisions[key] != row.revision})

    async def definition(self, ref: str) -> Workflow:
        """The current definition of a workflow id (its file is read again), or of a path to a file.

        Raises:
            NotFound: Neither a known workflow nor a file.
            InvalidDefinition: It cannot be run.
        """
        return (await self.source_of(ref))[0]

    async def kept(self, revision: str) -> Workflow:
        """The definition of a kept revision.

        Raises:
            CorruptJournal: It is not in the database, or was changed there.
        """
        return (await self._context.store.graph(revision)).workflow

    async def revision_type(self, revision: str) -> str:
        """How the steps of a kept revision follow each other.

        Raises:
            CorruptJournal: It is not in the database, or was changed there.
        """
        return (await self._context.store.graph(revision)).workflow.type

    def give(self, raw: bytes) -> None:
        """Take a definition in place of a file; `-` names it from now on, and a run of it makes it a stored workflow.

        Args:
            raw: UTF-8.

        Raises:
            InvalidDefinition: It cannot be run.
        """
        self._given = self.check(decoded(raw, "<stdin>"), "<stdin>")

    async def source_of(self, ref: str) -> tuple[Workflow, str, str]:
        """The current definition, the path of its file (empty for a stored one), and the revision that is kept (empty for a path)."""
        if ref == STANDARD_INPUT:
            if self._given is None:
                raise NotFound("No workflow was given on standard input.", "Name a file or a workflow's id.")
            return self._given, "", ""
        if is_path(ref):
            path = normal_path(ref)
            return await asyncio.to_thread(lambda: self.check(read_text(path), str(path))), str(path), ""
        row = await self._row(ref)
        if row.source:
            path = normal_path(row.source)
            workflow = await asyncio.to_thread(lambda: self.check(read_text(path), str(path)))
            if workflow.id != row.id:
                raise WorkflowConflict(
                    f"The file {path} of the workflow {row.id!r} says id: {workflow.id} now, which is another workflow.",
                    f"Run the file by its path, `oyama run {shlex.quote(str(path))}`, or give it its old id again.",
                )
            return workflow, str(path), row.revision
        return (await self._context.store.graph(row.revision)).workflow, "", row.revision

    def check(self, text: str, file: str) -> Workflow:
        """Check a definition without keeping it.

        Args:
            text: YAML.
            file: What messages call it; the id defaults to its stem.

        Raises:
            InvalidDefinition: With all its problems.
        """
        key = (file, hashlib.sha256(text.encode("utf-8", "replace")).digest())
        with self._checking:
            known = self._checked.pop(key, None)
        known = known or examined(text, file)[0]
        with self._checking:
            self._checked[key] = known
            if len(self._checked) > MAX_CHECKED:
                del self._checked[next(iter(self._checked))]
        return known

    async def keep(self, workflow: Workflow, source: str, *, replace: bool) -> str:
        """Keep a definition and its revision; returns the revision."""
        directory = directory_of(source)
        job: Any = partial(
            catalog.keep_workflow, workflow=workflow, source=source, directory=directory, at=self._context.clock(), replace=replace
        )
        revision: str = await self._context.store.writer.run(job)
        return revision

    async def store(self, text: str, *, file: str = "<text>", expected: str | None = "", wanted: str = "") -> WorkflowRow:
        """Keep a definition that has no file.

        Args:
            text: YAML, or JSON, which YAML has in it.
            file: What messages call it.
            expected: The revision that it is to take the place of; empty where there must be none of its id, none for whatever there is.
            wanted: The id that it has, or gets where it says none; its own when empty.

        Raises:
            InvalidDefinition: It cannot be run.
            InvalidInput: It has another id.
            NotFound: There is none of this id to take the place of.
            RevisionChanged: It has another one.
            WorkflowConflict: There is one, or it comes from a file.
        """
        workflow = await asyncio.to_thread(lambda: self.check(text, wanted or file))
        if wanted and workflow.id != wanted:
            raise InvalidInput(
                f"The definition says id: {workflow.id}, and not {wanted}.", "A workflow's id stays; create another workflow."
            )
        job: Any = partial(
            catalog.store_workflow, workflow=workflow, directory=directory_of(""), at=self._context.clock(), expected=expected
        )
        await self._context.store.writer.run(job)
        return await self.get(workflow.id)

    async def add(self, path: Path, *, replace: bool = False) -> WorkflowRow:
        """Keep a file as a workflow.

        Raises:
            NotFound: No such file.
            InvalidDefinition: It cannot be run.
            WorkflowConflict: Another existing file has this id and `replace` is not set.
        """
        path = normal_path(path)
        workflow = await asyncio.to_thread(lambda: self.check(read_text(path), str(path)))
        await self.keep(workflow, str(path), replace=replace)
        return await self.get(workflow.id)

    def templates(self) -> tuple[str, ...]:
        """The names of the templates that come with Oyama."""
        return tuple(sorted(folder.name for folder in templates_path().iterdir() if (folder / f"{folder.name}.yaml").is_file()))

    async def create(self, path: Path, template: str) -> WorkflowRow:
        """Write a new file from a template and keep it.

        Args:
            path: The file to write; its folder is made, and the template's other files go beside it.
            template: One of `templates()`.

        Raises:
            WorkflowConflict: The file exists, or one that goes beside it.
            NotFound: No such template.
        """
        if template not in self.templates():
            raise NotFound(f"There is no template {template!r}.", f"There are: {', '.join(self.templates())}.")
        path = normal_path(path)
        await asyncio.to_thread(_copy_template, templates_path() / template, path)
        return await self.add(path)

    async def delete(self, workflow_id: str) -> None:
        """Forget a workflow; its history and its file stay.

        Raises:
            NotFound: There is none of this id.
            WorkflowConflict: A run of it is live.
        """
        job = partial(catalog.forget_workflow, workflow_id=workflow_id, at=self._context.clock())
        await self._context.store.writer.run(job)

    async def read_inputs(
        self, workflow: Workflow, directory: str, given: Mapping[str, JsonValue], folder: str = ""
    ) -> dict[str, JsonValue]:
        """Inputs of a run as it gets them: files by their absolute paths.

        Args:
            workflow: Declares them.
            directory: Where its steps run, and its default files are.
            given: As they were supplied, relative to the working directory of this process.
            folder: They are relative to it instead, when it is not empty.

        Raises:
            InvalidInput: A file cannot be read, or another input of a workflow that takes files does not fit.
        """
        values, problems = await with_files(workflow.inputs, given, directory, folder=folder)
        if problems:
            raise bad_inputs(workflow.id, problems)
        return values

    async def dry_run(self, ref: str, inputs: Mapping[str, JsonValue]) -> tuple[PlannedStep, ...]:
        """What a run with these inputs would do, in order; nothing is started or kept.

        Raises:
            InvalidInput: The inputs do not fit, or a file among them cannot be read.
        """
        # Whoever lists workflows or checks one plays no run.
        from oyama_tui.core.commands import StartRun
        from oyama_tui.core.decide import decide
        from oyama_tui.core.definition.graph import compile_graph
        from oyama_tui.core.dry_run import planned_steps
        from oyama_tui.core.evolve import evolve
        from oyama_tui.core.state import new_state

        workflow, source, _ = await self.source_of(ref)
        given = await self.read_inputs(workflow, directory_of(source), inputs)
        graph = compile_graph(workflow)
        state = new_state(f"{workflow.id}-0", graph)
        started = StartRun(at=self._context.clock(), by=self._context.principal, inputs=given, revision=graph.revision)
        for event in decide(state, started):
            evolve(state, event)
        return planned_steps(state)


def _copy_template(source: Path, path: Path) -> None:
    """Copy a template's folder: its workflow to `path`, its other files beside that."""
    pairs = [(source / f"{source.name}.yaml", path)]
    pairs += [
        (file, path.parent / file.relative_to(source)) for file in sorted(source.rglob("*")) if file.is_file() and file != pairs[0][0]
    ]
    pairs = [(file, target) for file, target in pairs if "__pycache__" not in file.parts]
    taken = [target for _, target in pairs if target.exists()]
    if taken:
        raise WorkflowConflict(f"{taken[0]} exists already.", "Choose another name or folder; nothing was written.")
    try:
        for file, target in pairs:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
            shutil.copymode(file, target)
    except OSError as error:
        raise NotFound(f"{path.parent} cannot be written: {error.strerror}.", "Choose another folder.") from None
