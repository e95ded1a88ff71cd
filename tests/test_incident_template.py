"""The incident runbook does what it says, for a service that is a real process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.test_templates import approve, asked, statuses, until


@pytest.fixture
async def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    monkeypatch.delenv("OYAMA_RUN_ID", raising=False)
    async with open_studio(Settings(home=tmp_path / "home"), drive="all") as opened:
        yield opened


class Service:
    """A service that is a process of its own, with the files that the runbook looks for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "my service; $(touch hacked)"
        self.folder.mkdir(parents=True)
        start = self.folder / "start.sh"
        start.write_text("#!/bin/sh\nsetsid sleep 300 < /dev/null > /dev/null 2>&1 &\necho $! > service.pid\n", encoding="utf-8")
        start.chmod(0o755)
        (self.folder / "service.log").write_text("out of memory\n", encoding="utf-8")
        gone = subprocess.Popen(["true"])
        gone.wait()
        (self.folder / "service.pid").write_text(f"{gone.pid}\n", encoding="utf-8")

    @property
    def pid(self) -> int:
        return int((self.folder / "service.pid").read_text(encoding="utf-8"))

    @property
    def record(self) -> str:
        return (self.folder / "incidents.log").read_text(encoding="utf-8")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path / "srv")
    before = service.pid
    yield service
    if service.pid not in (before, os.getpid()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(service.pid, signal.SIGKILL)


async def start_runbook(studio: Studio, service: Service, tmp_path: Path) -> str:
    await studio.workflows.create(tmp_path / "ops" / "incident-runbook.yaml", "incident-runbook")
    return (await studio.runs.start("incident-runbook", {"service": "payments", "folder": str(service.folder)})).id


async def test_a_runbook_leads_through_a_restart_with_a_person(studio: Studio, service: Service, tmp_path: Path) -> None:
    before = service.pid
    run = await start_runbook(studio, service, tmp_path)
    drain = await asked(studio)
    assert (drain.row.kind, drain.row.title) == ("task", "Take payments out of the load balancer")
    await studio.approvals.decide(drain.row.id, "approve", digest=drain.row.digest, form={"connections": 3})
    restart = await asked(studio)
    assert (restart.row.kind, restart.row.target) == ("gate", "payments")
    assert restart.content.prompt == "Connections that were cut: 3"
    assert restart.content.evidence.preview == "out of memory"
    assert service.pid == before
    await approve(studio)
    restore = await asked(studio)
    assert restore.row.title == "Put payments back into the load balancer"
    os.kill(service.pid, 0)
    await approve(studio)
    await until(studio, run, "completed")
    assert service.record == f"{run} payments completed\n"
    assert not list(tmp_path.rglob("hacked"))


async def test_a_runbook_restarts_nothing_that_nobody_took_out_of_traffic(studio: Studio, service: Service, tmp_path: Path) -> None:
    before = service.pid
    run = await start_runbook(studio, service, tmp_path)
    await studio.approvals.decide((await asked(studio)).row.id, "reject", comment="no access")
    await until(studio, run, "failed")
    found = await statuses(studio, run)
    assert (found["drain"], found["restart"], found["back"]) == ("failed", "skipped", "skipped")
    assert service.pid == before
    assert service.record == f"{run} payments failed\n"


async def test_a_runbook_leaves_a_service_alone_that_is_up(studio: Studio, service: Service, tmp_path: Path) -> None:
    (service.folder / "service.pid").write_text(f"{os.getpid()}\n", encoding="utf-8")
    run = await start_runbook(studio, service, tmp_path)
    await until(studio, run, "completed")
    found = await statuses(studio, run)
    assert {name: word for name, word in found.items() if word == "completed"} == {
        "look": "completed",
        "record": "completed",
        "exit handler": "completed",
    }
