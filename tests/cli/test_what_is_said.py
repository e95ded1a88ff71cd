"""What people do and what steps are called is told everywhere, with times on the clock of whoever reads."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.cli.program import GATED, Oyama

FAR: tuple[str, ...] = ("Asia/Kathmandu", "America/St_Johns")
"""Zones whose difference to UTC is no whole number of hours."""
COMMANDS = (("show", "gated@latest"), ("runs",), ("history",), ("list",), ("approvals", "--status", "all"))


def test_why_a_run_was_cancelled_is_told_wherever_it_is_shown(oyama: Oyama) -> None:
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    oyama("cancel", "gated@latest", "--reason", "superseded by the hotfix", code=0)
    for words in (("show", "gated@latest"), ("runs",), ("history",), ("history", "superseded")):
        assert "superseded by the hotfix" in oyama(*words, code=0).out
        found = oyama(*words, "--json", code=0).json()
        [row] = found if isinstance(found, list) else [found]
        assert row["reason"].endswith(": superseded by the hotfix")


def test_steps_may_be_called_run_and_gate(oyama: Oyama) -> None:
    named = """
id: named
steps:
  - {id: publish, gate: {title: Publish it}, run: echo published}
  - {id: gate, gate: {title: Close it}, run: echo closed}
  - {id: run, run: 'echo "${{ run.number }} ${{ steps.publish.output }} ${{ steps.gate.output }}"'}
"""
    oyama("run", oyama.file("named.yaml", named), "--no-wait", code=5)
    oyama("approve", "named@latest", "--yes", code=0)
    oyama("resume", "named@latest", "--no-wait", code=5)
    oyama("approve", "named@latest", "--yes", code=0)
    oyama("resume", "named@latest", code=0)
    told = {step: oyama("logs", "named@latest", "--step", step, code=0).out for step in ("publish", "gate", "run")}
    assert told == {"publish": "published\n", "gate": "closed\n", "run": "1 published closed\n"}


@pytest.mark.parametrize("zone", FAR)
def test_people_read_times_on_their_clock_and_programs_in_utc(oyama: Oyama, zone: str) -> None:
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    run = oyama("show", "gated@latest", "--json", code=0).json()
    moments = {"started_at": run["started_at"], "asked_at": run["approvals"][0]["requested_at"]}
    local = {name: said_in(zone, moment) for name, moment in moments.items()}
    for words in COMMANDS:
        told = oyama(*words, env={"TZ": zone}, code=0).out
        assert local["started_at"] in told or local["asked_at"] in told, told
        printed = oyama(*words, "--json", env={"TZ": zone}, code=0).out
        stamps = re.findall(r'"(\d{4}-\d\d-\d\dT[^"]+)"', printed)
        assert stamps
        assert all(stamp.endswith("Z") for stamp in stamps)
        assert run["started_at"] in stamps or moments["asked_at"] in stamps or words == ("list",)
    answered = oyama("approve", "gated@latest", "--yes", env={"TZ": zone}, code=0).out
    decided = oyama("approvals", "--status", "approved", "--json", code=0).json()[0]["decided_at"]
    assert answered == f"approved by {run['started_by']} at {said_in(zone, decided, '%Y-%m-%d %H:%M:%S')}\n"


def said_in(zone: str, moment: str, form: str = "%H:%M:%S") -> str:
    """A moment of a document on the clock of a zone."""
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).strftime(form)
