"""Workflows."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field, JsonValue

from oyama_tui.api.models.base import Body, Model

WorkflowType = Literal["sequential", "parallel", "conditional", "graph"]


class Definition(Body):
    """A workflow as it is given: either `stages` with what goes with them, or all of it as `definition`."""

    id: str | None = Field(None, description="A small letter, then small letters, digits, `_` and `-`; from the name when it is left out.")
    name: str | None = Field(None, description="For people.")
    description: str | None = Field(None, description="For people.")
    type: WorkflowType | None = Field(None, description="How the stages follow each other; `sequential` unless said.")
    stages: list[dict[str, JsonValue]] | None = Field(None, description="The steps, each as in a definition file: `id` and what it does.")
    inputs: dict[str, JsonValue] | None = Field(None, description="What a run is started with, as in a definition file.")
    outputs: dict[str, JsonValue] | None = Field(None, description="What a run leaves, as in a definition file.")
    context: dict[str, JsonValue] | None = Field(None, description="Variables that a run begins with.")
    settings: dict[str, JsonValue] | None = Field(
        None, description="Any other key of a definition file, such as `timeout` or `concurrency`."
    )
    definition: str | None = Field(None, description="The whole workflow as YAML text, in place of all the others.")


class WorkflowItem(Model):
    """A workflow as in lists."""

    id: str
    name: str
    description: str
    type: str
    status: Literal["draft", "executing", "paused", "completed", "failed"] = Field(description="That of its newest run.")
    shown: str = Field(description="The same in the word that people see, such as `waiting` or `rejected`.")
    source: str = Field(description="Path of its file on the server; empty for one that is stored.")
    changed: bool = Field(description="Its file has changed since it was kept; a run reads it again.")
    missing: bool = Field(description="Its file is gone.")
    steps: int = Field(description="How many stages it has.")
    revision: str = Field(description="The content that is kept; the same as in the ETag.")
    newest_run: str = Field(description="State id of its newest run; empty when there is none.")
    runs: int = Field(description="How many runs it has had.")
    needs_you: bool = Field(description="A question of its newest run is open.")
    updated_at: datetime


class WorkflowDetail(WorkflowItem):
    """A workflow, whole."""

    stages: list[dict[str, Any]] = Field(description="The steps as they are kept: with all that was left out.")
    inputs: dict[str, Any] = Field(description="What a run is started with.")
    content: dict[str, Any] = Field(description="The whole definition as it is kept.")


class Deleted(Model):
    """What is gone."""

    id: str
    deleted: Literal[True]
