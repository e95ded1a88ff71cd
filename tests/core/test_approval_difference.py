"""The parts of two contents that a person was asked to approve, and which of them are different."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from oyama_tui.core import events as e
from oyama_tui.core.approval_changes import changes
from oyama_tui.core.approval_difference import part_differences
from tests.core.test_approval_changes import CHANGES, evidence, file


def content(**values: object) -> e.ApprovalContent:
    return e.ApprovalContent.model_validate({"title": "Publish", **values})


def different(before: Mapping[str, object], now: Mapping[str, object]) -> dict[str, tuple[str, str, str]]:
    parts, _ = part_differences(content(**before), content(**now))
    return {part.name: (part.before, part.now, part.note) for part in parts}


@pytest.mark.parametrize(("before", "now", "lines"), CHANGES)
def test_there_is_a_part_for_whatever_the_card_says_is_different(
    before: dict[str, object], now: dict[str, object], lines: tuple[str, ...]
) -> None:
    assert bool(different(before, now)) == bool(lines)


@pytest.mark.parametrize("field", sorted(set(e.ApprovalContent.model_fields) - {"evidence"}))
def test_no_value_of_a_question_can_be_different_unseen(field: str) -> None:
    values: dict[str, object] = {
        "order": {"script": "b"},
        "preview_order": {"preview": {"argv": ["b"]}},
        "form": {"b": {}},
        "editable": {"notes.text": "b"},
        "edited": {"notes.text": "b"},
        "from_answer": [["script"]],
        "approvers": {"any_of": ["ana"]},
        "confirm": True,
        "timeout": 5,
        "risk": "high",
        "proposes": "diff",
    }
    before = {"directory": "/a", "preview_order": {"preview": {"argv": ["a"]}}, "order": {"script": "a"}, "action": "a"}
    assert different(before, {**before, field: values.get(field, "other")})


def test_the_whole_texts_of_both_sides_are_there() -> None:
    old = {"prompt": "a\nb", "action": "./go.sh v1", "evidence": evidence(preview="x\n", files=(file("1\n", "1"),))}
    new = {"prompt": "a\nc", "action": "./go.sh v2", "evidence": evidence(preview="y\n", files=(file("2\n", "2"),))}
    assert different(old, new) == {
        "action": ("./go.sh v1", "./go.sh v2", ""),
        "preview": ("x\n", "y\n", ""),
        "publish.sh": ("1\n", "2\n", ""),
        "prompt": ("a\nb", "a\nc", ""),
    }
    assert list(different(old, new)) == ["action", "preview", "publish.sh", "prompt"]


def test_parts_that_are_the_same_are_named() -> None:
    same = {"prompt": "a", "action": "./go.sh", "evidence": evidence(files=(file("", "1", size=9),))}
    assert part_differences(content(**same), content(**same, target="eu"))[1] == ("action", "publish.sh", "prompt")


@pytest.mark.parametrize(
    ("before", "now", "note"),
    [
        (
            (file("", "a" * 64, size=10),),
            (file("", "b" * 64, size=20),),
            "its content is not shown: 10 bytes aaaaaaaaaaaa, now 20 bytes bbbb",
        ),
        ((file("x", "a"),), (file(),), "it is missing now"),
        ((file(),), (file("x", "a"),), "it did not exist"),
        ((file("x", "a"),), (), "it is no longer looked at"),
        ((), (file("x", "a"),), "it is looked at for the first time"),
        ((file("x", "a", size=1),), (file("x\n", "b", size=2),), "only one of them ends with a line break"),
    ],
)
def test_what_the_texts_of_a_file_do_not_show_is_said(
    before: tuple[e.FileEvidence, ...], now: tuple[e.FileEvidence, ...], note: str
) -> None:
    assert note in different({"evidence": evidence(files=before)}, {"evidence": evidence(files=now)})["publish.sh"][2]


def test_colours_do_not_hide_a_difference() -> None:
    told = different({"evidence": evidence(preview="\x1b[31mno")}, {"evidence": evidence(preview="no")})
    assert told["preview"] == ("no", "no", "only its colours are different")


def test_values_that_may_be_changed_are_parts_of_their_own_and_a_changed_one_counts_as_it_is_now() -> None:
    before = {"editable": {"notes.text": "one\ntwo", "notes.count": 3}}
    now = {"editable": {"notes.text": "one", "notes.count": 3}, "edited": {"notes.text": "one\nthree"}}
    assert different(before, now) == {"value notes.text": ("one\ntwo", "one\nthree", "")}
    back = {"editable": {"notes.text": "one\nthree", "notes.count": 3}}
    assert different(now, back) == {}
    assert changes(content(**now), content(**back)) == ()
