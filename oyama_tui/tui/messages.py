"""What screens and dialogs ask of the app: they carry ids and values, never widgets."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import JsonValue
from textual.message import Message


@dataclass
class RunOpened(Message):
    """Somebody wants to look at a run."""

    run_id: str
    below: bool = False
    """It is part of the run that they look at, to which they will want to come back."""
    past: bool = False
    """As it was: the history of the run that they look at."""
    node: str = ""
    """The node that they want to look at first; what goes on in it when empty."""


@dataclass
class WorkflowOpened(Message):
    """Somebody wants to look into a workflow."""

    workflow_id: str


@dataclass
class RunsCompared(Message):
    """Somebody wants to see what two runs of a workflow do not have in common."""

    one: str
    other: str


@dataclass
class ForkFrom(Message):
    """Somebody wants a new run that reuses what this one had done up to a moment."""

    run_id: str
    seq: int
    """The number of the event after which that is; 0 for the newest one."""


@dataclass
class UndoTo(Message):
    """Somebody wants to take back what a run has done since a moment."""

    run_id: str
    seq: int
    """The number of the event after which that is; 0 for its beginning."""


@dataclass
class ApprovalOpened(Message):
    """Somebody wants to look at an approval."""

    approval_id: str
    come_from: str = ""
    """The run that they looked at, and will want to look at again once they have answered."""


@dataclass
class StartWanted(Message):
    """Somebody wants to start a workflow; the form comes first."""

    workflow_id: str
    inputs: dict[str, JsonValue] = field(default_factory=dict)
    """Values to fill in."""


class DemoWanted(Message):
    """Somebody wants to see the demo."""


class NewWanted(Message):
    """Somebody wants to make a workflow."""


class FileWanted(Message):
    """Somebody wants to open a workflow's file."""
