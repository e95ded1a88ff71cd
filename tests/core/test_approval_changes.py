"""What is told to be different between two contents that a person was asked to approve."""

from __future__ import annotations

import pytest

from oyama_tui.core import events as e
from oyama_tui.core.approval_changes import changes, line_counts


def evidence(**values: object) -> e.Evidence:
    return e.Evidence.model_validate(values)


def file(text: str = "", digest: str = "", path: str = "publish.sh", size: int = 0) -> e.FileEvidence:
    return e.FileEvidence(path=path, digest=digest, text=text, size=size)


CHANGES: list[tuple[dict[str, object], dict[str, object], tuple[str, ...]]] = [
    ({}, {}, ()),
    ({"target": "staging"}, {"target": "production"}, ("target: staging -> production",)),
    ({}, {"action": "./publish.sh"}, ("action: none -> ./publish.sh",)),
    ({"risk": "high"}, {}, ("risk: high -> normal",)),
    ({"prompt": "a\nb"}, {"prompt": "a\nc"}, ("prompt +1 -1",)),
    ({"form": {"a": {}, "b": {}}}, {"form": {"c": {}, "b": {"min": 1}}}, ("form: c is new", "form: b is different", "form: a is gone")),
    ({"evidence": evidence(preview="a\n")}, {"evidence": evidence(preview="a\nb\nc\n")}, ("preview +2 -0",)),
    ({"evidence": evidence(preview="a")}, {"evidence": evidence(preview="a\nb")}, ("preview +1 -0",)),
    ({"evidence": evidence(preview="a")}, {"evidence": evidence(preview="a\n")}, ("preview has other line ends",)),
    ({"evidence": evidence(exit_code=0)}, {"evidence": evidence(exit_code=1)}, ("preview exit code: 0 -> 1",)),
    ({"evidence": evidence(at=1)}, {"evidence": evidence(at=2)}, ()),
    (
        {"evidence": evidence(files=(file("a\nb\n", "1"),))},
        {"evidence": evidence(files=(file("a\nc\nd\n", "2"),))},
        ("publish.sh +2 -1",),
    ),
    ({"evidence": evidence(files=(file("a", "1"),))}, {"evidence": evidence(files=(file(),))}, ("publish.sh is missing now",)),
    ({"evidence": evidence(files=(file(),))}, {"evidence": evidence(files=(file("a", "1"),))}, ("publish.sh is new",)),
    ({"evidence": evidence(files=(file("a", "1"),))}, {}, ("publish.sh is no longer looked at",)),
    ({}, {"evidence": evidence(files=(file("a", "1"),))}, ("publish.sh is looked at for the first time",)),
    (
        {"evidence": evidence(files=(file("", "1", size=10),))},
        {"evidence": evidence(files=(file("", "2", size=20),))},
        ("publish.sh is different (10 -> 20 bytes)",),
    ),
]

RUN = {"action": "./go.sh", "kind": "run", "order": {"script": "./go.sh", "shell": ["/bin/sh", "-e", "-c"], "env": {"TO": "staging"}}}
CUT = {"preview": "head [...] tail", "truncated": True, "exit_code": 0}


def order(**values: object) -> dict[str, object]:
    return {**RUN, "order": {**RUN["order"], **values}}  # type: ignore[dict-item]


CHANGES += [
    (order(), order(env={"TO": "production"}), ("env TO: staging -> production",)),
    (order(stdin="yes"), order(), ("stdin: yes -> none",)),
    (order(), order(env={"TO": {"$secret": [{"name": "TOKEN"}]}}), ("env TO: staging -> ${TOKEN}",)),
    (order(), {**order(), "timeout": 60_000}, ("timeout: none -> 1m",)),
    (order(), order(shell=["/bin/bash"]), ('shell: none -> ["/bin/bash"]',)),
    ({"action": "./go.sh", "kind": "run"}, {**RUN, "timeout": 1, "directory": "/srv"}, ("all that the action gets is shown now",)),
    ({"directory": "/srv"}, {"directory": "/opt"}, ("folder of the workflow: /srv -> /opt",)),
    ({}, {"confirm": True}, ("the target must be typed now",)),
    ({}, {"proposal": "a\nb", "proposes": "diff"}, ("kind of what is proposed: none -> diff", "what is proposed +2 -0")),
    ({"editable": {"a.b": 1}}, {"editable": {"a.b": 1}, "edited": {"a.b": 2}}, ("a.b: 1 -> 2",)),
    ({"editable": {"a.b": "x\ny"}}, {"editable": {"a.b": "x\nz\n"}}, ("a.b +1 -1",)),
    ({"editable": {"a.b": 1}, "edited": {"a.b": 2}}, {"editable": {"a.b": 2}}, ()),
    ({}, {"back": "notes begins again"}, ("when it is sent back: none -> notes begins again",)),
    (
        {"approvers": e.ApproverRule(any_of=("ana",))},
        {"approvers": e.ApproverRule(any_of=("ana", "group:release"), quorum=2, min_wait=60_000)},
        (
            "who may answer: ana -> ana or the group release; 2 different people must say yes;"
            " a yes counts 1m after it was asked at the earliest",
        ),
    ),
    (
        {"preview_order": {"preview": {"argv": ["look", "a"], "env": {"A": "1"}}}},
        {"preview_order": {"preview": {"argv": ["look", "b"], "env": {"A": "2"}}}},
        ("preview command: look a -> look b", "of the preview: preview env A: 1 -> 2"),
    ),
    (
        {"evidence": evidence(**CUT, preview_size=300_000, preview_digest="a")},
        {"evidence": evidence(**CUT, preview_size=300_001, preview_digest="b")},
        ("preview is different in the part that is not shown (300,000 -> 300,001 bytes)",),
    ),
    (
        {"evidence": evidence(**CUT, preview_size=300_000, preview_digest="a")},
        {"evidence": evidence(**{**CUT, "preview": "head\nmore [...] tail"}, preview_size=300_005, preview_digest="b")},
        ("preview is different (300,000 -> 300,005 bytes, +2 -1 in what is shown)",),
    ),
    ({"evidence": evidence(**CUT)}, {"evidence": evidence(**CUT, preview_size=300_000, preview_digest="b")}, ()),
    ({"evidence": evidence()}, {"evidence": evidence(problem="a is gone")}, ("problem: none -> a is gone",)),
]


@pytest.mark.parametrize(("before", "now", "lines"), CHANGES)
def test_differences_are_told_a_line_each(before: dict[str, object], now: dict[str, object], lines: tuple[str, ...]) -> None:
    old, new = (e.ApprovalContent.model_validate({"title": "Go?", **values}) for values in (before, now))
    assert changes(old, new) == lines


@pytest.mark.parametrize(
    ("before", "now", "counts"),
    [
        ("", "a\nb", "+2 -0"),
        ("a\nb\n", "b\na\n", "has its lines in another order"),
        ("a", "a\n", "has other line ends"),
        ("x\n" * 9, "x\n" * 7, "+0 -2"),
    ],
)
def test_lines_are_counted(before: str, now: str, counts: str) -> None:
    assert line_counts(before, now) == counts


OTHER: dict[str, object] = {
    "title": "Other?",
    "prompt": "other",
    "target": "other",
    "risk": "high",
    "confirm": True,
    "action": "other",
    "kind": "python",
    "cwd": "other",
    "directory": "/other",
    "order": {**RUN["order"], "stdin": "other"},  # type: ignore[dict-item]
    "preview_order": {"files": ["other"], "cwd": "x", "preview": {"argv": ["other"]}},
    "timeout": 77,
    "yes": "other",
    "no": "other",
    "form": {"other": {}},
    "evidence": evidence(preview="other", preview_digest="other"),
    "from_answer": [["stdin"]],
    "proposal": "other",
    "proposes": "diff",
    "approvers": {"quorum": 2},
    "back": "other",
    "editable": {"notes.text": "other"},
    "edited": {"notes.text": "other"},
}


@pytest.mark.parametrize("field", list(e.ApprovalContent.model_fields))
def test_a_difference_in_each_field_is_told(field: str) -> None:
    full: dict[str, object] = {"title": "Go?", **RUN, "directory": "/srv", "preview_order": {"preview": {"argv": ["look"]}}}
    before = e.ApprovalContent.model_validate({**full, "evidence": evidence(preview_digest="a", preview="a")})
    now = e.ApprovalContent.model_validate({**before.model_dump(), field: OTHER[field]})
    assert changes(before, now)
    assert changes(now, now) == ()
