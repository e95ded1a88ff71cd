"""The table: on a terminal, as Markdown, and as a document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from oyama_tui.bench.figures import Case, Line, Taken, median_of

Met = Literal["yes", "MISSED", "FAILED", "not measured"]
COLUMNS = ("budget", "case", "measured", "reference", "wanted", "met")


@dataclass(frozen=True)
class Row:
    """One line of the table with what was measured.

    Args:
        case: What it is chosen by.
        budget: Of which budget it is a part.
        words: What was measured.
        value: What is compared with what is wanted; none when nothing was measured.
        measured: The figure itself, the median of all rounds.
        reference: The figure beside it.
        unit: Of both.
        wanted: In words.
        met: Whether it is as wanted.
        rounds: How many rounds were complete.
        why: Why nothing was measured; empty when something was.
    """

    case: str
    budget: str
    words: str
    value: float | None
    measured: float | None
    reference: float | None
    unit: str
    wanted: str
    met: Met
    rounds: int
    why: str


def rows_of(taken: Sequence[Taken]) -> list[Row]:
    """The table of what has been measured; a case that has failed, or of which no round is complete, is in it too.

    Args:
        taken: What has been measured, case by case.
    """
    return [_row(one, line) for one in taken for line in one.case.lines]


def _row(one: Taken, line: Line) -> Row:
    value = line.value(one.rounds) if one.rounds else None
    met: Met = "not measured" if value is None else "yes" if line.meets(value) else "MISSED"
    return Row(
        case=one.case.name,
        budget=line.budget,
        words=line.words,
        value=value,
        measured=median_of(line.figure, one.rounds),
        reference=median_of(line.reference, one.rounds),
        unit=line.unit,
        wanted=_wanted(line),
        met="FAILED" if one.failure else met,
        rounds=len(one.rounds),
        why=one.failure or one.skipped,
    )


def _amount(value: float, unit: str) -> str:
    """A figure in as many digits as say something."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}{'' if unit == 'x' else ' '}{unit}".rstrip()


def _cells(row: Row, compared: bool) -> tuple[str, ...]:
    """A row in words."""
    measured = reference = ""
    if row.value is not None and row.measured is not None:
        own = _amount(row.measured, row.unit)
        measured = f"{_amount(row.value, 'x' if compared else row.unit)} ({own})" if row.value != row.measured else own
    if row.reference is not None:
        reference = _amount(row.reference, row.unit)
    return (row.budget, row.words, measured, reference, row.wanted, f"{row.met}: {row.why}" if row.why else row.met)


def _table(taken: Sequence[Taken]) -> Iterator[tuple[str, ...]]:
    yield COLUMNS
    lines = [line for one in taken for line in one.case.lines]
    for row, line in zip(rows_of(taken), lines, strict=True):
        yield _cells(row, line.compared == "ratio")


def text(taken: Sequence[Taken], conditions: Mapping[str, str]) -> str:
    """The table for a terminal, below what it depends on.

    Args:
        taken: What has been measured, case by case.
        conditions: What the figures depend on.
    """
    table = list(_table(taken))
    widths = [max(len(cells[place]) for cells in table) for place in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in table]
    return "\n".join([*(f"{name}: {words}" for name, words in conditions.items()), "", *lines])


def markdown(taken: Sequence[Taken], conditions: Mapping[str, str]) -> str:
    """The same as Markdown.

    Args:
        taken: What has been measured, case by case.
        conditions: What the figures depend on.
    """
    head, *rest = _table(taken)
    table = [head, tuple("---" for _ in head), *rest]
    lines = [f"| {' | '.join(cells)} |" for cells in table]
    return "\n".join([*(f"- {name}: {words}" for name, words in conditions.items()), "", *lines])


def document(taken: Sequence[Taken], conditions: Mapping[str, str]) -> dict[str, object]:
    """The same for programs, with the figures of every round.

    Args:
        taken: What has been measured, case by case.
        conditions: What the figures depend on.
    """
    return {
        "conditions": dict(conditions),
        "lines": [asdict(row) for row in rows_of(taken)],
        "rounds": {one.case.name: one.rounds for one in taken},
    }


def listed(cases: Sequence[Case]) -> str:
    """Cases with what they do and what is wanted.

    Args:
        cases: Which.
    """
    lines: list[str] = []
    for case in cases:
        lines.append(f"{case.name}: {case.words}")
        lines += [f"    {line.budget:<7} {line.words}, {_wanted(line)}" for line in case.lines]
    return "\n".join(lines)


def _wanted(line: Line) -> str:
    """What is wanted, in words."""
    return f"{'>=' if line.at_least else '<='} {_amount(line.wanted, 'x' if line.compared == 'ratio' else line.unit)}"
