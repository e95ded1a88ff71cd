"""The command line of the benchmark."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType

from oyama_tui.bench import printing
from oyama_tui.bench.conditions import conditions
from oyama_tui.bench.figures import Case, Taken
from oyama_tui.bench.rounds import Rounds
from oyama_tui.bench.table import TABLE

INTERRUPTED = 130
WORDS = """Measures the budgets of Oyama TUI, each beside a reference on the same machine in the same minute, and prints one table.
Every measurement has a fresh process; where there is a reference the two take turns, and the median of the rounds counts.
All of it takes about {minutes} minutes and up to 2 GB of room. Nothing is read or written but what is made for it."""
CODES = """exit codes: 0 measured; 1 a case failed, or with --check a budget is missed; 2 wrong usage;
130 interrupted, after the table of what was measured until then."""
MINUTES = 15


def _count(text: str) -> int:
    """A number of rounds."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rounds: give 1 or more")
    return int(text)


def _folder(text: str) -> Path:
    """A folder that is there."""
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {text!r}")
    return Path(text)


def _file(text: str) -> Path:
    """A file that can be written, as far as can be told before."""
    path = Path(text)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} cannot be written: name a file in a folder that is there")
    return path


def _choice(text: str) -> str:
    """A case, or the budget of one."""
    if not _chosen([text]):
        known = ", ".join(dict.fromkeys(name for case in TABLE for name in (case.name, *(line.budget for line in case.lines))))
        raise argparse.ArgumentTypeError(f"there is no case {text!r}: choose from {known}")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m oyama_tui.bench",
        description=WORDS.format(minutes=MINUTES),
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    chosen = "measure only this case, or this budget, such as P4; may be repeated; see --list"
    parser.add_argument("--case", action="append", type=_choice, metavar="NAME", help=chosen)
    parser.add_argument("--rounds", type=_count, default=3, metavar="N", help="rounds of each case, 3 unless said")
    parser.add_argument("--folder", type=_folder, metavar="FOLDER", help="where to write, because the disk is part of what is measured")
    parser.add_argument("--json", type=_file, metavar="FILE", help="write the table and the figures of every round as JSON too")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a budget is missed")
    parser.add_argument("--list", action="store_true", help="list the cases with what is wanted, and measure nothing")
    # For tests, which want no figures but all of the way.
    parser.add_argument("--scale", type=float, default=1.0, help=argparse.SUPPRESS)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print a table; with `--check` fail when a budget is missed.

    Args:
        arguments: The words after the program's name; those of this process when none.

    Returns:
        The exit code.
    """
    given = _parser().parse_args(arguments)
    cases = _chosen(given.case)
    if given.list:
        print(printing.listed(cases))
        return 0
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="oyama-bench-", ignore_cleanup_errors=True) as folder:
        found = conditions(Path(folder))
        taken, whole = _measure(cases, Rounds(Path(folder), given.rounds, given.scale, _tell))
    print((printing.markdown if given.markdown else printing.text)(taken, found))
    if given.json:
        given.json.write_text(json.dumps(printing.document(taken, found), indent=2) + "\n")
    if not whole:
        return INTERRUPTED
    rows = printing.rows_of(taken)
    return 1 if any(row.met == "FAILED" or (given.check and row.met == "MISSED") for row in rows) else 0


def _chosen(names: Sequence[str] | None) -> list[Case]:
    """The cases that are meant, with those of their lines that are."""
    if not names:
        return list(TABLE)
    found = []
    for case in TABLE:
        lines = tuple(line for line in case.lines if case.name in names or line.budget in names)
        if lines:
            found.append(replace(case, lines=lines))
    return found


def _measure(cases: Sequence[Case], rounds: Rounds) -> tuple[list[Taken], bool]:
    """What could be measured, and whether nobody has interrupted it."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    taken: list[Taken] = []
    try:
        rounds.measure(cases, taken)
    except KeyboardInterrupt:
        _tell("interrupted: this is what has been measured")
        return taken, False
    return taken, True


def _tell(words: str) -> None:
    """Say on standard error what is going on."""
    print(words, file=sys.stderr, flush=True)
