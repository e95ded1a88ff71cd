"""What names a run in the database."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunKey:
    """What names a run in the store."""

    key: int
    id: str
    workflow_id: str
    number: int
