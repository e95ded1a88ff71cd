"""One workflow, as lists show it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views.words import Phase, word_of


class WorkflowRow(Frozen):
    """One workflow in a list."""

    id: str
    """Its id."""
    name: str
    """For people; the id when the definition has none."""
    description: str
    """From the definition."""
    type: str
    """`sequential`, `parallel`, `conditional` or `graph`."""
    status: Phase | Literal["draft"]
    """That of the newest run, in the word that people see; `draft` when there is none."""
    state: Literal["draft", "executing", "paused", "completed", "failed"]
    """The table's word."""
    source: str
    """Path of its file; empty when it is stored."""
    changed: bool
    """The file's content is not the revision kept here."""
    missing: bool
    """The file is gone."""
    steps: int
    """How many steps it has."""
    revision: str
    """The content kept here."""
    newest_run: str
    """Id of the newest run; empty when there is none."""
    newest_number: int
    """Its number; 0 when there is none."""
    newest_completed: int
    """How many of its steps are over."""
    newest_total: int
    """How many steps it has."""
    newest_reason: str
    """Why it waits or how it ended: one line, but for a person's comment, which may have several."""
    newest_at: datetime | None
    """When it ended, or began while it goes on."""
    runs: int
    """How many runs it has had."""
    updated_at: datetime
    """When it was kept last."""
    newest_needs_you: bool = False
    """A gate of the newest run is open."""
    newest_asks_others: str = ""
    """Whom its open gates wait for, where whoever looks may answer none of them; empty where they may."""

    @property
    def word(self) -> str:
        """The status as people read it."""
        return word_of(self.status, self.newest_needs_you, self.newest_asks_others)


class WorkflowStats(Frozen):
    """How a workflow has done lately."""

    workflow_id: str
    """The workflow."""
    runs: int
    """The runs that count: the newest ones, that have not come from a file."""
    truncated: bool
    """There are older ones that would count too, but for their number."""
    completed: int
    """Those that completed."""
    failed: int
    """Those that failed."""
    rejected: int
    """Those that a person turned down."""
    cancelled: int
    """Those that were cancelled."""
    success_rate: float | None
    """Completed among completed and failed; rejected and cancelled ones do not count."""
    p50_ms: int | None
    """Working time that half of the completed ones took no longer than: people's time is not in it."""
    p95_ms: int | None
    """Of a hundred, 95 took no longer."""
    recent_ms: tuple[int, ...]
    """Working times of the newest completed ones, oldest first, at most 30."""


class PlannedStep(Frozen):
    """One step of a dry run."""

    step_id: str
    """The step."""
    name: str
    """Its name for people."""
    kind: str
    """What kind of step it is."""
    needs: tuple[str, ...]
    """The steps that must be settled first."""
    order: tuple[str, ...]
    """What would happen in turn: `if`, `preview`, `gate`, `task`, `re-check`, `action`."""
    action: str
    """As one would type it; expressions that are not known yet stand as they are."""
    note: str
    """What is not known yet."""
    depth: int = 0
    """How many blocks it stands in."""
    block: tuple[str, ...] = ()
    """The ids of these blocks, the outermost one first."""
    branch: str = ""
    """In a branch of a switch: when it is taken, such as `if inputs.env == "prod"`."""
    is_block: bool = False
    """It consists of steps."""
    back: tuple[str, ...] = ()
    """What sends the run back to an earlier step, each in a few words."""


class SourceView(Frozen):
    """What a workflow's definition says, as its author wrote it."""

    text: str
    """The content of its file; of a stored one, or where the file cannot be read, the content kept here as YAML."""
    path: str
    """Its file; empty when it is stored."""
    kept: bool
    """It is the content kept here, not the file's."""
    problem: str = ""
    """Why it cannot be run as it stands there; empty when it can."""


class RevisionView(Frozen):
    """One content that a workflow has had."""

    revision: str
    """Its hash, 16 hexadecimal digits."""
    created_at: datetime
    """When it was kept first."""
    current: bool
    """It is the one that is kept now."""
    changed: tuple[str, ...]
    """The lines that are different in the one kept before it, each behind `-`, `+` or a blank; empty for the first one."""
