"""The errors that people may see: each has a title, a sentence and a hint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar


class OyamaError(Exception):
    """A failure that is explained to people: what, where and what to do.

    Args:
        sentence: What went wrong and where, one plain sentence.
        hint: What to do about it; empty when there is nothing to add.
    """

    title: ClassVar[str] = "Error"
    """A few words that name the kind of trouble."""

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a definition or in inputs, with its place."""

    message: str
    where: str = ""
    """The path of keys, such as `steps[2].gate.title`; empty for the whole."""
    file: str = ""
    line: int = 0
    """First line is 1; 0 where no place exists."""
    column: int = 0
    """First column is 1; 0 where no place exists."""
    hint: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        at = f" (at {self.where})" if self.where and not self.line else ""
        hint = f"\n    hint: {self.hint}" if self.hint else ""
        return f"{place}: {self.message}{at}{hint}" if place else f"{self.message}{at}{hint}"


class InvalidDefinition(OyamaError):
    """A definition that cannot be run; carries every problem found.

    Args:
        problems: At least one problem, in the order of the file.
    """

    title = "Invalid definition"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def first_problem(error: InvalidDefinition) -> str:
    """What is wrong with a definition in one line: the first problem with its place, and how many more there are.

    Args:
        error: With all problems.
    """
    more = len(error.problems) - 1
    return f"{replace(error.problems[0], hint='')}{f', and {more} more' if more else ''}"


class InvalidInput(OyamaError):
    """Inputs of a run or options of a command that cannot be used."""

    title = "Invalid input"

    def __init__(self, sentence: str, hint: str = "", problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(sentence, hint)


class NotFound(OyamaError):
    """Something that was named does not exist, or the name fits several."""

    title = "Not found"


class WorkflowConflict(OyamaError):
    """A workflow of this id comes from another place, or is in use."""

    title = "Conflict"


class RevisionChanged(WorkflowConflict):
    """A workflow is no longer the one that was looked at."""

    title = "Changed meanwhile"


class Refused(OyamaError):
    """An answer to a command that changes nothing."""

    title = "Refused"


class IllegalTransition(Refused):
    """The command does not fit the state of the run."""

    title = "Not possible now"


class AlreadyDecided(Refused):
    """Somebody has answered this approval before.

    Args:
        sentence: Says what was decided, by whom and when.
        verdict: `approved`, `rejected`, `expired` or `cancelled`.
        by: Who decided; empty when nobody did.
        at: When, in milliseconds since 1970 UTC.
    """

    title = "Already decided"

    def __init__(self, sentence: str, *, verdict: str, by: str, at: int) -> None:
        super().__init__(sentence, "Nothing was changed.")
        self.verdict = verdict
        self.by = by
        self.at = at


class StaleDigest(Refused):
    """What was shown is not what is asked now."""

    title = "Changed since you looked"


class CommandMissing(InvalidInput):
    """The program that is to run is not there, or cannot be started."""

    title = "Command not found"


class InvalidForm(Refused):
    """The values of a gate's form, or its comment, do not fit.

    Args:
        problems: One for each field that does not fit.
    """

    title = "Invalid answer"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.where}: {p.message}" if p.where else p.message for p in self.problems))


class NotAllowed(Refused):
    """This principal may not do this."""

    title = "Not allowed"


class Conflict(OyamaError):
    """Another process changed the run first; nothing was written."""

    title = "Conflict"


class Fenced(Conflict):
    """This engine no longer owns the run: another one has taken it over."""

    title = "Taken over"


class NoPlace(OyamaError):
    """No place is free under the limit of the workflow, or others are before this run; nothing was written."""

    title = "No place"


class CorruptJournal(OyamaError):
    """A journal that the tables of states do not allow, or whose hashes do not fit."""

    title = "Corrupt journal"


class MissingSecret(OyamaError):
    """A secret that the workflow names is not available to this process."""

    title = "Missing secret"


class MissingPart(OyamaError):
    """Something that the workflow needs is not installed for this process."""

    title = "Missing part"


class FileProblem(OyamaError):
    """A file that a person has named cannot be written, or is no whole file of a run; nothing was changed."""

    title = "File problem"


class NewerFile(FileProblem):
    """A file of a run that a newer version has written."""

    title = "Newer file"


class FileTaken(Refused):
    """A file that was to be written is there already."""

    title = "Exists already"


class NoRoom(OyamaError):
    """The machine has no room now: no free descriptor, process or memory."""

    title = "No room"


class DatabaseProblem(OyamaError):
    """The database cannot be used; the sentence says why."""

    title = "Database problem"


class DatabaseBusy(DatabaseProblem):
    """Another process kept the database locked for too long."""

    title = "Database busy"


class DatabaseLost(DatabaseProblem):
    """What was confirmed may be gone from the database: whoever has it open must write nothing more."""

    title = "Database lost"


class NewerSchema(DatabaseProblem):
    """The database was written by a newer version."""

    title = "Newer database"
