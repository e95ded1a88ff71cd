"""What is different between a question and an earlier one, as a unified difference."""

from __future__ import annotations

from collections.abc import Iterator

from oyama_tui.cli import documents
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.printing import Part, clock
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.core.approval_difference import ComparedPart, aligned
from oyama_tui.core.line_difference import Stretch
from oyama_tui.core.views import NOTHING_TO_COMPARE, Against, ApprovalDifference


def show_difference(ref: str, against: Against | None, *, as_json: bool) -> Work:
    """Print what is different.

    Args:
        ref: The approval.
        against: What to compare it with; with what is nearest when none.
        as_json: As one JSON document.
    """

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            found = await studio.approvals.difference(ref, against)
        if as_json:
            terminal.out.document(documents.approval_difference(found))
        else:
            for parts in _lines(terminal, found):
                terminal.out.line(*parts)
        return Exit.OK

    return work


def _lines(terminal: Terminal, found: ApprovalDifference) -> Iterator[tuple[Part, ...]]:
    row, compared = found.row, found.compared
    yield ((row.title, "title"), (f"  {row.run_way} › {row.way}", "dim"))
    if compared is None:
        yield (f"{NOTHING_TO_COMPARE}.",)
        return
    yield ((f"Since {compared.run_label}, {compared.said}{f' {clock(compared.at)}' if compared.at else ''}", "ask"),)
    if not found.parts:
        yield ("Nothing is different.",)
    for part in aligned(found.parts):
        yield from _part(part, compared.run_label)
    if found.alike:
        yield ((f"The same: {', '.join(found.alike)}", "dim"),)
    for other in found.possible:
        if other.approval_id != compared.approval_id:
            yield (
                (f"Since {other.run_label}, {other.said}: ", "dim"),
                terminal.command("approvals", "--show", row.id, "--diff", "--against", other.against),
            )


def _part(compared: ComparedPart, then: str) -> Iterator[tuple[Part, ...]]:
    """One part with a few lines around each change."""
    part, before, now = compared.part, compared.before, compared.now
    yield ((f"--- {part.name} ({then})" if part.before else "--- (none)", "bold"),)
    yield ((f"+++ {part.name}" if part.now else "+++ (none)", "bold"),)
    if part.note:
        yield ((part.note, "ask"),)
    hunk: list[Stretch] = []
    for piece in (*compared.pieces, 0):
        if isinstance(piece, Stretch):
            hunk.append(piece)
            continue
        if any(not stretch.same for stretch in hunk):
            yield from _hunk(hunk, before, now)
        hunk = []


def _hunk(hunk: list[Stretch], before: list[str], now: list[str]) -> Iterator[tuple[Part, ...]]:
    counts = [sum(len(side) for side in sides) for sides in zip(*((one.before, one.now) for one in hunk), strict=True)]
    starts = [at + (1 if count else 0) for at, count in zip((hunk[0].before.start, hunk[0].now.start), counts, strict=True)]
    yield ((f"@@ -{starts[0]},{counts[0]} +{starts[1]},{counts[1]} @@", "title"),)
    for stretch in hunk:
        if stretch.same:
            yield from ((f" {before[at]}",) for at in stretch.before)
        else:
            yield from (((f"-{before[at]}", "bad"),) for at in stretch.before)
            yield from (((f"+{now[at]}", "good"),) for at in stretch.now)
