"""Workflows: definitions that can be started."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Annotated, Any, Final

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from oyama_tui.core.definition.base import (
    MAX_STEPS,
    WORKFLOW_ID,
    AtOnce,
    DefinitionModel,
    Duration,
    EnvAndSecrets,
    Flag,
    InputField,
    Text,
    Values,
    VariableName,
    WorkflowType,
    parse_duration,
)
from oyama_tui.core.definition.concurrency import Concurrency
from oyama_tui.core.definition.keep import Keep
from oyama_tui.core.definition.step import Defaults, Step, all_steps
from oyama_tui.core.notifiers import NOTIFIER

FORMAT: Final = 1
"""Of what a stored revision means; raised whenever a default or the meaning of a key changes. Content that says none is of format 1."""
HANDLERS: Final = ("success", "failure", "cancel", "exit")
RESERVED_IDS = frozenset({"state", "approvals", "rollback", "execute", "executions", "stats"})
"""Words of the REST API that are never workflow ids."""


class RunTimeout(DefinitionModel):
    """How long a run may take."""

    working: Duration | None = None
    """Working time: the time in which only people are waited for does not count, nor does a pause."""
    total: Duration | None = None
    """All the time since its start, that of people and pauses included."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        """Let `timeout: 2h` stand for `timeout: {working: 2h}`."""
        if isinstance(value, str):
            parse_duration(value)
            return {"working": value}
        return value

    @model_serializer(mode="wrap")
    def _short(self, handler: SerializerFunctionWrapHandler) -> Any:
        """Write a working time alone as it always was: what is stored keeps its revision."""
        made: dict[str, Any] = handler(self)
        return made["working"] if self.total is None and self.working is not None else made


NotifierName = Annotated[str, Field(pattern=NOTIFIER)]
HandlerSteps = Annotated[tuple[Step, ...], Field(max_length=MAX_STEPS)]


class Handlers(DefinitionModel):
    """Steps that run once, one after another, when everything else is over; whatever becomes of them, the run ends as it would without."""

    success: HandlerSteps = ()
    """When the run completes."""
    failure: HandlerSteps = ()
    """When it fails; a rejection is no failure."""
    cancel: HandlerSteps = ()
    """When it was cancelled."""
    exit: HandlerSteps = ()
    """At every end, after the one that is there for it."""

    @property
    def given(self) -> dict[str, tuple[Step, ...]]:
        """Those that there are, by name, in this order."""
        found = {"success": self.success, "failure": self.failure, "cancel": self.cancel, "exit": self.exit}
        return {name: steps for name, steps in found.items() if steps}


class Workflow(EnvAndSecrets):
    """A definition: what runs, in which order, and where a person is asked."""

    id: Annotated[str, Field(pattern=WORKFLOW_ID)]
    """The workflow's id; the file's name when the file does not say."""
    name: str = Field(default="", max_length=200)
    """For people; the id when empty."""
    description: str = Field(default="", max_length=10_000)
    """What it is for."""
    type: WorkflowType = "sequential"
    """How steps follow each other."""
    inputs: dict[VariableName, InputField] = {}
    """Values given at the start of a run."""
    context: Values = {}
    """Initial variables."""
    timeout: RunTimeout | None = None
    """How long a run may take: working time, in which that of people never counts, or `working` and `total`."""
    fail_fast: Flag = False
    """The first failure cancels what still runs."""
    concurrency: Concurrency | None = None
    """How many runs of it go on at once; any number when left out."""
    max_parallel: AtOnce | None = None
    """The most steps that are under way at once, where they run beside each other."""
    keep: Keep | None = None
    """Which of its runs a cleanup keeps; as the settings say when left out."""
    notify: Annotated[tuple[NotifierName, ...], Field(max_length=20)] | None = None
    """The notifiers of the settings that are told when a gate opens, with `[]` none; when left out `default`, where there is one."""
    defaults: Defaults = Field(default_factory=Defaults.model_construct)
    """Settings for all steps that do not say otherwise."""
    handlers: Handlers = Field(default_factory=Handlers.model_construct)
    """What runs once everything else is over."""
    outputs: dict[VariableName, Text] = {}
    """Named values of a completed run."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MAX_STEPS)]
    """The steps, in order."""

    @property
    def label(self) -> str:
        """The workflow's name for people."""
        return self.name or self.id

    @property
    def every_step(self) -> Iterator[Step]:
        """All steps, those in blocks and in handlers too, in the order of the file."""
        yield from all_steps(self.steps)
        for steps in self.handlers.given.values():
            yield from all_steps(steps)

    @property
    def all_secrets(self) -> frozenset[str]:
        """The names of all secrets that a run of it may use."""
        steps = list(self.every_step)
        undoing = (step.compensate.secrets for step in steps if step.compensate is not None)
        return frozenset(self.secrets).union(*(step.secrets for step in steps), *undoing)

    def canonical(self) -> str:
        """Write the definition as JSON in which equal definitions are equal text; what it leaves out has the defaults of its format."""
        text = self.model_dump_json(exclude_defaults=True, by_alias=True)
        return text if FORMAT == 1 else f'{{"format":{FORMAT},{text[1:]}'

    def revision(self) -> str:
        """Hash of the content: the name of this revision, 16 hexadecimal digits."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()[:16]
