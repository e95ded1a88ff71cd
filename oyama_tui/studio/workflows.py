"""Use cases of workflows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from oyama_tui.core.definition import Workflow
from oyama_tui.core.views import PlannedStep, WorkflowRow


class Workflows:
    """What can be done with workflows."""

    async def list(self) -> tuple[WorkflowRow, ...]:
        """All workflows, those with the newest activity first."""
        raise NotImplementedError

    async def get(self, workflow_id: str) -> WorkflowRow:
        """One workflow.

        Raises:
            NotFound: There is none of this id; the hint names similar ones.
        """
        raise NotImplementedError

    async def definition(self, ref: str) -> Workflow:
        """The current definition of a workflow id (its file is read again), or of a path to a file.

        Raises:
            NotFound: Neither a known workflow nor a file.
            InvalidDefinition: It cannot be run.
        """
        raise NotImplementedError

    def check(self, text: str, file: str) -> Workflow:
        """Check a definition without keeping it.

        Args:
            text: YAML.
            file: What messages call it; the id defaults to its stem.

        Raises:
            InvalidDefinition: With all its problems.
        """
        raise NotImplementedError

    async def add(self, path: Path, *, replace: bool = False) -> WorkflowRow:
        """Keep a file as a workflow.

        Raises:
            NotFound: No such file.
            InvalidDefinition: It cannot be run.
            WorkflowConflict: Another existing file has this id and `replace` is not set.
        """
        raise NotImplementedError

    async def create(self, path: Path, template: str) -> WorkflowRow:
        """Write a new file from a template and keep it.

        Raises:
            WorkflowConflict: The file exists.
            NotFound: No such template.
        """
        raise NotImplementedError

    async def delete(self, workflow_id: str) -> None:
        """Forget a workflow; its history and its file stay.

        Raises:
            NotFound: There is none of this id.
            WorkflowConflict: A run of it is live.
        """
        raise NotImplementedError

    async def dry_run(self, ref: str, inputs: Mapping[str, JsonValue]) -> tuple[PlannedStep, ...]:
        """What a run with these inputs would do, in order; nothing is started or kept.

        Raises:
            InvalidInput: The inputs do not fit.
        """
        raise NotImplementedError
