"""What is different between two contents that a person was asked to approve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from oyama_tui.core.events import ApprovalContent, FileEvidence
from oyama_tui.store.queries.event_text import one_line

_SHOWN = 60
"""Characters of each value in a line."""
_VALUES: Final = {
    "title": "title",
    "target": "target",
    "action": "action",
    "cwd": "directory",
    "risk": "risk",
    "yes": "after a yes",
    "no": "after a no",
}


def changes(before: ApprovalContent, now: ApprovalContent) -> tuple[str, ...]:
    """The differences, each in one line: `title: Publish v1 -> Publish v2`, `publish.sh +3 -1`.

    Args:
        before: What was approved.
        now: What is asked.
    """
    return tuple(_changes(before, now))


def _changes(before: ApprovalContent, now: ApprovalContent) -> Iterator[str]:
    for field, name in _VALUES.items():
        old, new = getattr(before, field), getattr(now, field)
        if old != new:
            yield f"{name}: {_short(old)} -> {_short(new)}"
    if before.prompt != now.prompt:
        yield f"prompt {line_counts(before.prompt, now.prompt)}"
    yield from _form_changes(before, now)
    yield from _evidence_changes(before, now)


def _form_changes(before: ApprovalContent, now: ApprovalContent) -> Iterator[str]:
    for name in dict.fromkeys([*now.form, *before.form]):
        if name not in before.form:
            yield f"form: {name} is new"
        elif name not in now.form:
            yield f"form: {name} is gone"
        elif before.form[name] != now.form[name]:
            yield f"form: {name} is different"


def _evidence_changes(before: ApprovalContent, now: ApprovalContent) -> Iterator[str]:
    old_files = {file.path: file for file in before.evidence.files}
    new_files = {file.path: file for file in now.evidence.files}
    for path in dict.fromkeys([*new_files, *old_files]):
        difference = _file_change(old_files.get(path), new_files.get(path))
        if difference:
            yield f"{path} {difference}"
    if before.evidence.preview != now.evidence.preview:
        yield f"preview {line_counts(before.evidence.preview, now.evidence.preview)}"
    if before.evidence.exit_code != now.evidence.exit_code:
        yield f"preview exit code: {_short(before.evidence.exit_code)} -> {_short(now.evidence.exit_code)}"


def _file_change(old: FileEvidence | None, new: FileEvidence | None) -> str:
    """How a file is different, in a few words; empty when it is not."""
    if new is None:
        return "is no longer looked at"
    if old is None:
        return "is looked at for the first time"
    if old.digest == new.digest:
        return ""
    if not new.digest:
        return "is missing now"
    if not old.digest:
        return "is new"
    if old.text and new.text:
        return line_counts(old.text, new.text)
    return f"is different ({old.size} -> {new.size} bytes)"


def line_counts(before: str, now: str) -> str:
    """How many lines came and went: `+3 -1`.

    Lines are counted, not aligned: that takes linear time on any text, where an aligning diff of 64 KiB can take seconds.
    """
    was, is_now = before.splitlines(), now.splitlines()
    old, new = Counter(was), Counter(is_now)
    added, removed = (new - old).total(), (old - new).total()
    if added or removed:
        return f"+{added} -{removed}"
    return "has its lines in another order" if was != is_now else "has other line ends"


def _short(value: object) -> str:
    return one_line(str(value), _SHOWN) if value not in ("", None) else "none"
