"""Exit codes, and which error leads to which one."""

from __future__ import annotations

from enum import IntEnum

from oyama_tui.core import errors


class Exit(IntEnum):
    """What the program tells its caller; `docs/reference/exit-codes.md` lists the same."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INVALID_DEFINITION = 3
    NOT_FOUND = 4
    WAITING = 5
    REJECTED = 6
    CONFLICT = 7
    BUG = 70
    DATABASE = 74
    BUSY = 75
    NOT_ALLOWED = 77
    SETTINGS = 78
    COMMAND_MISSING = 127
    INTERRUPTED = 130


MEANINGS: dict[Exit, str] = {
    Exit.OK: "ok",
    Exit.FAILED: "the run failed, was undone or cancelled; a check found a problem",
    Exit.USAGE: "wrong usage, or inputs that do not fit",
    Exit.INVALID_DEFINITION: "invalid definition",
    Exit.NOT_FOUND: "not found",
    Exit.WAITING: "not over yet: waiting for a person (--no-wait, show --exit-code)",
    Exit.REJECTED: "a person said no; ask: nobody answered in time, or it was withdrawn",
    Exit.CONFLICT: "conflict: decided, changed or in use already, or not possible now",
    Exit.BUG: "a mistake in Oyama; the log file has the details",
    Exit.DATABASE: "the database, a file of a run or the output cannot be used",
    Exit.BUSY: "database or machine busy; try again",
    Exit.NOT_ALLOWED: "not for this process: it acts for an agent or a step, or the account may not",
    Exit.SETTINGS: "settings that cannot be used, or a missing secret, library or step kind",
    Exit.COMMAND_MISSING: "ask: the command is not there, or cannot be started; nothing was asked",
    Exit.INTERRUPTED: "interrupted; a run can be resumed",
}

BY_ERROR: tuple[tuple[type[errors.OyamaError], Exit], ...] = (
    (errors.InvalidDefinition, Exit.INVALID_DEFINITION),
    (errors.CommandMissing, Exit.COMMAND_MISSING),
    (errors.InvalidInput, Exit.USAGE),
    (errors.InvalidForm, Exit.USAGE),
    (errors.NotFound, Exit.NOT_FOUND),
    (errors.NotAllowed, Exit.NOT_ALLOWED),
    (errors.Refused, Exit.CONFLICT),
    (errors.WorkflowConflict, Exit.CONFLICT),
    (errors.Conflict, Exit.CONFLICT),
    (errors.MissingSecret, Exit.SETTINGS),
    (errors.MissingPart, Exit.SETTINGS),
    (errors.NoRoom, Exit.BUSY),
    (errors.DatabaseBusy, Exit.BUSY),
    (errors.DatabaseProblem, Exit.DATABASE),
    (errors.CorruptJournal, Exit.DATABASE),
    (errors.FileProblem, Exit.DATABASE),
)
"""The first line that fits counts."""

BY_STATUS: dict[str, Exit] = {
    "completed": Exit.OK,
    "rejected": Exit.REJECTED,
    **dict.fromkeys(("failed", "cancelled", "undone"), Exit.FAILED),
}


def code_of(error: errors.OyamaError) -> Exit:
    """The exit code of an error."""
    return next((code for kind, code in BY_ERROR if isinstance(error, kind)), Exit.FAILED)


def code_of_status(status: str) -> Exit:
    """The exit code for a run: by its end, or that it still goes on."""
    return BY_STATUS.get(status, Exit.WAITING)
