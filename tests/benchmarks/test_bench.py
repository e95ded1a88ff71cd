"""The benchmark itself: every case gives figures, and every end is a clean one; how fast anything is says nothing here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from oyama_tui.bench.figures import Case
from oyama_tui.bench.table import TABLE

TINY = ("--rounds", "1", "--scale", "0.01")
BENCH = (sys.executable, "-m", "oyama_tui.bench")
PATIENCE = 90


def bench(*words: str | Path, code: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the benchmark to its end."""
    env = {**os.environ, **variables}
    done = subprocess.run([*BENCH, *map(str, words)], capture_output=True, text=True, env=env, timeout=PATIENCE, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def lines_of(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["lines"]
    return found


@pytest.mark.timeout(PATIENCE)
@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_every_case_gives_figures(case: Case, tmp_path: Path) -> None:
    written, folder = tmp_path / "bench.json", tmp_path / "here"
    folder.mkdir()
    done = bench("--case", case.name, *TINY, "--json", written, "--folder", folder)
    rows = lines_of(written)
    assert [row["words"] for row in rows] == [line.words for line in case.lines]
    for row, line in zip(rows, case.lines, strict=True):
        assert row["met"] in ("yes", "MISSED")
        assert row["measured"] >= 0
        assert (row["reference"] is not None) == bool(line.reference)
        assert line.words in done.stdout
    for part in (*case.before, *case.parts):
        assert f": {part.name}\n" in done.stderr
    assert not list(folder.iterdir())


def test_a_budget_chooses_its_lines_alone(tmp_path: Path) -> None:
    bench("--case", "P7", *TINY, "--json", tmp_path / "bench.json")
    assert [row["budget"] for row in lines_of(tmp_path / "bench.json")] == ["P7"]


def test_check_fails_where_a_budget_is_missed() -> None:
    # Ten steps have as many commits as the run itself besides, so there are more for each step than for one of a thousand.
    assert "MISSED" in bench("--case", "sequential", *TINY).stdout
    assert "MISSED" in bench("--case", "sequential", *TINY, "--check", code=1).stdout


def test_a_case_that_fails_says_why_and_the_others_go_on(tmp_path: Path) -> None:
    # What an agent answers does not count.
    bench("--case", "answers", "--case", "studio", *TINY, "--json", tmp_path / "bench.json", code=1, AI_AGENT="somebody")
    failed, other, *_ = lines_of(tmp_path / "bench.json")
    assert failed["met"] == "FAILED"
    assert "somebody" in failed["why"]
    assert other["measured"] > 0


def test_settings_of_whoever_measures_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "oyama").mkdir()
    (tmp_path / "oyama" / "config.toml").write_text("this is no TOML")
    bench(
        "--case",
        "P7",
        *TINY,
        XDG_CONFIG_HOME=str(tmp_path),
        OYAMA_MAX_PROCESSES="few",
        OYAMA_CONFIG=str(tmp_path / "oyama" / "config.toml"),
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--case", "nothing"), "there is no case 'nothing': choose from sequential, P1, P7, concurrent, P2"),
        (("--rounds", "0"), "'0' is no number of rounds: give 1 or more"),
        (("--rounds", "few"), "'few' is no number of rounds: give 1 or more"),
        (("--folder", "/nowhere"), "there is no folder '/nowhere'"),
        (("--json", "/nowhere/bench.json"), "'/nowhere/bench.json' cannot be written: name a file in a folder that is there"),
        (("--json", "/"), "'/' cannot be written: name a file in a folder that is there"),
    ],
)
def test_a_wrong_option_gets_a_sentence(words: tuple[str, ...], said: str) -> None:
    assert said in bench(*words, code=2).stderr


@pytest.mark.parametrize("name", ["writing.nothing", "nothing", "figures"])
def test_an_unknown_measurement_gets_a_sentence(name: str, tmp_path: Path) -> None:
    words = (sys.executable, "-m", "oyama_tui.bench.one", name, "1", str(tmp_path))
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert f"there is no measurement '{name}'" in done.stderr


def test_the_list_has_every_line_and_measures_nothing() -> None:
    listed = bench("--list")
    assert not listed.stderr
    for case in TABLE:
        assert f"{case.name}: {case.words}\n" in listed.stdout
        assert all(line.words in listed.stdout for line in case.lines)


@contextmanager
def running(*words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """The benchmark, while it measures."""
    pipe = subprocess.PIPE
    with subprocess.Popen([*BENCH, *map(str, words)], stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_with_what_has_been_measured(number: int, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    words = ("--case", "peak-memory", "--case", "restart-10000", "--rounds", "1", "--json", tmp_path / "bench.json", "--folder", folder)
    with running(*words) as process:
        assert process.stderr is not None
        while "restart-10000" not in (line := process.stderr.readline()):
            assert line
        measuring = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        table, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "interrupted: this is what has been measured" in said
    assert "Traceback" not in said
    measured, other = lines_of(tmp_path / "bench.json")
    assert measured["met"] in ("yes", "MISSED")
    assert other["met"] == "not measured"
    assert other["words"] in table
    assert psutil.wait_procs(measuring, timeout=PATIENCE)[1] == []
    assert not list(folder.iterdir())
