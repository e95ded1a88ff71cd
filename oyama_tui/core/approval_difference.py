"""The parts of what a person is asked, and which of them are different from what was asked before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from oyama_tui.core.approval_changes import as_far_as_kept, is_otherwise_different, rule_of
from oyama_tui.core.definition.base import format_duration
from oyama_tui.core.events import ApprovalContent, Evidence, FileEvidence
from oyama_tui.core.format import as_text
from oyama_tui.core.line_difference import Stretch, in_context, lines_of, stretches
from oyama_tui.core.order_text import command_text, order_lines, preview_lines, said_by_action
from oyama_tui.core.terminal_output import without_colours
from oyama_tui.core.views import PartDifference

ELSE = "all else that the digest covers"
_COLOURS = "only its colours are different"
_ENDING = "only one of them ends with a line break"


@dataclass(frozen=True, slots=True)
class ComparedPart:
    """A part with its lines aligned."""

    part: PartDifference
    before: list[str]
    now: list[str]
    pieces: tuple[Stretch | int, ...]

    @property
    def counts(self) -> str:
        """How many lines came and went: `+3 −1`."""
        changed = [piece for piece in self.pieces if isinstance(piece, Stretch) and not piece.same]
        came, went = sum(len(piece.now) for piece in changed), sum(len(piece.before) for piece in changed)
        return f"+{came:,} −{went:,}" if came or went else ""


def part_differences(before: ApprovalContent, now: ApprovalContent) -> tuple[tuple[PartDifference, ...], tuple[str, ...]]:
    """What is different between two contents by part, and the names of the parts that are alike.

    Args:
        before: What was asked then.
        now: What is asked.
    """
    now = as_far_as_kept(before, now)
    found = list(_parts(before, now))
    different = tuple(part for part in found if part.before != part.now or part.note)
    if not different and is_otherwise_different(before, now):
        different = (PartDifference(name=ELSE, before=_whole(before), now=_whole(now)),)
    return different, tuple(part.name for part in found if part not in different)


def aligned(parts: Iterable[PartDifference]) -> tuple[ComparedPart, ...]:
    """Align the lines of each part; long texts take a moment.

    Args:
        parts: What is different.
    """
    found = []
    for part in parts:
        before, now = lines_of(part.before), lines_of(part.now)
        found.append(ComparedPart(part, before, now, tuple(in_context(stretches(before, now)))))
    return tuple(found)


def _parts(before: ApprovalContent, now: ApprovalContent) -> Iterator[PartDifference]:
    """Every part that one of them has, in the order of the card."""
    yield from _part("question", _question(before), _question(now))
    yield from _part("action", before.action, now.action)
    yield from _part("what the action gets", *_orders(before, now), note=_answered(before, now))
    yield from _part("what is proposed", before.proposal, now.proposal)
    names = dict.fromkeys((*now.values_now, *before.values_now))
    for name in names:
        old, new = (as_text(side.values_now[name], indent=2) if name in side.values_now else "" for side in (before, now))
        yield from _part(f"value {name}", old, new)
    yield from _part("command of the preview", _preview_order(before), _preview_order(now))
    yield from _preview(before.evidence, now.evidence)
    yield from _files(before.evidence, now.evidence)
    yield from _part("form", _form(before), _form(now))
    yield from _part("prompt", before.prompt, now.prompt)


def _part(name: str, before: str, now: str, *, note: str = "") -> Iterator[PartDifference]:
    """A part, unless neither side has it."""
    if before or now or note:
        yield _compared(name, before, now, note)


def _compared(name: str, before: str, now: str, note: str) -> PartDifference:
    ends = before and now and before != now and before.removesuffix("\n") == now.removesuffix("\n")
    return PartDifference(name=name, before=before, now=now, note="; ".join(filter(None, (note, _ENDING if ends else ""))))


def _question(content: ApprovalContent) -> str:
    """What is said of the question in short, a line each."""
    facts = {
        "title": content.title,
        "target": content.target,
        "risk": content.risk,
        "confirm": "the target must be typed" if content.confirm else "",
        "kind of step": content.kind,
        "after a yes": content.yes,
        "after a no": content.no,
        "when it is sent back": content.back,
        "who may answer": rule_of(content),
        "kind of what is proposed": content.proposes,
        "problem": content.evidence.problem,
    }
    return _listed(facts.items())


def _orders(before: ApprovalContent, now: ApprovalContent) -> tuple[str, str]:
    """All that the action gets; nothing of either where only one of them says it, as older journals do not."""
    if now.order and not before.order and before.kind == now.kind and before.action:
        return "", ""
    return _order(before), _order(now)


def _order(content: ApprovalContent) -> str:
    lines = {
        "folder of the workflow": content.directory,
        "directory": content.cwd,
        "timeout": "" if content.timeout is None else format_duration(content.timeout),
    }
    return _listed([*lines.items(), *order_lines(content.order, said=said_by_action(content))])


def _answered(before: ApprovalContent, now: ApprovalContent) -> str:
    if now.order and not before.order and before.kind == now.kind and before.action:
        return "all that the action gets is shown now; before, it was not"
    return "other values are filled in from the answer" if before.from_answer != now.from_answer else ""


def _preview_order(content: ApprovalContent) -> str:
    preview = content.preview_order.get("preview")
    command = command_text(preview) if isinstance(preview, dict) else ""
    return "\n".join(filter(None, (command, _listed(preview_lines(content)))))


def _preview(before: Evidence, now: Evidence) -> Iterator[PartDifference]:
    """The output of the preview, be it different only where it is not shown."""
    notes = []
    if before.exit_code != now.exit_code:
        notes.append(f"exit code {_known(before.exit_code)}, now {_known(now.exit_code)}")
    if before.truncated or now.truncated:
        known = bool(before.preview_digest and now.preview_digest)
        if known and before.preview_digest != now.preview_digest:
            sizes = f"{before.preview_size:,} bytes, now {now.preview_size:,}"
            notes.append(f"only a part of it is kept ({sizes}), and the whole is different")
    elif before.preview_digest != now.preview_digest and before.preview_digest and before.preview == now.preview:
        notes.append("it is different in bytes that are shown alike")
    old, new = without_colours(before.preview), without_colours(now.preview)
    if before.preview != now.preview and old == new:
        notes.append(_COLOURS)
    yield from _part("preview", old, new, note="; ".join(notes))


def _known(value: object) -> str:
    return "none" if value is None else str(value)


def _files(before: Evidence, now: Evidence) -> Iterator[PartDifference]:
    old_files = {file.path: file for file in before.files}
    new_files = {file.path: file for file in now.files}
    for path in dict.fromkeys((*new_files, *old_files)):
        old, new = old_files.get(path), new_files.get(path)
        note = _file_note(old, new)
        old_text, new_text = old.text if old else "", new.text if new else ""
        # A file without a text is a part too, be it the same.
        yield _compared(path, old_text, new_text, note)


def _file_note(old: FileEvidence | None, new: FileEvidence | None) -> str:
    """What the texts of a file do not say."""
    if old is None:
        return "it is looked at for the first time"
    if new is None:
        return "it is no longer looked at"
    if old.digest == new.digest:
        return ""
    if not (old.digest and new.digest):
        return "it did not exist" if not old.digest else "it is missing now"
    if not ((old.text or not old.size) and (new.text or not new.size)):
        return f"its content is not shown: {old.size:,} bytes {old.digest[:12]}, now {new.size:,} bytes {new.digest[:12]}"
    return ""


def _form(content: ApprovalContent) -> str:
    fields = {name: field.model_dump(mode="json", exclude_defaults=True) for name, field in content.form.items()}
    return _listed((name, as_text(field, indent=2)) for name, field in fields.items())


def _listed(facts: Iterable[tuple[str, str]]) -> str:
    """Names and values, a line each; a value of several lines stands below its name, and one that is empty is left out."""
    lines = []
    for name, value in facts:
        if "\n" in value:
            lines += [f"{name}:", *(f"  {line}" for line in value.split("\n"))]
        elif value:
            lines.append(f"{name}: {value}")
    return "\n".join(lines)


def _whole(content: ApprovalContent) -> str:
    return json.dumps(content.model_dump(mode="json", exclude={"evidence": {"at"}}), indent=2, ensure_ascii=False, sort_keys=True)
