"""Cleanup, pins and deleting from the command line."""

from __future__ import annotations

import pexpect
import pytest

from tests.cli.program import GATED, LINEAR, Oyama

SET = "id: quick\nsteps:\n  - {id: a, set: {k: 1}}\n"


@pytest.fixture
def quick(oyama: Oyama) -> Oyama:
    """Four runs of one workflow that are over."""
    oyama.file("quick.yaml", SET)
    for _ in range(4):
        oyama("run", "quick.yaml", code=0)
    return oyama


def runs(oyama: Oyama) -> list[str]:
    return [row["label"] for row in reversed(oyama("runs", "--json", code=0).json())]


def test_a_dry_run_shows_what_would_go_and_removes_nothing(quick: Oyama) -> None:
    told = quick("cleanup", "--keep", "1", "--dry-run", code=0)
    assert "quick #1" in told.out
    assert "3 runs would go, about" in told.out
    assert "; 1 stays." in told.out
    assert len(runs(quick)) == 4
    planned = quick("cleanup", "--keep", "1", "--dry-run", "--json", code=0).json()
    assert (planned["id"], planned["status"], planned["runs"], planned["kept"], planned["removed"]) == ("cleanup", "planned", 3, 1, None)
    assert [row["label"] for row in planned["rows"]] == ["quick #1", "quick #2", "quick #3"]


def test_nobody_to_ask_needs_a_yes(quick: Oyama) -> None:
    refused = quick("cleanup", "--keep", "1", code=2)
    assert "there is nobody to ask here" in refused.err
    assert "--yes" in refused.err
    assert len(runs(quick)) == 4
    done = quick("cleanup", "--keep", "1", "--yes", code=0)
    assert "Removed 3 runs: the " in done.out
    assert runs(quick) == ["quick #4"]
    assert "Nothing has to go: 1 run stays." in quick("cleanup", "--keep", "1", "--yes", code=0).out
    assert quick("verify", code=0)
    removed = quick("cleanup", "--keep", "0", "--yes", "--json", code=0).json()
    assert (removed["status"], removed["removed"]["runs"]) == ("removed", 1)


def test_a_person_is_asked_with_the_plan_before_them(quick: Oyama) -> None:
    for answer, left, words in (("n", 4, "Nothing was removed."), ("y", 1, "Removed 3 runs")):
        with pexpect.spawn(
            quick.argv()[0], quick.argv("cleanup", "--keep", "1")[1:], env=quick.env, cwd=str(quick.folder), timeout=30
        ) as child:
            child.expect("3 runs would go")
            child.expect("Remove 3 runs for good")
            child.sendline(answer)
            child.expect(words)
            child.expect(pexpect.EOF)
        assert len(runs(quick)) == left


def test_without_any_rule_a_sentence_says_so(quick: Oyama) -> None:
    for words in (("cleanup",), ("cleanup", "--yes"), ("cleanup", "--dry-run"), ("cleanup", "--workflow", "quick", "--yes")):
        told = quick(*words, code=2)
        assert "Nothing says which runs may go, so nothing is removed." in told.err
        assert "--keep 20" in told.err
    assert len(runs(quick)) == 4


def test_the_settings_and_definitions_are_rules_too(quick: Oyama) -> None:
    assert "2 runs would go" in quick("cleanup", "--dry-run", env={"OYAMA_KEEP_NEWEST": "2"}, code=0).out
    assert "Nothing has to go" in quick("cleanup", "--dry-run", env={"OYAMA_KEEP_DAYS": "1"}, code=0).out
    quick.file("quick.yaml", "keep: {newest: 4}\n" + SET)
    quick("run", "quick.yaml", code=0)
    assert "1 run would go" in quick("cleanup", "--dry-run", env={"OYAMA_KEEP_NEWEST": "2"}, code=0).out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--older-than", "soon"), "'soon' is no duration"),
        (("--failed-older-than", "30"), "no duration"),
        (("--max-bytes", "much"), "'much' is no size"),
        (("--max-bytes", "-1G"), "is no size"),
        (("--keep", "-1"), "greater than or equal to 0"),
        (("--keep", "1", "--dry-run", "--yes"), "it goes with neither --yes nor --compact"),
    ],
)
def test_bad_words_are_told(oyama: Oyama, words: tuple[str, ...], told: str) -> None:
    assert told in oyama("cleanup", *words, code=2).err


def test_an_unknown_workflow_is_told(quick: Oyama) -> None:
    assert "no workflow 'quik'" in quick("cleanup", "--workflow", "quik", "--keep", "1", "--yes", code=4).err
    assert "quik" in quick("delete", "quik", "--yes", code=4).err


def test_a_size_removes_the_oldest(quick: Oyama) -> None:
    assert "4 runs would go" in quick("cleanup", "--max-bytes", "0", "--dry-run", code=0).out
    assert "Nothing has to go" in quick("cleanup", "--max-bytes", "1.5G", "--dry-run", code=0).out


def test_a_pinned_run_stays(quick: Oyama) -> None:
    assert "quick #2 is pinned: no cleanup removes it." in quick("pin", "quick#2", code=0).out
    assert quick("show", "quick#2", "--json", code=0).json()["pinned"] is True
    assert "3 runs would go" in (told := quick("cleanup", "--keep", "0", "--dry-run", code=0).out)
    assert "1 more would go and is pinned" in told
    quick("cleanup", "--keep", "0", "--yes", code=0)
    assert runs(quick) == ["quick #2"]
    refused = quick("delete", "quick#2", "--yes", code=7)
    assert "is pinned, so it is kept" in refused.err
    assert "unpin quick#2" in refused.err
    assert "quick #2 is no longer pinned." in quick("unpin", "quick#2", code=0).out
    assert quick("delete", "quick#2", "--yes", "--json", code=0).json()["removed"]["runs"] == 1
    quick("show", "quick#2", code=4)
    assert "quick #5" in quick("run", "quick.yaml", code=0).told


def test_a_live_run_is_not_deleted(oyama: Oyama) -> None:
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    refused = oyama("delete", "gated@latest", "--yes", code=7)
    assert "is not over" in refused.err
    assert "cancel gated#1" in refused.err
    assert "live run" in oyama("delete", "gated", "--history", "--yes", code=7).err
    assert "Nothing has to go: 1 run stays." in oyama("cleanup", "--keep", "0", "--yes", code=0).out


def test_a_workflow_is_deleted_with_its_history_or_without(quick: Oyama) -> None:
    kept = quick("delete", "quick", "--yes", code=0)
    assert "Deleted quick; its file and its history stay." in kept.out
    assert len(runs(quick)) == 4
    assert quick("list", "--json", code=0).json() == []
    gone = quick("delete", "quick", "--history", "--yes", code=0)
    assert "Removed 4 runs" in gone.out
    assert runs(quick) == []
    assert (quick.folder / "quick.yaml").exists()
    assert "--history is for workflows" in _history_of_a_run(quick)


def _history_of_a_run(oyama: Oyama) -> str:
    oyama("run", "quick.yaml", code=0)
    return oyama("delete", "quick#5", "--history", "--yes", code=2).err


@pytest.mark.parametrize("words", [("cleanup", "--keep", "0", "--yes"), ("delete", "linear#1", "--yes"), ("unpin", "linear#1")])
def test_agents_remove_nothing(oyama: Oyama, words: tuple[str, ...]) -> None:
    oyama("run", oyama.file("linear.yaml", LINEAR), code=0)
    refused = oyama(*words, env={"CLAUDECODE": "1"}, code=77)
    assert "acts for the agent claude" in refused.err
    assert len(runs(oyama)) == 1


def test_a_step_removes_nothing(oyama: Oyama) -> None:
    oyama("run", oyama.file("linear.yaml", LINEAR), code=0)
    step = "id: sly\nsteps:\n  - {id: a, run: '%s -m oyama_tui delete linear#1 --yes'}\n" % oyama.argv()[0]  # noqa: UP031
    told = oyama("run", oyama.file("sly.yaml", step), code=1).told
    assert "a step of run sly-" in told
    assert "linear #1" in runs(oyama)
