"""The catalog: how workflows and their revisions are written."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from oyama_tui.core.definition import Workflow
from oyama_tui.core.errors import NotFound, RevisionChanged, WorkflowConflict
from oyama_tui.store import statements as sql
from oyama_tui.store.encoding import json_text

_KNOWN: Final = "SELECT source, revision, deleted_at FROM workflows WHERE id = :id"
_KEEP: Final = (
    f"{sql.inserting('workflow_revisions', ('revision', 'workflow_id', 'content', 'created_at'))} ON CONFLICT (revision) DO NOTHING"
)


def keep_workflow(
    connection: sqlite3.Connection, workflow: Workflow, source: str, directory: str, at: int, *, replace: bool = False
) -> str:
    """Insert or update a workflow's row and keep its revision.

    Args:
        connection: Inside a write transaction.
        workflow: A checked definition.
        source: Path of its file; empty when it is stored.
        directory: The folder that its steps run in.
        at: Milliseconds since 1970 UTC.
        replace: Let this source take over the id.

    Returns:
        The revision.

    Raises:
        WorkflowConflict: The id belongs to another file, which still exists.
    """
    revision = workflow.revision()
    known = connection.execute(_KNOWN, {"id": workflow.id}).fetchone()
    if known is not None and known[2] is None and not replace and ".." not in known[0].split("/") and is_same_file(known[0], source):
        # Another path of the same file, through a link: the path by which it became known stays.
        source, directory = known[0], str(Path(known[0]).parent)
    elsewhere = known is not None and known[2] is None and known[0] != source and (not known[0] or Path(known[0]).exists())
    elsewhere = elsewhere and not is_same_file(known[0], source)
    if elsewhere and not replace:
        raise WorkflowConflict(
            f"The workflow id {workflow.id!r} belongs to {known[0] or 'a stored workflow'}, not to {source or 'a stored workflow'}.",
            "Give one of them another `id:`, or use --replace to let this file take the id over.",
        )
    row = {**workflow_columns(workflow), "source": source, "directory": directory, "revision": revision, "updated_at": at}
    if known is None:
        sql.insert_row(connection, "workflows", {**row, "id": workflow.id, "status": "draft", "runs": 0, "created_at": at})
    elif known != (source, revision, None):
        connection.execute(f"UPDATE workflows SET {sql.setting(row)}, deleted_at = NULL WHERE id = :id", {**row, "id": workflow.id})
    keep_revision(connection, revision, workflow.id, workflow.canonical(), at)
    return revision


def store_workflow(connection: sqlite3.Connection, workflow: Workflow, directory: str, at: int, *, expected: str | None) -> str:
    """Keep a definition that has no file.

    Args:
        connection: Inside a write transaction.
        workflow: A checked definition.
        directory: The folder that its steps run in.
        at: Milliseconds since 1970 UTC.
        expected: The revision that it is to take the place of; empty where there must be none of this id, none for whatever there is.

    Returns:
        The revision.

    Raises:
        NotFound: There is none of this id to take the place of.
        RevisionChanged: It has another one.
        WorkflowConflict: There is one, or it comes from a file.
    """
    known = connection.execute(_KNOWN, {"id": workflow.id}).fetchone()
    there = known is not None and known[2] is None
    if expected == "":
        if there:
            raise WorkflowConflict(
                f"There is a workflow {workflow.id!r} already.", "Give the new one another id, or change the one that is there."
            )
    elif not there:
        raise NotFound(f"There is no workflow {workflow.id!r}.", "See `oyama list`.")
    elif known[0]:
        raise WorkflowConflict(f"The workflow {workflow.id!r} comes from the file {known[0]}.", "Change that file; what it says counts.")
    elif expected is not None and known[1] != expected:
        raise RevisionChanged(f"The workflow {workflow.id!r} was changed meanwhile: its revision is {known[1]}.", "Look at it again.")
    return keep_workflow(connection, workflow, "", directory, at)


def keep_unlisted(connection: sqlite3.Connection, workflow: Workflow, revision: str, at: int) -> None:
    """Make the row of a workflow that nobody starts by its id, unless there is one of this id: it stands in no list, as a forgotten one.

    Args:
        connection: Inside a write transaction.
        workflow: That of questions from outside.
        revision: The hash of its content.
        at: Milliseconds since 1970 UTC.
    """
    if connection.execute(_KNOWN, {"id": workflow.id}).fetchone() is not None:
        return
    row = {**workflow_columns(workflow), "source": "", "directory": "", "revision": revision, "updated_at": at}
    sql.insert_row(connection, "workflows", {**row, "id": workflow.id, "status": "draft", "runs": 0, "created_at": at, "deleted_at": at})


def keep_revision(connection: sqlite3.Connection, revision: str, workflow_id: str, content: str, at: int) -> None:
    """Keep one content of a workflow, unless it is kept.

    Args:
        connection: Inside a write transaction; the workflow has its row.
        revision: The hash of the content.
        workflow_id: The workflow.
        content: As it is stored, in whatever format.
        at: Milliseconds since 1970 UTC.
    """
    connection.execute(_KEEP, {"revision": revision, "workflow_id": workflow_id, "content": content, "created_at": at})


def is_same_file(one: str, other: str) -> bool:
    """Whether two paths lead to one file now."""
    try:
        return bool(one and other) and os.path.samefile(one, other)
    except (OSError, ValueError):
        return False


def workflow_columns(workflow: Workflow) -> dict[str, str]:
    """What a workflow's row says of its definition, by column."""
    stages = json.loads(workflow.canonical())["steps"]
    gates = {step["id"]: step["gate"] for step in stages if "gate" in step}
    return {
        "name": workflow.label,
        "description": workflow.description,
        "type": workflow.type,
        "stages": json_text(stages),
        "approval_config": json_text(gates),
    }


def is_known(connection: sa.Connection, workflow_id: str) -> bool:
    """Whether there is or was a workflow of this id.

    Args:
        connection: To read with.
        workflow_id: Its id.
    """
    return connection.execute(sa.text("SELECT 1 FROM workflows WHERE id = :id"), {"id": workflow_id}).first() is not None


def forget_workflow(connection: sqlite3.Connection, workflow_id: str, at: int, *, again: bool = False) -> None:
    """Take a workflow out of the lists; its runs and revisions stay.

    Args:
        connection: Inside a write transaction.
        workflow_id: Its id.
        at: Milliseconds since 1970 UTC.
        again: One that is out of the lists already is no mistake.

    Raises:
        NotFound: There is none of this id.
        WorkflowConflict: A run of it is live.
    """
    one = {"id": workflow_id}
    there = connection.execute("SELECT 1 FROM workflows WHERE id = :id AND deleted_at IS NULL", one).fetchone() is not None
    if not there and not again:
        raise NotFound(f"There is no workflow {workflow_id!r}.", "See `oyama list`.")
    # Live runs are few and found by their status; the plus keeps SQLite from walking all runs of the workflow instead.
    live = connection.execute(
        "SELECT id FROM workflow_states WHERE +workflow_id = :id AND status IN ('pending', 'running', 'paused') AND imported = 0 LIMIT 1",
        one,
    ).fetchone()
    if live is not None:
        raise WorkflowConflict(f"The workflow {workflow_id!r} has a live run, {live[0]}.", "Wait for its end, or cancel it.")
    if there:
        connection.execute("UPDATE workflows SET deleted_at = :at WHERE id = :id", {**one, "at": at})
