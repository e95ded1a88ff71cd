"""`python -m oyama_tui.bench`: budgets beside a reference, in the same minute.

Each case runs in a fresh process; rounds of ours and of the reference take turns on the same disk, and the median counts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from oyama_tui.bench import api
from oyama_tui.bench.cases import CASES, Counted, empty_size, measure
from oyama_tui.bench.reference import emptied_copy, write_again

LEAST_RATIO = {"sequential": 0.40, "concurrent": 0.25, "fan-out": 0.25}
MOST_COMMITS = {"sequential": 1.1, "concurrent": 0.1, "fan-out": 0.1}
BATCH = {"sequential": 1, "concurrent": 100, "fan-out": 100}
MOST_BYTES = 800
MOST_OF_PROGRAM = 1.3
MOST_OF_LOAD = 100.0
MOST_SECONDS = {"answers": 0.30, "restart": 0.40}


@dataclass(frozen=True)
class Line:
    """One budget and how it was met."""

    budget: str
    measured: float
    wanted: str
    met: bool
    detail: str


def main() -> int:
    """Measure and print a table; with `--check` fail when a budget is missed."""
    parser = argparse.ArgumentParser(prog="python -m oyama_tui.bench", description="Budgets beside a reference, in the same minute.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each case, 3 unless said")
    parser.add_argument("--json", type=Path, help="write the table as JSON too")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a budget is missed")
    parser.add_argument("--folder", type=Path, default=None, help="where to write; the disk is part of what is measured")
    parser.add_argument("--case", choices=[*CASES], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case:
        print(json.dumps(measure(given.case, given.folder)))
        return 0
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="oyama-bench-") as folder:
        lines = [line for name in LEAST_RATIO for line in _compare(name, given.rounds, Path(folder))]
        lines.append(_compare_programs(given.rounds, Path(folder)))
        lines += _measure_answers(given.rounds, Path(folder))
        lines += _measure_api(Path(folder))
    for line in lines:
        print(f"{'met   ' if line.met else 'MISSED'} {line.budget:<44} {line.measured:>9.3f}   wanted {line.wanted:<9} {line.detail}")
    if given.json:
        given.json.write_text(json.dumps([asdict(line) for line in lines], indent=2))
    return 1 if given.check and not all(line.met for line in lines) else 0


def _compare(name: str, rounds: int, folder: Path) -> list[Line]:
    """Take turns between one case and its reference."""
    ours: list[Counted] = []
    raw: list[float] = []
    for number in range(rounds):
        place = folder / f"{name}-{number}"
        place.mkdir()
        ours.append(_fresh(name, place))
        recorded, target = place / "oyama.db", place / "raw.db"
        emptied_copy(recorded, target)
        raw.append(write_again(recorded, target, BATCH[name]))
    rate = statistics.median(case["steps"] / case["seconds"] for case in ours)
    reference = statistics.median(case["steps"] / seconds for case, seconds in zip(ours, raw, strict=True))
    commits = statistics.median(case["commits"] / case["steps"] for case in ours)
    lines = [
        Line(
            f"{name}: rate against raw sqlite3",
            rate / reference,
            f">= {LEAST_RATIO[name]:.2f}",
            rate / reference >= LEAST_RATIO[name],
            f"{rate:,.0f} of {reference:,.0f} steps/s",
        ),
        Line(f"{name}: commits for each step", commits, f"<= {MOST_COMMITS[name]}", commits <= MOST_COMMITS[name], ""),
    ]
    if name == "sequential":
        (folder / "empty").mkdir(exist_ok=True)
        bare = empty_size(folder / "empty")
        size = statistics.median((case["bytes"] - bare) / case["steps"] for case in ours)
        lines.append(Line("P7: bytes for each step", size, f"<= {MOST_BYTES}", size <= MOST_BYTES, ""))
    return lines


def _compare_programs(rounds: int, folder: Path) -> Line:
    """Take turns between steps that run a program and the bare programs."""
    seconds: dict[str, list[float]] = {"programs": [], "bare-programs": []}
    for number in range(rounds):
        for name, taken in seconds.items():
            place = folder / f"{name}-{number}"
            place.mkdir()
            counted = _fresh(name, place)
            taken.append(1000 * counted["seconds"] / counted["steps"])
    ours, bare = (statistics.median(taken) for taken in seconds.values())
    met = ours / bare <= MOST_OF_PROGRAM
    return Line("P12: a step against its bare program", ours / bare, f"<= {MOST_OF_PROGRAM}", met, f"{ours:.2f} and {bare:.2f} ms")


def _measure_answers(rounds: int, folder: Path) -> list[Line]:
    """How long 1,000 answers at once take, and a start with 1,000 runs that wait for one."""
    taken: dict[str, list[Counted]] = {name: [] for name in MOST_SECONDS}
    for number in range(rounds):
        for name, before in (("answers", ""), ("restart", "waiting")):
            place = folder / f"{name}-{number}"
            place.mkdir()
            if before:
                _fresh(before, place)
            taken[name].append(_fresh(name, place))
    lines = []
    for name, budget in (("answers", "P4: 1,000 answers at once, s"), ("restart", "P5: a start with 1,000 waiting runs, s")):
        seconds, most = statistics.median(case["seconds"] for case in taken[name]), MOST_SECONDS[name]
        detail = f"{statistics.median(case['commits'] for case in taken[name]):.0f} commits" if name == "answers" else ""
        lines.append(Line(budget, seconds, f"<= {most:.2f}", seconds <= most, detail))
    return lines


def _measure_api(folder: Path) -> list[Line]:
    """How long the REST API takes; nothing where its packages are not installed."""
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        print("The REST API is not measured: pip install 'oyama-tui[api]'", file=sys.stderr)
        return []
    home = folder / "api"
    home.mkdir()
    with api.server(home) as (url, token):
        took = api.measure_requests(url, token)
        load = api.measure_load(url, token)
    lines = [
        Line(f"API: {one.name}, ms", one.median, f"<= {one.wanted:g}", one.median <= one.wanted, f"the bytes alone {one.bare:.2f} ms")
        for one in took
    ]
    told = f"{load.requests / load.seconds:.0f} requests/s, {load.errors} errors, median {load.p50:.1f} ms"
    met = load.p99 <= MOST_OF_LOAD and not load.errors
    return [*lines, Line("API: beside a running engine, p99 in ms", load.p99, f"<= {MOST_OF_LOAD:g}", met, told)]


def _fresh(name: str, folder: Path) -> Counted:
    """Run one case in a process of its own."""
    command = [sys.executable, "-m", "oyama_tui.bench", "--case", name, "--folder", str(folder)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OYAMA_")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"the case {name} failed:\n{done.stderr}")
    counted: Counted = json.loads(done.stdout.strip().splitlines()[-1])
    return counted


if __name__ == "__main__":
    sys.exit(main())
