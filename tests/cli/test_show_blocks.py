"""What `show` prints of a long loop and of rounds, and how the rest of them is reached."""

from __future__ import annotations

import re

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


ASKING = f"""
id: many
steps:
  - id: fan
    for_each: {{items: {list(range(ITEMS))}, as: n, concurrency: {ITEMS}}}
    steps:
      - {{id: go, gate: "Go ${{{{ n }}}}?"}}
"""


def test_the_questions_in_all_items_of_a_long_loop_are_known_not_only_those_that_the_tree_shows(oyama: Oyama) -> None:
    oyama("run", oyama.file("many.yaml", ASKING), "--no-wait", code=5)
    again = oyama("resume", "many@latest", "--no-wait", code=5).out
    assert [index for index in range(ITEMS) if f"Go {index}?" in again] == list(range(20))
    assert f"{ITEMS - 20} more questions wait" in again
    shown = oyama("show", "many@latest", code=0).out
    assert shown.count("Answer:") == 20
    assert f"{ITEMS - 20} more wait:" in shown
    watching = oyama.start("watch", "many@latest")
    oyama("cancel", "many@latest", code=0)
    told, _ = watching.communicate(timeout=30)
    assert "cancelled" in told
    for approval in oyama("show", "many@latest", "--json", code=0).json()["approvals"]:
        assert approval["status"] == "cancelled"


def test_who_watches_a_run_is_told_every_open_question_and_none_that_was_answered(oyama: Oyama) -> None:
    oyama("run", oyama.file("many.yaml", ASKING), "--no-wait", code=5)
    asked = oyama("approvals", "--json", "--limit", "100", code=0).json()
    answered = next(row for row in asked if row["title"] == "Go 23?")
    oyama("approve", answered["id"], "--yes", code=0)
    with oyama.start("watch", "many@latest") as watching:
        assert watching.stdout is not None
        told: set[str] = set()
        while len(told) < ITEMS - 1:
            line = watching.stdout.readline()
            assert line, told
            told |= set(re.findall(r"Go \d+\?", line))
        watching.terminate()
    assert told == {f"Go {index}?" for index in range(ITEMS) if index != 23}


def test_a_run_is_not_left_while_an_item_beyond_those_shown_is_tried_again(oyama: Oyama) -> None:
    text = f"""
id: late
steps:
  - id: fan
    for_each: {{items: {list(range(ITEMS))}, as: n, concurrency: {ITEMS}}}
    steps:
      - {{id: go, gate: "Go ${{{{ n }}}}?", if: "n != 15"}}
      - id: again
        if: "n == 15"
        run: test -e done || (touch done; exit 1)
        retry: {{max_attempts: 2, interval: 1500ms, jitter: false}}
"""
    oyama("run", oyama.file("late.yaml", text), "--no-wait", code=5)
    item = oyama("show", "late@latest", "--block", "fan[15]", "--json", code=0).json()["nodes"]
    assert [(node["key"], node["status"]) for node in item if node["kind"] == "run"] == [("fan[15].again", "completed")]
