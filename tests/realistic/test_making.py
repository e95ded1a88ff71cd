"""What is in the realistic database, and that it is the same whenever it is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from oyama_tui.core.views import ApprovalRow
from oyama_tui.studio import Studio
from tests.engine.workplace import until_status
from tests.realistic import Making, living, looking, realistic
from tests.realistic.people import DAY

pytestmark = pytest.mark.slow
PRESENT = 1_795_788_312_000
LATER = PRESENT + 3 * DAY + 7
Happened = list[tuple[str, str, int]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The database, alive."""
    place = tmp_path_factory.mktemp("realistic")
    with living(Making(place, PRESENT)):
        yield place


async def happened(studio: Studio, present: int) -> dict[str, Happened]:
    """All events of all runs: what, where, and how long before the present."""
    found: dict[str, Happened] = {}
    for row in await studio.runs.list(limit=1000):
        events = await studio.runs.events(row.id)
        found[row.label] = [(event.type, event.node, round(event.at.timestamp() * 1000) - present) for event in events]
    return found


async def test_all_that_is_worth_seeing_is_there(folder: Path) -> None:
    async with looking(folder, PRESENT) as studio:
        assert len(await studio.workflows.list()) == 22
        runs = await studio.runs.list(limit=1000)
        assert Counter(row.status for row in runs) == {
            "completed": 38,
            "failed": 5,
            "rejected": 4,
            "cancelled": 2,
            "running": 3,
            "waiting": 15,
            "paused": 2,
        }
        (large,) = [row for row in runs if row.total == 40 and row.live]
        assert 0 < large.completed < 40
        assert [row.reason for row in runs if row.label == "nightly_backup #9"] == ["link is needed for the migration; go on after 16:00"]
        assert {row.owner for row in runs if row.live} == {"elsewhere"}


async def test_thirteen_gates_and_a_task_are_open(folder: Path) -> None:
    async with looking(folder, PRESENT) as studio:
        asked = [row for row in await studio.approvals.list() if isinstance(row, ApprovalRow)]
        assert Counter(row.kind for row in asked) == {"gate": 13, "task": 1}
        assert Counter(row.workflow_id for row in asked if row.kind == "gate") == {
            "cleanup": 1,
            "compliance_evidence": 1,
            "deploy_web": 2,
            "docs_site": 1,
            "migrate_db": 1,
            "newsletter": 1,
            "patch_hosts": 3,
            "release": 1,
            "rotate_keys": 1,
            "terraform": 1,
        }
        assert [row.workflow_id for row in asked if row.asks_others] == ["rotate_keys"]
        assert {row.alike for row in asked if row.workflow_id == "patch_hosts"} - {""}
        cards = {row.workflow_id: await studio.approvals.get(row.id) for row in asked}
        assert {name for name, card in cards.items() if card.content.confirm} == {"release", "terraform"}
        assert {name for name, card in cards.items() if card.form} == {"incident", "migrate_db"}
        assert {row.workflow_id for row in asked if row.on_timeout == "approve"} == {"cleanup", "docs_site"}
        assert cards["newsletter"].can_send_back
        changed = cards["release"].last_yes
        assert changed is not None
        assert any("publish.sh" in change for change in changed.changes)


async def test_it_is_sound(folder: Path) -> None:
    async with looking(folder, PRESENT) as studio:
        checks = await studio.system.verify()
        assert {check.status for check in checks} == {"ok"}
        decided = [row for row in await studio.approvals.list(status="all") if row.decided_at is not None]
        assert {row.decided_by for row in decided} >= {"ana", "ben", "chris", "dora", "emil"}
        assert len([row for row in decided if row.comment]) >= 8


async def test_same_things_happen_before_another_present_and_it_goes_on(folder: Path, tmp_path: Path) -> None:
    async with looking(folder, PRESENT) as studio:
        before = await happened(studio, PRESENT)
    async with realistic(tmp_path, LATER) as studio:
        assert await happened(studio, LATER) == before
        # And it goes on: what is answered now is carried out in the time of the machine.
        (asked,) = await studio.approvals.list(workflow="docs_site")
        await studio.approvals.decide(asked.id, "approve", digest=asked.digest)
        row = await until_status(studio, asked.run_id, "completed")
        assert (row.completed, row.total) == (3, 3)
