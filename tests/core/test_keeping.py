"""Which runs a cleanup removes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from oyama_tui.core.keeping import Kept, choose
from oyama_tui.core.views import KeepRules

DAY = 86_400_000
NOW = 1_000 * DAY


def run(
    key: int, age: int | None, phase: str = "completed", *, w: str = "a", pinned: bool = False, parent: int = 0, size: int = 10
) -> Kept:
    """A run that ended so many days ago; a live one without."""
    ended = None if age is None else NOW - age * DAY
    return Kept(key, f"r{key}", w, key, phase if age is not None else "running", ended, size, pinned, f"r{parent}" if parent else "")


AGES = [run(1, 90), run(2, 60, "failed"), run(3, 40), run(4, 20, "cancelled"), run(5, 1)]
CASES: Mapping[str, tuple[list[Kept], KeepRules, list[int], int]] = {
    "nothing without a rule": (AGES, KeepRules(), [], 0),
    "the newest stay": (AGES, KeepRules(newest=2), [1, 2, 3], 0),
    "none stays when none is wanted": (AGES, KeepRules(newest=0), [1, 2, 3, 4, 5], 0),
    "what is older goes": (AGES, KeepRules(older_than=30 * DAY), [1, 2, 3], 0),
    "exactly that old is not older": ([run(1, 30)], KeepRules(older_than=30 * DAY), [], 0),
    "failed ones by their own age": (AGES, KeepRules(older_than=10 * DAY, failed_older_than=50 * DAY), [1, 2, 3], 0),
    "failed ones stay longer": (AGES, KeepRules(older_than=10 * DAY, failed_older_than=70 * DAY), [1, 3], 0),
    "only failed ones": (AGES, KeepRules(failed_older_than=10 * DAY), [2, 4], 0),
    "the newest stay whatever their age": (AGES, KeepRules(newest=4, older_than=0), [1], 0),
    "beyond the newest an age still counts": (AGES, KeepRules(newest=1, older_than=50 * DAY), [1, 2], 0),
    "beyond the newest without an age at once": (AGES, KeepRules(newest=1, failed_older_than=100 * DAY), [1, 3], 0),
    "live ones never": ([run(1, None), run(2, 5)], KeepRules(newest=0), [2], 0),
    "live ones are among the newest": ([run(1, 9), run(2, 8), run(3, None)], KeepRules(newest=1), [1, 2], 0),
    "pinned ones never": ([run(1, 90, pinned=True), run(2, 80)], KeepRules(older_than=0), [2], 1),
    "the newest of each workflow": ([run(1, 9, w="a"), run(2, 9, w="b"), run(3, 8, w="a")], KeepRules(newest=1), [1], 0),
    "a child goes with its parent": ([run(1, 9), run(2, 9, w="b", parent=1), run(3, 1)], KeepRules(newest=1), [1, 2], 0),
    "a child of a run that stays stays": ([run(1, 9), run(2, 9, w="b", parent=1), run(3, 9, w="b")], KeepRules(newest=1), [], 0),
    "a child of a live run stays": ([run(1, None), run(2, 99, w="b", parent=1)], KeepRules(older_than=0), [], 0),
    "a grandchild too": ([run(1, 9), run(2, 9, parent=1), run(3, 9, parent=2), run(4, 1)], KeepRules(newest=1), [1, 2, 3], 0),
    "a live child keeps its parent": ([run(1, 9), run(2, None, parent=1)], KeepRules(newest=0), [], 0),
    "a pinned child keeps its family": ([run(1, 9), run(2, 9, pinned=True, parent=1)], KeepRules(newest=0), [], 2),
    "a child whose parent is gone is judged alone": ([run(2, 9, parent=1)], KeepRules(older_than=DAY), [2], 0),
    "the age of a family is that of its last": ([run(1, 40), run(2, 20, parent=1)], KeepRules(older_than=30 * DAY), [], 0),
}


@pytest.mark.parametrize(("runs", "rules", "goes", "pinned"), CASES.values(), ids=CASES)
def test_what_goes(runs: list[Kept], rules: KeepRules, goes: list[int], pinned: int) -> None:
    choice = choose(reversed(runs), lambda _: rules, NOW)
    assert sorted(kept.key for kept in choice.goes) == goes
    assert choice.pinned == pinned


def test_the_oldest_go_first_and_parents_before_their_children() -> None:
    runs = [run(1, 5), run(2, 30), run(3, 30, parent=2), run(4, 10)]
    assert [kept.key for kept in choose(runs, lambda _: KeepRules(newest=0), NOW).goes] == [2, 3, 4, 1]


SIZES: Mapping[str, tuple[list[Kept], KeepRules, int, list[int]]] = {
    "what fits stays": (AGES, KeepRules(), 50, []),
    "the oldest go until it fits": (AGES, KeepRules(), 25, [1, 2, 3]),
    "what goes anyway counts no more": (AGES, KeepRules(older_than=80 * DAY), 40, [1]),
    "the newest go too": (AGES, KeepRules(newest=5), 15, [1, 2, 3, 4]),
    "live ones count and stay": ([run(1, None), run(2, 9), run(3, 8)], KeepRules(), 0, [2, 3]),
    "pinned ones count and stay": ([run(1, 9, pinned=True), run(2, 8), run(3, 7)], KeepRules(), 20, [2]),
    "families go whole": ([run(1, 9), run(2, 9, parent=1), run(3, 8)], KeepRules(), 15, [1, 2]),
}


@pytest.mark.parametrize(("runs", "rules", "most", "goes"), SIZES.values(), ids=SIZES)
def test_what_goes_for_its_size(runs: list[Kept], rules: KeepRules, most: int, goes: list[int]) -> None:
    assert sorted(kept.key for kept in choose(runs, lambda _: rules, NOW, most).goes) == goes


def test_each_workflow_has_its_own_rules() -> None:
    rules = {"a": KeepRules(newest=0), "b": KeepRules(newest=1)}
    runs = [run(1, 9, w="a"), run(2, 9, w="b"), run(3, 8, w="b"), run(4, 9, w="c")]
    assert [kept.key for kept in choose(runs, lambda workflow: rules.get(workflow, KeepRules()), NOW).goes] == [1, 2]
