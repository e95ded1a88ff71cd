"""Numbers for a monitoring system, read by its own parser."""

from __future__ import annotations

from typing import Any

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parsed

from oyama_tui.api.measuring import MEDIA_TYPE, MOST_WORKFLOWS, OTHER, Measuring
from oyama_tui.core.views import Measures, ProcessMeasures
from tests.api.conftest import Api
from tests.api.streaming import following

PROCESS = ProcessMeasures(resident_bytes=1, cpu_seconds=0.5, began=1.0, open_files=3)
GATE = {"id": "ship", "gate": {"title": "Ship it?", "risk": "high"}, "run": "true"}


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Each number by its name and labels; there is one of each."""
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for family in parsed(text):  # type: ignore[no-untyped-call]
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def value(found: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def measures(*runs: tuple[str, str, int]) -> Measures:
    return Measures(runs=runs, pending=(), oldest_ms=0, events=0, driving=0, commits=0, process=PROCESS)


async def test_the_numbers_are_those_of_the_database_and_of_this_process(api: Api) -> None:
    for name, stages in {"good": [{"id": "a", "run": "true"}], "bad": [{"id": "a", "run": "false"}], "asks": [GATE]}.items():
        await api.json("POST", "/api/workflows", json={"id": name, "stages": stages}, status=201)
    for name in ("good", "good", "bad"):
        row = await api.studio.runs.start(name, {})
        async for _ in api.studio.runs.follow(row.id):
            continue
    asking = await api.studio.runs.start("asks", {})
    await api.until("/api/workflows", lambda page: any(one["needsYou"] for one in page["items"]))
    async with following(api.client):
        response = await api.client.get("/metrics")
    assert (response.status_code, response.headers["content-type"]) == (200, MEDIA_TYPE)
    found = samples(response.text)
    assert value(found, "oyama_runs", status="completed") == 2
    assert value(found, "oyama_runs", status="failed") == 1
    assert value(found, "oyama_runs", status="waiting") == 1
    assert value(found, "oyama_runs", status="paused") == 0
    assert value(found, "oyama_runs_ended_total", workflow="good", outcome="completed") == 2
    assert value(found, "oyama_runs_ended_total", workflow="bad", outcome="failed") == 1
    assert value(found, "oyama_approvals_pending", risk="high") == 1
    assert value(found, "oyama_approvals_pending", risk="low") == 0
    assert 0 < value(found, "oyama_approval_oldest_seconds") < 60
    assert value(found, "oyama_engine_driving") == 1
    assert value(found, "oyama_sse_readers") == 1
    assert value(found, "oyama_commits_total") > 4
    events = api.studio._context.store.database.read_now(
        lambda connection: connection.exec_driver_sql("SELECT count(*) FROM workflow_events").scalar_one()
    )
    assert value(found, "oyama_events_total") == events
    assert value(found, "process_resident_memory_bytes") > 10_000_000
    assert value(found, "process_cpu_seconds_total") > 0
    await api.studio.runs.cancel(asking.id)
    later = samples((await api.client.get("/metrics")).text)
    assert value(later, "oyama_approvals_pending", risk="high") == 0
    assert value(later, "oyama_approval_oldest_seconds") == 0


async def test_a_token_is_needed(api: Api) -> None:
    refused = await api.client.get("/metrics", headers={"Authorization": ""})
    assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")


def test_what_is_counted_never_becomes_less() -> None:
    measuring = Measuring()
    told = [
        value(samples(measuring.text(measures(("a", "failed", count)), 0)), "oyama_runs_ended_total", workflow="a", outcome="failed")
        for count in (3, 2, 3, 4)
    ]
    assert told == [3, 3, 3, 4]


def test_names_are_escaped_and_only_so_many_are_told() -> None:
    strange = 'a"b\\c\nd é'
    found = samples(Measuring().text(measures((strange, "failed", 1)), 0))
    assert value(found, "oyama_runs_ended_total", workflow=strange, outcome="failed") == 1
    measuring = Measuring()
    many: list[Any] = [(f"w{number:04}", "completed", 1) for number in range(MOST_WORKFLOWS + 50)]
    first = samples(measuring.text(measures(*many), 0))
    assert sum(name == "oyama_runs_ended_total" for name, _ in first) == MOST_WORKFLOWS + 1
    assert value(first, "oyama_runs_ended_total", workflow=OTHER, outcome="completed") == 50
    # One that comes later takes no place of another.
    second = samples(measuring.text(measures(("a0", "completed", 7), *many), 0))
    assert value(second, "oyama_runs_ended_total", workflow=OTHER, outcome="completed") == 57
    assert value(second, "oyama_runs_ended_total", workflow="w0000", outcome="completed") == 1
