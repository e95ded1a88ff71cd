"""Output of steps in loops and repetitions is found by name, also of what the tree does not show, and offered to shells."""

from __future__ import annotations

import pytest

from tests.cli.program import Oyama
from tests.cli.test_completion import offered

MANY = """
id: many
steps:
  - id: fan
    for_each: {items: [a, b, c, d, e, f, g, h, i, j, k, l], as: host, concurrency: 4}
    steps:
      - {id: copy, run: 'echo "copied ${{ host }}"'}
      - {id: check, run: 'echo "${{ host }} is well"'}
  - id: poll
    repeat: {until: iteration >= 12, max: 20}
    steps:
      - id: both
        parallel:
          - {id: look, run: 'echo "look ${{ iteration }}"'}
  - id: last
    gate: {title: Over?, preview: echo seen}
    if: "false"
    run: echo over
"""
ASKING = """
id: asking
steps:
  - id: fan
    for_each: {items: [p1, p2], as: shard}
    steps:
      - {id: apply, gate: "Apply ${{ shard }}?", run: 'echo "applied ${{ shard }}"'}
"""


@pytest.fixture
def many(oyama: Oyama) -> Oyama:
    oyama("run", oyama.file("many.yaml", MANY), code=0)
    return oyama


@pytest.mark.parametrize(
    ("step", "lines"),
    [
        ("fan[3].copy", ["copied d"]),
        ("fan[11]", ["== fan[11].copy", "copied l", "== fan[11].check", "l is well"]),
        ("poll#1", ["look 1"]),
        ("poll#11.both", ["look 11"]),
        ("both", [line for number in range(1, 13) for line in (f"== poll#{number}.both.look", f"look {number}")]),
        ("last", []),
        ("last.gate", []),
    ],
)
def test_a_name_finds_what_it_names(many: Oyama, step: str, lines: list[str]) -> None:
    assert many("logs", "many#1", "--step", step, code=0).out.splitlines() == lines


def test_a_step_is_found_in_every_item_and_a_block_as_a_whole(many: Oyama) -> None:
    copied = many("logs", "many#1", "--step", "copy", "--json", code=0).json()
    assert sorted(one["output"] for one in copied) == [f"copied {host}" for host in "abcdefghijkl"]
    assert {one["step_id"] for one in copied} == {"copy"}
    assert len(many("logs", "many#1", "--step", "fan", code=0).out.splitlines()) == 2 * 2 * 12
    assert len(many("logs", "many#1", code=0).out.splitlines()) == 2 * (2 * 12 + 12)


@pytest.mark.parametrize("step", ["fan[12].copy", "fan[12]", "fan[0].look", "poll#13", "nowhere", "fan[0].nowhere", "gate", "]["])
@pytest.mark.parametrize("how", [(), ("--json",)])
def test_a_name_of_nothing_is_told(many: Oyama, step: str, how: tuple[str, ...]) -> None:
    told = many("logs", "many#1", "--step", step, *how, code=4)
    assert step in told.told
    assert "Traceback" not in told.told


def test_names_in_blocks_are_offered_to_shells(many: Oyama) -> None:
    assert set(offered(many, "logs", "many#1", "--step", "fan[11")) == {"fan[11].copy", "fan[11].check"}
    assert "poll#1.both.look" in offered(many, "logs", "many#1", "--step", "poll#1.")


def test_an_approval_in_an_item_names_its_step(oyama: Oyama) -> None:
    oyama("run", oyama.file("asking.yaml", ASKING), "--no-wait", code=5)
    [asked] = oyama("approvals", "--json", code=0).json()
    assert (asked["node"], asked["step_id"]) == ("fan[0].apply.gate", "apply")
