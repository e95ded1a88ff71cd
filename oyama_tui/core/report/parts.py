"""A report as parts that any kind of page can show; every text in them is safe to show, and none is too long."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pydantic import JsonValue

from oyama_tui.core.format import compact
from oyama_tui.core.report.evidence import RunEvidence
from oyama_tui.core.text import safe_text
from oyama_tui.core.views import ApprovalCard, AttemptView, VoteView

MOST_CHARACTERS: Final = 2_000
"""Of one line; the rest of it is left out with a remark."""
MOST_LINES: Final = 400
"""Of one text, half of them from its end."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a section."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what stands for them."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under titles."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """Text as somebody or something wrote it, with its line breaks."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence of the report's own."""

    text: str
    good: bool | None = None


Part = Heading | Facts | Table | Said | Note


def whole(text: str) -> str:
    """A text of several lines, safe to show; of very long lines and of very many a part, with a remark.

    Args:
        text: From anywhere.
    """
    lines = safe_text(text).split("\n")
    if len(lines) > MOST_LINES:
        half = MOST_LINES // 2
        lines = [*lines[:half], f"[... {len(lines) - MOST_LINES:,} lines are left out ...]", *lines[-half:]]
    return "\n".join(_cut(line) for line in lines)


def line(text: str) -> str:
    """A text as one line, safe to show and not too long."""
    return _cut(safe_text(text, keep_newlines=False))


def _cut(text: str) -> str:
    left = len(text) - MOST_CHARACTERS
    return text if left <= 0 else f"{text[:MOST_CHARACTERS]} [... {left:,} more characters are left out]"


def moment(at: datetime | None) -> str:
    """A time that reads the same everywhere; empty when there is none."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def parts_of(found: RunEvidence) -> Iterator[Part]:
    """The whole report.

    Args:
        found: What is known of the run.
    """
    yield from _summary(found)
    yield from _asked(found)
    yield from _ran(found)
    yield from _values(found)
    yield from _journal(found)
    yield from _proof(found)


def _summary(found: RunEvidence) -> Iterator[Part]:
    run, row = found.run, found.run.row
    rows = [
        ("Run", row.run_way),
        ("Id", row.id),
        ("Status", row.word),
        ("Why", row.reason),
        ("Started", f"{moment(row.started_at)} by {row.started_by}"),
        ("Ended", moment(row.ended_at)),
        ("Took", compact(row.duration_ms)),
        ("People took", compact(row.human_wait_ms) if row.human_wait_ms else ""),
        ("Steps", f"{row.completed} of {row.total} are over"),
        ("Forked", "; ".join(words.removeprefix("forked ") for words in run.fork_words)),
        ("Came from", found.origin),
        ("Directory", run.directory),
    ]
    yield Facts(tuple((name, line(value)) for name, value in rows if value))
    if not row.ended:
        yield Note("The run is not over: this is how it stood when the report was made.", good=False)
    if run.error:
        yield Said(f"Error{f' at {line(run.error_node)}' if run.error_node else ''}", whole(run.error))


def _asked(found: RunEvidence) -> Iterator[Part]:
    yield Heading("What was asked, and who answered")
    if not found.cards:
        yield Note("Nobody was asked anything in this run.")
    if found.asked > len(found.cards):
        yield Note(f"Of {found.asked:,} questions the last {len(found.cards):,} are told here; `oyama approvals` has all of them.")
    for card in found.cards:
        yield from _card(card)


def _card(card: ApprovalCard) -> Iterator[Part]:
    row, content, evidence = card.row, card.content, card.content.evidence
    yield Heading(line(f"{row.title}: {row.word}"), 3)
    rows = [
        ("Approval", row.id),
        ("Step", row.way),
        ("Target", content.target),
        ("Risk", content.risk),
        ("Asked", moment(row.requested_at)),
        ("Answer until", moment(row.deadline)),
        ("Over", moment(row.decided_at)),
        ("A yes does", content.yes),
        ("A no does", content.no),
        ("Runs in", content.cwd or content.directory),
        ("Digest of what was shown", row.digest),
        ("Preview", _preview_words(card)),
    ]
    yield Facts(tuple((name, line(value)) for name, value in rows if value))
    for title, text in (("Prompt", content.prompt), ("Action", content.action), ("Preview", evidence.preview)):
        if text:
            yield Said(title, whole(text))
    if content.order:
        yield Said("The order, as the step gets it", whole(json.dumps(content.order, indent=2, ensure_ascii=False)))
    if evidence.problem:
        yield Note(line(evidence.problem), good=False)
    if evidence.files:
        files = (tuple(map(line, (file.path, f"{file.size:,}", file.digest or "no such file"))) for file in evidence.files)
        yield Table(("File", "Bytes", "SHA-256"), tuple(files))
        for file in evidence.files:
            if file.text:
                yield Said(line(file.path), whole(file.text))
    for name, wanted in content.form.items():
        yield Note(line(f"Form field {name}: {wanted.type}{', required' if wanted.required else ''}"))
    for vote in card.votes:
        yield from _vote(vote, row.digest)


def _preview_words(card: ApprovalCard) -> str:
    evidence = card.content.evidence
    if not evidence.preview_digest:
        return ""
    part = ", shown in part" if evidence.truncated else ""
    return f"{evidence.preview_size:,} bytes{part}, exit code {evidence.exit_code}, SHA-256 {evidence.preview_digest}"


def _vote(vote: VoteView, digest: str) -> Iterator[Part]:
    origin = vote.origin
    how = "" if origin is None else ", ".join(filter(None, (origin.how, origin.tty, " < ".join(origin.processes))))
    seen = "what is shown above" if vote.digest == digest else vote.digest or "it was given unseen"
    if not vote.is_answer:
        seen = ""
    said = {"approve": "yes", "reject": "no"}.get(vote.verdict) or vote.did("gate")
    groups = ", ".join(vote.groups)
    head = "Answer" if vote.is_answer else "Besides"
    looked = vote.looked if vote.digest else ""
    rows = [(head, said), ("By", vote.by), ("As one of", groups), ("At", moment(vote.at)), ("Saw", seen), ("Looked", looked), ("How", how)]
    rows += [(f"Form: {name}", _value(value)) for name, value in vote.form.items()]
    yield Facts(tuple((line(name), line(value)) for name, value in rows if value))
    if vote.comment:
        yield Said("Comment", whole(vote.comment))


def _ran(found: RunEvidence) -> Iterator[Part]:
    yield Heading("What ran")
    rows = (
        tuple(map(line, (f"{'  ' * node.depth}{node.name}", node.word, str(node.attempt or ""), compact(node.duration_ms), node.note)))
        for node in found.run.nodes
    )
    yield Table(("Step", "Status", "Attempt", "Took", "Note"), tuple(rows))
    if found.begun > len(found.attempts):
        yield Note(f"Of {found.begun:,} attempts the last {len(found.attempts):,} are told here; `oyama logs` has all of them.")
    for attempt in found.attempts:
        yield from _attempt(attempt)


def _attempt(attempt: AttemptView) -> Iterator[Part]:
    yield Heading(line(f"{attempt.node}, attempt {attempt.attempt}: {attempt.status}"), 3)
    rows = [
        ("Began", moment(attempt.started_at)),
        ("Ended", moment(attempt.ended_at)),
        ("Took", compact(attempt.duration_ms)),
        ("Exit code", "" if attempt.exit_code is None else str(attempt.exit_code)),
        ("Error", attempt.error),
        *((f"Output {name}", _value(value)) for name, value in attempt.outputs.items()),
    ]
    yield Facts(tuple((line(name), line(value)) for name, value in rows if value))
    if attempt.input not in (None, {}):
        yield Said("Input", whole(json.dumps(attempt.input, indent=2, ensure_ascii=False)))
    if attempt.output:
        yield Said("Output" if not attempt.truncated else "Output, its beginning and end", whole(attempt.output))


def _values(found: RunEvidence) -> Iterator[Part]:
    named: tuple[tuple[str, Mapping[str, JsonValue]], ...] = (
        ("Inputs", found.run.inputs),
        ("Context", {variable.name: variable.value for variable in found.context}),
        ("Outputs", found.run.outputs),
    )
    for title, values in named:
        if values:
            yield Heading(title)
            yield Facts(tuple((line(name), line(_value(value))) for name, value in values.items()))


def _value(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _journal(found: RunEvidence) -> Iterator[Part]:
    yield Heading("Journal")
    if not found.events:
        yield Note("There are no events to show.")
        return
    if found.events[0].seq > 1:
        yield Note(f"Of {found.run.seq:,} events the last {len(found.events):,} are told here.")
    rows = (tuple(map(line, (str(event.seq), moment(event.at), event.node, event.text))) for event in found.events)
    yield Table(("Event", "At", "Step", "What happened"), tuple(rows))


def _proof(found: RunEvidence) -> Iterator[Part]:
    row = found.run.row
    yield Heading("How to check this")
    yield Facts(
        (
            ("Revision of the workflow", line(found.run.revision)),
            ("Events", f"{found.run.seq:,}"),
            ("Hash of the newest event", line(found.head)),
            ("Made by", line(f"Oyama {found.program} at {moment(found.at)}")),
        )
    )
    for check in found.checks:
        yield Note(line(check.message), good=check.status == "ok")
    yield Note(
        "This page is a copy for people and proves nothing by itself: whoever has it can change it. "
        f"`oyama verify '{row.workflow_id}#{row.number}'` checks the run where it is kept; "
        "`oyama export` writes it into a file that `oyama verify FILE` checks anywhere. "
        "The hash above must be the one that they print."
    )


def title_of(found: RunEvidence) -> str:
    """The page's title."""
    return line(f"{found.run.row.label}: {found.run.row.word}")
