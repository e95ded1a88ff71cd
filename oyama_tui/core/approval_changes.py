"""What is different between two contents that a person was asked to approve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import JsonValue

from oyama_tui.core.approvers import rule_words
from oyama_tui.core.definition.base import format_duration
from oyama_tui.core.events import ApprovalContent, Evidence, FileEvidence
from oyama_tui.core.order_text import command_text, order_lines, preview_lines, said_by_action
from oyama_tui.core.text import first_line

Lines = tuple[tuple[str, str], ...]
_SHOWN = 60
"""Characters of each value in a line."""
_VALUES: Final = {
    "title": "title",
    "target": "target",
    "action": "action",
    "kind": "kind of step",
    "cwd": "directory",
    "directory": "folder of the workflow",
    "risk": "risk",
    "yes": "after a yes",
    "no": "after a no",
    "back": "when it is sent back",
    "proposes": "kind of what is proposed",
}


def changes(before: ApprovalContent, now: ApprovalContent) -> tuple[str, ...]:
    """The differences, each in one line: `title: Publish v1 -> Publish v2`, `publish.sh +3 -1`.

    Args:
        before: What was approved.
        now: What is asked.
    """
    now = as_far_as_kept(before, now)
    found = tuple(_changes(before, now))
    if not found and is_otherwise_different(before, now):
        return ("something else that the digest covers is different",)
    return found


def is_otherwise_different(before: ApprovalContent, now: ApprovalContent) -> bool:
    """Whether something besides the evidence is different.

    Args:
        before: What was approved.
        now: What is asked, as far as it was kept of what was approved.
    """
    return before.model_copy(update={"evidence": now.evidence}) != now


def as_far_as_kept(before: ApprovalContent, now: ApprovalContent) -> ApprovalContent:
    """What is asked, without what older journals do not have of what was approved; its order is told otherwise.

    Args:
        before: What was approved.
        now: What is asked.
    """
    values: dict[str, object] = {} if before.directory else {"directory": ""}
    if before.values_now == now.values_now:
        values |= {"editable": before.editable, "edited": before.edited}
    if now.order and not before.order:
        values |= {"timeout": before.timeout, "from_answer": before.from_answer}
    if not before.preview_order:
        values["preview_order"] = {}
    if not before.evidence.preview_digest:
        same = {"preview_digest": "", "preview_size": before.evidence.preview_size, "truncated": before.evidence.truncated}
        values["evidence"] = now.evidence.model_copy(update=same)
    return now.model_copy(update=values)


def _changes(before: ApprovalContent, now: ApprovalContent) -> Iterator[str]:
    for field, name in _VALUES.items():
        old, new = getattr(before, field), getattr(now, field)
        if old != new:
            yield f"{name}: {_short(old)} -> {_short(new)}"
    if before.prompt != now.prompt:
        yield f"prompt {line_counts(before.prompt, now.prompt)}"
    if before.proposal != now.proposal:
        yield f"what is proposed {line_counts(before.proposal, now.proposal)}"
    if before.approvers != now.approvers:
        yield f"who may answer: {rule_of(before)} -> {rule_of(now)}"
    yield from _value_changes(before.values_now, now.values_now)
    if before.confirm != now.confirm:
        yield f"the target {'must be typed now' if now.confirm else 'need not be typed any more'}"
    if before.timeout != now.timeout:
        yield f"timeout: {_time(before.timeout)} -> {_time(now.timeout)}"
    yield from _order_changes(before, now)
    yield from _form_changes(before, now)
    yield from _evidence_changes(before, now)


def rule_of(content: ApprovalContent) -> str:
    """Who may answer, in words.

    Args:
        content: What is asked.
    """
    rule = content.approvers
    if rule is None:
        return "anybody"
    return rule_words(rule) or "anybody"


def _time(milliseconds: int | None) -> str:
    return "none" if milliseconds is None else format_duration(milliseconds)


def _order_changes(before: ApprovalContent, now: ApprovalContent) -> Iterator[str]:
    """Differences in what the action and the preview get, but for what is in the action's own words."""
    if now.order and not before.order and before.kind == now.kind and before.action:
        yield "all that the action gets is shown now"
    else:
        yield from _line_changes(
            order_lines(before.order, said=said_by_action(before)), order_lines(now.order, said=said_by_action(now)), ""
        )
    old, new = (_preview_command(content) for content in (before, now))
    if old != new:
        yield f"preview command: {_short(old)} -> {_short(new)}"
    yield from _line_changes(preview_lines(before), preview_lines(now), "of the preview: ")
    if before.from_answer != now.from_answer:
        yield "other values are filled in from the answer"


def _preview_command(content: ApprovalContent) -> str:
    preview = content.preview_order.get("preview")
    return command_text(preview) if isinstance(preview, dict) else ""


def _line_changes(before: Lines, now: Lines, whose: str) -> Iterator[str]:
    old, new = dict(before), dict(now)
    for name in dict.fromkeys([*new, *old]):
        if old.get(name) != new.get(name):
            yield f"{whose}{name}: {_short(old.get(name))} -> {_short(new.get(name))}"


def _form_changes(before: ApprovalContent, now: ApprovalContent) -> Iterator[str]:
    for name in dict.fromkeys([*now.form, *before.form]):
        if name not in before.form:
            yield f"form: {name} is new"
        elif name not in now.form:
            yield f"form: {name} is gone"
        elif before.form[name] != now.form[name]:
            yield f"form: {name} is different"


def _value_changes(before: Mapping[str, JsonValue], now: Mapping[str, JsonValue]) -> Iterator[str]:
    """Which values are different that may be changed."""
    for name in dict.fromkeys((*before, *now)):
        old, new = before.get(name), now.get(name)
        if old == new:
            continue
        long = isinstance(old, str) and isinstance(new, str) and "\n" in f"{old}{new}"
        yield f"{name} {line_counts(str(old), str(new))}" if long else f"{name}: {_short(old)} -> {_short(new)}"


def _evidence_changes(before: ApprovalContent, now: ApprovalContent) -> Iterator[str]:
    old_files = {file.path: file for file in before.evidence.files}
    new_files = {file.path: file for file in now.evidence.files}
    for path in dict.fromkeys([*new_files, *old_files]):
        difference = _file_change(old_files.get(path), new_files.get(path))
        if difference:
            yield f"{path} {difference}"
    yield from _preview_changes(before.evidence, now.evidence)
    if before.evidence.exit_code != now.evidence.exit_code:
        yield f"preview exit code: {_short(before.evidence.exit_code)} -> {_short(now.evidence.exit_code)}"

    if before.evidence.problem != now.evidence.problem:
        yield f"problem: {_short(before.evidence.problem)} -> {_short(now.evidence.problem)}"


def _preview_changes(before: Evidence, now: Evidence) -> Iterator[str]:
    """How previews are different, be it only where they are not shown."""
    if before.truncated or now.truncated:
        known = bool(before.preview_digest and now.preview_digest)
        if before.preview_digest != now.preview_digest if known else before.preview != now.preview:
            shown = "" if before.preview == now.preview else f", {line_counts(before.preview, now.preview)} in what is shown"
            where = " in the part that is not shown" if not shown else ""
            yield f"preview is different{where} ({before.preview_size:,} -> {now.preview_size:,} bytes{shown})"
    elif before.preview != now.preview:
        yield f"preview {line_counts(before.preview, now.preview)}"
    elif before.preview_digest != now.preview_digest and before.preview_digest:
        yield "preview is different in bytes that are shown alike"


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
    return first_line(str(value), _SHOWN) if value not in ("", None) else "none"
