"""What a row of a run's tree says of its node."""

from __future__ import annotations

import pytest

from oyama_tui.core.format import near_minute
from oyama_tui.core.node_notes import attempt_note, attempt_word, gate_note, gate_word
from oyama_tui.core.views import StepWord

NOW = 1_770_127_512_000


@pytest.mark.parametrize(
    ("status", "ended", "word"),
    [
        (None, False, "pending"),
        (None, True, "pending"),
        ("running", False, "running"),
        ("interrupted", False, "ready"),
        ("interrupted", True, "cancelled"),
        ("waiting", True, "cancelled"),
        ("completed", True, "completed"),
    ],
)
def test_a_node_has_the_word_of_its_newest_attempt(status: str | None, ended: bool, word: str) -> None:
    assert attempt_word(status, ended=ended) == word


@pytest.mark.parametrize(
    ("word", "approval", "silence", "ended", "shown"),
    [
        ("completed", None, "reject", False, "ready"),
        ("completed", None, "reject", True, "completed"),
        ("completed", "pending", "reject", False, "waiting"),
        ("running", "approved", "reject", False, "running"),
        ("completed", "expired", "reject", False, "rejected"),
        ("completed", "expired", "fail", False, "failed"),
        ("completed", "expired", "approve", False, "completed"),
        ("failed", "approved", "reject", True, "failed"),
    ],
)
def test_a_gate_has_the_word_of_its_approval(word: StepWord, approval: str | None, silence: str, ended: bool, shown: str) -> None:
    assert gate_word(word, approval, silence, ended=ended) == shown


@pytest.mark.parametrize(
    ("word", "status", "error", "due", "note"),
    [
        ("skipped", "skipped", "if is false\nreally", None, "skipped: if is false…"),
        ("failed", "failed", "exit code 2", None, "exit code 2"),
        ("retrying", "retrying", "", NOW + 2_001, "retry in 3s"),
        ("retrying", "retrying", "", NOW - 5_000, "retry in 1s"),
        ("waiting", "waiting", "", NOW + 90_000, f"waits until {near_minute(NOW + 90_000, NOW)}"),
        ("ready", "interrupted", "", None, "interrupted"),
        ("completed", "completed", "", None, ""),
    ],
)
def test_an_attempt_is_told_in_a_few_words(word: StepWord, status: str, error: str, due: int | None, note: str) -> None:
    assert attempt_note(word, status, error, due, NOW) == note


def test_a_block_rests_between_two_rounds() -> None:
    due = NOW + 90_000
    assert attempt_note("waiting", "waiting", "", due, NOW, rests=True) == f"rests until {near_minute(due, NOW)}"


@pytest.mark.parametrize(
    ("word", "approval", "error", "note"),
    [
        ("running", "approved", "", "looks at what would happen"),
        ("ready", None, "", "asks a person"),
        ("failed", None, "the preview failed", "the preview failed"),
        ("waiting", "pending", "", "asks a person"),
        ("completed", "approved", "", "approved by ana"),
        ("rejected", "rejected", "", "rejected by ana"),
        ("failed", "expired", "", "nobody answered in time"),
        ("cancelled", "cancelled", "", "withdrawn"),
    ],
)
def test_a_gate_says_what_became_of_its_question(word: StepWord, approval: str | None, error: str, note: str) -> None:
    assert gate_note(word, approval, "ana", error) == note


@pytest.mark.parametrize("unknown", ["", "unheard of"])
def test_a_status_that_does_not_exist_is_no_word(unknown: str) -> None:
    with pytest.raises(KeyError):
        attempt_word(unknown, ended=False)
    with pytest.raises(KeyError):
        gate_word("ready", unknown, "reject", ended=False)
    with pytest.raises(KeyError):
        gate_note("waiting", unknown, "ana", "")
