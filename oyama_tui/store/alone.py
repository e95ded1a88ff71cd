"""Imported runs: rows that only lean on what came with them, and the rule that nothing changes them."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final

from oyama_tui.core.errors import IllegalTransition

Record = dict[str, Any]
_ALONE: Final[Record] = {"parent": "", "parent_node": "", "parent_attempt": 0, "place": "", "place_since": None, "asked_key": ""}
"""What the row of an imported run says instead of its journal: it belongs to no run here, and takes neither a place nor a key from one."""


def stand_alone(rows: dict[str, list[Record]], run_id: str, origin_id: str) -> dict[str, list[Record]]:
    """The rows of an imported run, made from those that its journal leads to.

    It neither belongs to a run of this database that happens to have the id of its parent, nor has a place under a limit. Where its own id
    was taken, so are those of its approvals, which are made from it: these get others.

    Args:
        rows: By table.
        run_id: Its state id here.
        origin_id: Its state id where it comes from.
    """
    made = {**rows, "workflow_states": [{**row, **_ALONE} for row in rows["workflow_states"]]}
    if run_id != origin_id:
        named = {row["id"]: _other_id(run_id, row["id"]) for row in rows["workflow_approvals"]}
        made["workflow_approvals"] = [
            {**row, "id": named[row["id"]], "previous": named.get(row["previous"], row["previous"])} for row in rows["workflow_approvals"]
        ]
        made["approval_votes"] = [{**row, "approval_id": named[row["approval_id"]]} for row in rows["approval_votes"]]
    return made


def _other_id(run_id: str, approval_id: str) -> str:
    digest = hashlib.sha256(f"{run_id}/{approval_id}".encode()).digest()
    return base64.b32encode(digest)[:13].decode().lower()


def refuse_imported(label: str) -> IllegalTransition:
    """Why nothing changes an imported run.

    Args:
        label: How people name it.
    """
    return IllegalTransition(
        f"{label} came here from a file: one can look at it, but nothing drives, answers or changes it.",
        "Fork it here, `oyama fork`, or go on where the run comes from.",
    )
