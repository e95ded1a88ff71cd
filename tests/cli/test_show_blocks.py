"""What `show` prints of a long loop and of rounds, and how the rest of them is reached."""

from __future__ import annotations

import pytest

from tests.cli.program import Oyama
from tests.cli.test_completion import offered

ITEMS = 24
MANY = f"""
id: many
steps:
  - id: fan
    for_each: {{items: {list(range(ITEMS))}, as: n, concurrency: 8}}
    steps:
      - {{id: check, run: 'test $((N % 8)) != 3', env: {{N: "${{{{ n }}}}"}}}}
    on_failure: continue
  - id: poll
    repeat: {{until: iteration >= 3, max: 5}}
    steps:
      - {{id: look, run: 'echo "look ${{{{ iteration }}}}"'}}
"""
FAILED = [3, 11, 19]


@pytest.fixture
def many(oyama: Oyama) -> Oyama:
    """A run of a loop of which some items failed, and of a repetition."""
    oyama("run", oyama.file("many.yaml", MANY), code=0)
    return oyama


def keys(many: Oyama, *words: str) -> list[str]:
    return [node["key"] for node in many("show", "many#1", *words, "--json", code=0).json()["nodes"]]


def test_every_item_of_a_long_loop_can_be_reached_page_by_page_the_failed_ones_first(many: Oyama) -> None:
    rest = [f"fan[{index}]" for index in range(ITEMS) if index not in FAILED]
    listed = [*(f"fan[{index}]" for index in FAILED), *rest]
    assert keys(many, "--block", "fan") == ["fan", *listed]
    assert keys(many, "--block", "fan", "--limit", "10", "--offset", "10") == ["fan", *listed[10:20]]
    assert keys(many, "--block", "fan", "--failed", "--limit", "2") == ["fan", "fan[3]", "fan[11]"]
    page = many("show", "many#1", "--block", "fan", "--limit", "10", "--offset", "10", "--json", code=0).json()["nodes"][0]
    assert page["span"] == {"before": 10, "shown": 10, "after": 4}
    told = many("show", "many#1", "--block", "fan", "--failed", "--limit", "2", code=0)
    assert [line.split()[0] for line in told.out.splitlines()] == ["STEP", "fan", "3", "11"]
    assert "1 to 2 of 3. The next ones: --offset 2" in told.err
    assert "fan[11]" in told.out


def test_an_item_and_a_round_are_shown_with_their_steps(many: Oyama) -> None:
    assert keys(many, "--block", "fan[11]") == ["fan[11]", "fan[11].check"]
    assert keys(many, "--block", "poll") == ["poll", "poll#3", "poll#2", "poll#1"]
    assert keys(many, "--block", "poll#1") == ["poll#1", "poll#1.look"]
    many("show", "many#1", "--block", "poll#1", code=0)


def test_the_whole_run_says_how_to_see_what_it_leaves_out(many: Oyama) -> None:
    told = many("show", "many#1", code=0).out
    assert "--block fan" in told
    assert "--block poll" in told
    assert "round 3" in told
    assert "round 1" not in told


@pytest.mark.parametrize("key", ["nowhere", "fan[24]", "fan[", "poll#4", "poll#0", "fan[0].check", "zzz.fan", "fan#1", "poll[0]", "]["])
def test_a_block_that_is_not_there_is_told_with_those_that_are(many: Oyama, key: str) -> None:
    told = many("show", "many#1", "--block", key, code=4).err
    assert "many #1 has no block, item or round" in told
    assert "Its blocks: fan, poll. " in told


@pytest.mark.parametrize("words", [("--failed",), ("--limit", "3"), ("--offset", "3"), ("--failed", "--offset", "1")])
def test_what_is_said_of_the_items_of_no_block_is_refused(many: Oyama, words: tuple[str, ...]) -> None:
    assert "with --block" in many("show", "many#1", *words, code=2).err


def test_only_a_loop_has_items_that_failed(many: Oyama) -> None:
    assert "is no loop" in many("show", "many#1", "--block", "poll", "--failed", code=2).err


def test_blocks_are_offered(many: Oyama) -> None:
    found = offered(many, "show", "many#1", "--block", "")
    assert {"fan", "poll", "poll#3", "fan[3]"} <= set(found)
    assert "fan[3].check" not in found
