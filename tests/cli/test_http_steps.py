"""Http steps as people meet them: behind a gate, tried again, cancelled, and without the library that they need."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.cli.program import Oyama
from tests.steps.servers import Site, site

FLOW = """
id: call
secrets: [API_TOKEN]
steps:
  - id: call
    gate: Send it?
    http:
      url: {url}/flaky
      method: POST
      headers: {{Authorization: "Bearer ${{{{ secrets.API_TOKEN }}}}"}}
      json: {{note: "${{{{ steps.call.decision.comment }}}}", deep: ["a${{{{ secrets.API_TOKEN }}}}"]}}
    retry: {{max_attempts: 4, interval: 10ms, jitter: false, on: [{{status: [503]}}]}}
  - id: tell
    run: echo "${{{{ steps.call.result.status }}}} ${{{{ steps.call.output }}}}"
"""


@pytest.fixture
def server(oyama: Oyama) -> Iterator[Site]:
    oyama.env = {name: value for name, value in oyama.env.items() if not name.lower().endswith("_proxy")}
    oyama.env["API_TOKEN"] = "blue-secret"
    with site() as made:
        yield made


def events(oyama: Oyama, run: str) -> list[dict[str, Any]]:
    lines = oyama("watch", run, "--jsonl", code=0).out.splitlines()
    return [json.loads(line) for line in lines]


def test_what_was_approved_is_sent_and_a_busy_server_is_given_its_time(oyama: Oyama, server: Site) -> None:
    server.broken = 1
    flow = oyama.file("call.yaml", FLOW.format(url=server.url))
    oyama("validate", flow, code=0)
    oyama("run", flow, "--no-wait", code=5)
    assert server.asked == []
    approval = str(oyama("approvals", "--json", code=0).json()[0]["id"])
    card = oyama("approvals", "--show", approval, code=0).out
    for line in (f"POST {server.url}/flaky", "headers Authorization: Bearer ${API_TOKEN}", "idempotency_key: Idempotency-Key"):
        assert line in card
    oyama("approve", approval, "--yes", "--comment", "now", code=0)
    ended = oyama("resume", "call", code=0)
    assert "200 at last" in ended.out
    assert "blue-secret" not in ended.told + card
    first, second = server.asked
    assert json.loads(first[3]) == {"note": "now", "deep": ["ablue-secret"]}
    assert first[1:] == second[1:]
    assert first[2]["idempotency-key"].endswith("/call")
    told = events(oyama, "call")
    failed = next(event for event in told if event["type"] == "step_failed")
    retry = next(event for event in told if event["type"] == "retry_scheduled")
    assert (failed["payload"]["kind"], failed["payload"]["retry_after"]) == ("http", 1000)
    assert retry["payload"]["due"] - round(datetime.fromisoformat(retry["at"]).timestamp() * 1000) == 1000


def test_without_its_library_a_request_is_doubted_and_nothing_starts(oyama: Oyama, server: Site) -> None:
    hidden = oyama.folder / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text("import sys\nsys.modules['httpx2'] = None\n")
    oyama.env["PYTHONPATH"] = f"{oyama.env['PYTHONPATH']}:{hidden}"
    text = f"id: plain\nsteps:\n  - {{id: a, run: touch started}}\n  - id: b\n    http: {{url: {server.url}}}\n"
    flow = oyama.file("plain.yaml", text)
    validated = oyama.fresh("validate", flow, code=0)
    assert "plain.yaml:5:11: Steps of kind http need httpx2, which is not installed." in validated.err
    refused = oyama.fresh("run", flow, code=78)
    assert "Run: pip install 'oyama-tui[http]'" in refused.err
    assert not (oyama.folder / "started").exists()
    assert oyama.fresh("runs", "--json", code=0).json() == []
    assert "fine" in oyama.fresh("run", oyama.file("fine.yaml", "id: fine\nsteps:\n  - {id: a, run: echo fine}\n"), code=0).out


def test_a_run_that_is_cancelled_hangs_up(oyama: Oyama, server: Site) -> None:
    text = f"id: slow\nsteps:\n  - id: a\n    http: {{url: {server.url}/slow}}\n"
    process = oyama.start("run", oyama.file("slow.yaml", text))
    assert server.waiting.wait(30)
    oyama("cancel", "slow", code=0)
    assert server.gone.wait(30)
    assert process.wait(30) == 1
