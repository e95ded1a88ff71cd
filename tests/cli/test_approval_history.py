"""The history of approvals on the command line: who decided what, when and how, filtered and as comma-separated values."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from oyama_tui.cli.csv_output import csv_text
from oyama_tui.core import events as e
from oyama_tui.settings import Settings
from oyama_tui.store.tables import VoteTable
from tests.cli.program import Oyama
from tests.store.scene import START, opened

GATE = "id: gate\nsteps:\n  - {id: ask, gate: {title: Go on, target: eu}}\n"
DAY = 24 * 3600 * 1000


@pytest.fixture
def filled(oyama: Oyama) -> Oyama:
    """Six approvals a day after each other, answered by two people in turn, the last one open."""
    path = Settings(home=oyama.home).database_path
    path.parent.mkdir(parents=True)
    with opened(path) as rows:
        graphs = [rows.workflow("release"), rows.workflow("backup")]
        for number in range(6):
            at, by = START + number * DAY, ("ana", "ben")[number % 2]
            over: dict[str, Any] = {"status": "approved", "decided_at": at, "decided_by": by, "comment": "fine, go"} if number < 5 else {}
            content = e.ApprovalContent(title="=Publish", target="eu", risk="high" if number == 2 else "normal")
            graph = graphs[number % 3 == 0]
            run = rows.run(graph, number + 1, "completed" if over else "waiting")
            rows.approval(graph, run, f"a{number}", content, requested_at=at - 60_000, risk=content.risk, **over)
            if over:
                answer: dict[str, Any] = {"verdict": "approve", "kind": "human", "at": at, "digest": "d"}
                rows.add(VoteTable(approval_id=f"a{number}", principal=by, origin={"how": "tty", "tty": "/dev/pts/1"}, **answer))
    return oyama


def ids(oyama: Oyama, *words: str) -> list[str]:
    return [row["id"] for row in oyama("approvals", *words, "--json", code=0).json()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ["a5"]),
        (("--status", "all"), ["a5", "a4", "a3", "a2", "a1", "a0"]),
        (("--status", "approved", "--workflow", "backup"), ["a3", "a0"]),
        (("--by", "ana"), ["a4", "a2", "a0"]),
        (("--by", "ana", "--risk", "high"), ["a2"]),
        (("--by", "nobody"), []),
        (("--kind", "gate"), ["a5"]),
        (("--kind", "task", "--status", "all"), []),
        (("--since", "2023-11-17"), ["a5", "a4", "a3"]),
        (("--since", "2023-11-16", "--until", "2023-11-17", "--status", "approved"), ["a3", "a2"]),
    ],
)
def test_approvals_are_found_by_person_time_workflow_kind_and_risk(filled: Oyama, words: tuple[str, ...], expected: list[str]) -> None:
    assert ids(filled, *words) == expected


def test_the_list_says_who_saw_what_how_it_was_answered_and_how_long_it_waited(oyama: Oyama) -> None:
    oyama("run", oyama.file("gate.yaml", GATE), "--no-wait", code=5)
    [asked] = oyama("approvals", "--json", code=0).json()
    oyama("reject", asked["id"], "--comment", "not now", "--digest", asked["digest"], "--yes", code=0)
    [row] = oyama("approvals", "--status", "rejected", "--json", code=0).json()
    assert (row["status"], row["seen"], row["origin"]["how"]) == ("rejected", asked["digest"], "command")
    assert row["waited_ms"] >= 0
    line = oyama("approvals", "--status", "all", code=0).out.splitlines()[1]
    assert [word in line for word in (asked["digest"][:8], "command", "rejected", "gate #1", "Go on -> eu (not now)")] == [True] * 5
    shown = oyama("approvals", "--show", asked["id"], code=0).out
    assert "not now" in shown


def test_comma_separated_values_are_read_back_as_they_were(filled: Oyama) -> None:
    printed = filled("approvals", "--by", "ben", "--csv", code=0).out
    assert printed.count("\r\n") == printed.count("\n") == 3
    header, *rows = csv.reader(io.StringIO(printed, newline=""))
    first = dict(zip(header, rows[0], strict=True))
    assert [row[0] for row in rows] == ["a3", "a1"]
    assert (first["title"], first["comment"], first["how"], first["seen_digest"]) == ("'=Publish", "fine, go", "terminal", "d")
    assert (first["decided_at"], first["waited_ms"], first["decided_by"]) == ("2023-11-17T22:13:20Z", "60000", "ben")
    waiting = filled("approvals", "--csv", code=0).out.splitlines()
    assert len(waiting) == 2
    assert waiting[1].startswith("a5,pending,")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("a=b", "a=b"),
        ('say "yes"', '"say ""yes"""'),
        ("two\nlines, one cell", '"two\nlines, one cell"'),
        ("\x1b[31m", "␛[31m"),
        (-5, "-5"),
        (None, ""),
        ("Straße", "Straße"),
    ],
)
def test_a_cell_is_no_formula_and_no_control_sequence(text: Any, expected: str) -> None:
    assert csv_text(("name", "next"), [(text, "")]) == f"name,next\r\n{expected},\r\n"


def test_a_list_longer_than_a_page_is_printed_whole(oyama: Oyama) -> None:
    path = Settings(home=oyama.home).database_path
    path.parent.mkdir(parents=True)
    with opened(path) as rows:
        graph = rows.workflow("release")
        rows.approval(graph, rows.run(graph, 1, "completed"), "a0", status="expired", decided_at=START)
        with rows.engine.begin() as connection:
            columns = [row[1] for row in connection.exec_driver_sql("PRAGMA table_info(workflow_approvals)")]
            listed = ", ".join(name for name in columns if name not in ("id", "decided_at"))
            connection.exec_driver_sql(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2499)"
                f" INSERT INTO workflow_approvals (id, decided_at, {listed})"
                f" SELECT 'b' || i, decided_at + i / 2, {listed} FROM n, workflow_approvals"
            )
    whole = ids(oyama, "--status", "all", "--limit", "5000")
    assert len(whole) == len(set(whole)) == 2500
    assert (whole[0], whole[-1]) == ("b2499", "a0")
    part = oyama("approvals", "--status", "all", "--limit", "1500", "--offset", "500", "--json", code=0)
    assert [row["id"] for row in part.json()] == whole[500:2000]
    assert part.err == "501 to 2,000 of 2,500. The next ones: --offset 2000; more at once: --limit N\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--since", "soon"), "--since soon is no time"),
        (("--until", "2026-13-45"), "--until 2026-13-45 is no time"),
        (("--kind", "wish"), "wish"),
        (("--risk", "huge"), "huge"),
        (("--csv", "--json"), "--csv prints a list; it goes without --json"),
        (("--csv", "--show", "a0"), "--csv prints a list; it goes without --show"),
    ],
)
def test_what_is_no_filter_is_refused_with_a_sentence(oyama: Oyama, words: tuple[str, ...], told: str) -> None:
    assert told in " ".join(oyama("approvals", *words, code=2).err.split())
