"""Definitions that cannot be run: every problem has its place, its words and its hint, and all come at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from oyama_tui.core.definition.loading import load_workflow
from oyama_tui.core.errors import InvalidDefinition

TABLE = Path(__file__).with_name("bad_definitions.txt")
BLOCKS = [block.rpartition("---\n") for block in TABLE.read_text(encoding="utf-8").split("===\n")[1:]]


def test_the_table_is_complete() -> None:
    assert len(BLOCKS) >= 70
    assert all(expected.strip() for _, _, expected in BLOCKS)


@pytest.mark.parametrize(("definition", "_", "expected"), BLOCKS)
def test_every_problem_is_named_with_its_place(definition: str, _: str, expected: str) -> None:
    text = definition.replace("\\t", "\t").replace("\\a", "\a")
    with pytest.raises(InvalidDefinition) as caught:
        load_workflow(text, "flow.yaml")
    problems = caught.value.problems
    shown = [f"{p.line}:{p.column} {p.message.split('; there is: ')[0]}" + (f" | {p.hint}" if p.hint else "") for p in problems]
    assert shown == expected.splitlines()
    assert all(problem.file == "flow.yaml" for problem in problems)
    assert problems == tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))


def test_the_message_shows_file_line_column_and_hint() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        load_workflow("typ: graph\nsteps:\n  - {id: a, run: x}\n", "flows/release.yaml")
    assert str(caught.value) == "flows/release.yaml:1:1: there is no key 'typ' here\n    hint: did you mean 'type'?"


def test_the_path_of_keys_comes_with_the_place() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        load_workflow("steps:\n  - id: a\n    gate: {title: x, risk: huge}\n", "f.yaml")
    assert caught.value.problems[0].where == "steps[0].gate.risk"
