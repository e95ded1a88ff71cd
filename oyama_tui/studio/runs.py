"""Use cases of runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from pydantic import JsonValue

from oyama_tui.core.events import PauseMode
from oyama_tui.core.views import AttemptView, ContextView, EventView, LogChunk, RunRow, RunView


class Runs:
    """What can be done with runs; `ref` is a state id, a unique prefix or suffix of one, `release#12` or `release@latest`."""

    async def start(self, ref: str, inputs: Mapping[str, JsonValue], *, replace: bool = False, detach: bool = False) -> RunRow:
        """Start a run of a workflow id or of a file.

        Args:
            ref: A workflow's id, or the path of a file (it has a separator or ends in .yaml or .yml).
            inputs: Values by name; text is read as the declared type.
            replace: Let another file take over the workflow's id.
            detach: Leave the run to another engine, instead of driving it here.

        Raises:
            NotFound, InvalidDefinition, InvalidInput, WorkflowConflict, MissingSecret.
        """
        raise NotImplementedError

    async def list(self, *, workflow: str = "", live: bool = False, limit: int = 200) -> tuple[RunRow, ...]:
        """Newest runs first; with `live` only those that are not over, those that need a person first."""
        raise NotImplementedError

    async def resolve(self, ref: str) -> str:
        """The state id that a person's words mean.

        Raises:
            NotFound: None or several fit; the hint names them.
        """
        raise NotImplementedError

    async def get(self, ref: str) -> RunView:
        """One run with its tree."""
        raise NotImplementedError

    async def attempt(self, ref: str, node: str, attempt: int | None = None) -> AttemptView | None:
        """One attempt of a node, the newest unless said; None when the node has not started."""
        raise NotImplementedError

    async def events(self, ref: str, *, after: int = 0, limit: int = 1000) -> tuple[EventView, ...]:
        """Events with numbers above `after`, in order."""
        raise NotImplementedError

    async def context(self, ref: str) -> tuple[ContextView, ...]:
        """The run's variables, by name."""
        raise NotImplementedError

    async def log(self, ref: str, node: str, *, attempt: int | None = None, offset: int | None = None, limit: int = 256 * 1024) -> LogChunk:
        """A piece of a node's output; the last `limit` bytes when no offset is given."""
        raise NotImplementedError

    def follow(self, ref: str, *, after: int = 0) -> AsyncIterator[EventView]:
        """Every event above `after` once, each after its commit, until the run is over."""
        raise NotImplementedError

    async def pause(self, ref: str, *, mode: PauseMode = "drain", reason: str = "") -> RunRow:
        """Start no new step of it.

        Raises:
            IllegalTransition: It is paused or over.
        """
        raise NotImplementedError

    async def resume(self, ref: str) -> RunRow:
        """Let it go on when it is paused, and drive it here when no living engine does."""
        raise NotImplementedError

    async def cancel(self, ref: str, *, reason: str = "") -> RunRow:
        """End it now.

        Raises:
            IllegalTransition: It is over.
        """
        raise NotImplementedError
