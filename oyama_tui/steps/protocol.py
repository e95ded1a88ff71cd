"""What an executor is given and gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pydantic import JsonValue

if TYPE_CHECKING:
    from oyama_tui.core.commands import Outcome


@dataclass(frozen=True, slots=True)
class StepOrder:
    """One attempt to carry out, made from a durable `StepScheduled`."""

    run_id: str
    workflow_id: str
    node: str
    step_id: str
    kind: str
    """The kind of the step, or `gate` for gathering a gate's evidence."""
    attempt: int
    input: Mapping[str, JsonValue]
    """Rendered values; by kind:

    run: `script` (str) and `shell` (list), or `argv` (list); python: `call` (`module:function`), `with` (map), optional `interpreter`;
    set: `set` (map); gate: optional `preview` (a map like that of run) and `files` (list of paths); use: `use` (a name), `with` (map);
    http: `method`, `url`, `expect`, `silence` (milliseconds), `follow_redirects`, `verify`, `max_bytes`, optional `headers` (map of texts),
    `query` (map), `body` or `json`, `json_secrets` (places in `json` where texts with secrets stand), `idempotency_key`, `parse`, `ca`.
    run, python, use, gate: optional `env` (map); run, python, gate: optional `cwd` (str, relative to the directory); run: optional `stdin`,
    `parse: json`; all but set: optional `idle` (milliseconds).
    A text with secrets in it is `{"$secret": [str or {"name": NAME}, ...]}`, to be joined.
    """
    directory: Path
    """The definition file's folder: the working directory."""
    timeout: int | None
    """The most that the attempt may take, in milliseconds."""
    secrets: tuple[str, ...]
    """Names of all secrets of the run, whichever step declares them: one step may write what another one has left. Their values are masked
    in all output, and taken out of the environment."""

    @property
    def idempotency_key(self) -> str:
        """The same for all attempts of a node."""
        return f"{self.run_id}/{self.node}"


class StepContext(Protocol):
    """What an executor may use of the engine."""

    def log_path(self) -> Path:
        """Where the attempt's live output goes; its folder exists."""

    def secret(self, name: str) -> str:
        """The value of a secret; raises `MissingSecret`."""

    def now(self) -> int:
        """Milliseconds since 1970 UTC."""

    def started(self, pid: int) -> None:
        """A process group was started (`pid` leads it): it is to be ended when the engine dies."""

    def finished(self, pid: int) -> None:
        """That process group is gone."""


class Executor(Protocol):
    """Carries out the attempts of one kind of step."""

    async def execute(self, order: StepOrder, context: StepContext) -> Outcome:
        """Carry out one attempt.

        Never raises for a failure of the step: that is an `Outcome` of status `failed`. When the task is cancelled it ends every
        process that it started, within the grace period and a bounded wait, and lets `CancelledError` go on.
        """


class InlineExecutor:
    """Carries out the attempts of a kind that is carried out at once: they wait for nothing, so they need no task of their own."""

    def execute_now(self, order: StepOrder, context: StepContext) -> Outcome:
        """Carry out one attempt; never raises for a failure of the step."""
        raise NotImplementedError

    async def execute(self, order: StepOrder, context: StepContext) -> Outcome:
        """Carry out one attempt where it has a task, because what was ended before it is waited for."""
        return self.execute_now(order, context)


Executors = Mapping[str, Executor]
