"""Two runs of a workflow: what they do not have in common."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from textual.content import Content

from oyama_tui.core.format import date_and_time, spoken
from oyama_tui.core.line_difference import lines_of, signed_lines, stretches
from oyama_tui.core.text import one_line, safe_text
from oyama_tui.core.views import ComparedStep, ComparedValue, RunComparison, RunRow, StepOutcome
from oyama_tui.tui.render.workflow import changed_lines
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, cell, columns, joined, labelled, plain, spread
from oyama_tui.tui.wording import line_of

SLOWER, FASTER = "$text-error", "$text-success"
LABEL: Final = 12
NARROW: Final = 24
"""In fewer cells a difference is told in words alone."""


def comparison_head(comparison: RunComparison, width: int, icons: StatusIcons) -> list[Content]:
    """The two lines above the steps: which runs, and what is the same of them.

    Args:
        comparison: What they do not have in common.
        width: Cells.
        icons: How states are drawn.
    """
    one, other = comparison.one, comparison.other
    between = " -> " if icons.ascii_only else "  ⇄  "
    title = Content.assemble(plain(one.workflow_id, "bold"), "   ", _run(one, icons), (between, "$text-muted"), _run(other, icons))
    same = "same text of the workflow" if comparison.same_revision else "the workflow's text is different"
    note = plain(same, "$text-muted" if comparison.same_revision else "$text-accent")
    started = [f"#{run.number} {date_and_time(run.started_at)} by {run.started_by}" for run in (one, other)]
    return [Content(" ") + spread(title, note, width - 2), Content(" ") + cell(plain("   ".join(started), "$text-disabled"), width - 2)]


def _run(run: RunRow, icons: StatusIcons) -> Content:
    took = f" {spoken(run.duration_ms)}" if run.duration_ms is not None else ""
    return Content.assemble((f"#{run.number} ", "bold"), icons.of(run.word).mark, plain(took))


def step_columns(width: int) -> tuple[int, int, int, int, int]:
    """How many cells the name, both times, the arrow and the output of a step get; 0 leaves one out.

    Args:
        width: Cells of a line.
    """
    name, time = (16, 11) if width < 70 else (24, 11)
    rest = width - 1 - name - 2 * (time + 2) - 2
    arrow = min(rest, 34) if rest < 34 + 18 else 34
    output = rest - arrow - 2
    return name, time, time, arrow, output if output >= 14 else 0


def step_titles(comparison: RunComparison, width: int) -> Content:
    """The titles above the steps.

    Args:
        comparison: The runs.
        width: Cells.
    """
    name, one, other, arrow, output = step_columns(width)
    titles = (
        "step",
        f"#{comparison.one.number}",
        f"#{comparison.other.number}",
        "quicker | slower" if arrow >= NARROW else "difference",
        "output",
    )
    return Content(" ") + columns(
        [(Content.styled(title, "$text-disabled"), size) for title, size in zip(titles, (name, -one, -other, arrow, output), strict=True)]
    )


def step_line(step: ComparedStep, longest: int, width: int, icons: StatusIcons) -> Content:
    """One step in both runs.

    Args:
        step: The step.
        longest: The greatest difference of all steps, in milliseconds.
        width: Cells.
        icons: How states are drawn.
    """
    name, one, other, arrow, output = step_columns(width)
    said = output_words(step)
    cells = (
        (plain(one_line(step.name, name), "" if not step.alike else "$text-muted"), name),
        (_outcome(step.one, icons), -one),
        (_outcome(step.other, icons), -other),
        (arrow_of(step.slower_ms, longest, arrow, icons), arrow),
        (plain(one_line(said, max(output, 1)), "$text-muted"), output),
    )
    return Content(" ") + columns(cells)


def _outcome(outcome: StepOutcome | None, icons: StatusIcons) -> Content:
    if outcome is None:
        return plain("no such step", "$text-disabled")
    mark = icons.of(outcome.word).mark if outcome.word not in ("completed", "approved") else BLANK
    return joined([mark, plain(spoken(outcome.duration_ms) or outcome.word)], " ")


def arrow_of(slower_ms: int | None, longest: int, width: int, icons: StatusIcons) -> Content:
    """How much slower the second run was, to the right, or how much quicker, to the left of the middle.

    Args:
        slower_ms: Milliseconds; none when it cannot be told.
        longest: The greatest difference of all steps.
        width: Cells.
        icons: How states are drawn.
    """
    if slower_ms is None or not slower_ms or not longest:
        return BLANK
    words = f"{'+' if slower_ms > 0 else '−'}{spoken(abs(slower_ms))}".replace("−", "-" if icons.ascii_only else "−")
    if width < NARROW:
        return Content.styled(words, SLOWER if slower_ms > 0 else FASTER)
    room = max(width // 2 - len(words) - 1, 1)
    cells = min(max(round(abs(slower_ms) / longest * room), 1), room)
    line, head = ("=", ">" if slower_ms > 0 else "<") if icons.ascii_only else ("━", "▶" if slower_ms > 0 else "◀")
    middle = Content(" " * (width // 2))
    if slower_ms > 0:
        return Content.assemble(middle, (line * (cells - 1) + head, SLOWER), (f" {words}", SLOWER))
    return Content.assemble(" " * (width // 2 - cells - len(words) - 1), (f"{words} ", FASTER), (head + line * (cells - 1), FASTER))


def output_words(step: ComparedStep) -> str:
    """What is different in what a step wrote, in a few words: the first line that is, in both runs.

    Args:
        step: The step.
    """
    if step.one_output == step.other_output:
        return "the same" if step.one_output else ""
    before, now = lines_of(safe_text(step.one_output)), lines_of(safe_text(step.other_output))
    for stretch in stretches(before, now):
        if not stretch.same:
            old = line_of(before[stretch.before.start]).strip() if stretch.before else "nothing"
            new = line_of(now[stretch.now.start]).strip() if stretch.now else "nothing"
            return f"{old}  ->  {new}" if len(old) < 24 else new
    return "other bytes"


def detail_lines(step: ComparedStep | None, comparison: RunComparison, width: int) -> list[Content]:
    """What is different of the step under the cursor, and then of the runs as a whole.

    Args:
        step: The step; none for the runs as a whole.
        comparison: The runs.
        width: Cells.
    """
    lines: list[Content] = []
    if step is not None:
        lines += _output_lines(step, comparison, width)
    if comparison.values:
        lines += [BLANK, plain("Values", "bold $text-muted"), *_value_lines(comparison.values, comparison, width)]
    else:
        lines += [BLANK, plain("Inputs, variables and outputs of the runs are the same.", "$text-muted")]
    if comparison.definition:
        lines += [BLANK, plain("The workflow's text", "bold $text-muted"), *changed_lines(comparison.definition, width)]
    return lines


def _output_lines(step: ComparedStep, comparison: RunComparison, width: int) -> list[Content]:
    notes = [
        plain(f"#{run.number}: {outcome.note}", "$text-muted")
        for run, outcome in ((comparison.one, step.one), (comparison.other, step.other))
        if outcome is not None and outcome.note
    ]
    lines = [joined([plain(step.name, "bold"), *notes])]
    if step.one_output == step.other_output:
        words = "It wrote the same in both runs." if step.one_output else "It wrote nothing."
        return [*lines, plain(words, "$text-muted")]
    before, now = lines_of(safe_text(step.one_output)), lines_of(safe_text(step.other_output))
    return lines + changed_lines(signed_lines(before, now), width)


def _value_lines(values: Sequence[ComparedValue], comparison: RunComparison, width: int) -> list[Content]:
    lines: list[Content] = []
    for value in values:
        lines.append(Content.assemble("  ", plain(value.name, "bold"), (f"  {value.where}", "$text-disabled")))
        for run, each in ((comparison.one, value.one), (comparison.other, value.other)):
            text = each if isinstance(each, str) else json.dumps(each, ensure_ascii=False)
            lines += labelled(f"    #{run.number}", plain(text if each is not None else "–"), width, LABEL)
    return lines
