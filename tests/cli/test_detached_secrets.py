"""A detached run that no engine can drive says so, with an exit code of its own."""

from __future__ import annotations

import json

from tests.cli.program import Oyama

NEEDY = "id: needy\nsecrets: [MY_TOKEN]\nsteps:\n  - id: one\n    env: {T: '${{ secrets.MY_TOKEN }}'}\n    run: echo \"$T\"\n"
TOKEN = {"MY_TOKEN": "hunter2-and-more"}


def test_a_detached_run_that_no_engine_can_drive_says_so(oyama: Oyama) -> None:
    oyama.file("needy.yaml", NEEDY)
    worker = oyama.start("worker")
    assert worker.stdout is not None
    assert "The engine runs on" in worker.stdout.readline()
    ended = oyama("run", "needy.yaml", "--detach", env=TOKEN, code=78)
    run_id = ended.out.strip()
    assert f"no engine can drive it. Process {worker.pid}, which would drive run {run_id}, lacks a secret." in ended.err
    assert f"oyama resume {run_id}" in ended.err
    assert f"{run_id} is left alone: Process {worker.pid}" in worker.stdout.readline()
    for words in (("show", run_id), ("runs",), ("doctor",)):
        assert "The secret MY_TOKEN is not set." in oyama(*words).out
    document = oyama("run", "needy.yaml", "--detach", "--json", env=TOKEN, code=78).out
    assert json.loads(document)["obstacle"].startswith(f"Process {worker.pid}, which would drive run ")
    oyama("resume", run_id, env=TOKEN, code=0)


def test_a_detached_run_whose_secret_an_engine_has_is_driven(oyama: Oyama) -> None:
    oyama.file("needy.yaml", NEEDY)
    oyama.env.update(TOKEN)
    ended = oyama("run", "needy.yaml", "--detach", code=0)
    assert "runs in the background" in ended.err
    assert oyama("watch", ended.out.strip(), code=0).out
