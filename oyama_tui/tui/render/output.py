"""Where one is in the output of a step."""

from __future__ import annotations

from textual.content import Content

from oyama_tui.core.views import NodeView
from oyama_tui.tui.log_flow import LogFlow
from oyama_tui.tui.log_survey import MOST_KEPT, LogSurvey
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, joined, plain
from oyama_tui.tui.widgets.output_pane import OutputPane
from oyama_tui.tui.wording import count_of


def output_place(log: OutputPane, node: NodeView | None) -> tuple[str, str]:
    """What to say beside the output: found places, the lines in sight, or how it goes on; and the same in few letters.

    Args:
        log: The output.
        node: Whose it is.
    """
    words, brief = _place(log, node)
    if log.newest < 2 or node is None or log.attempt < 1:
        return words, brief
    number = f"attempt {log.attempt} of {log.newest}"
    return f"{number}   {words}".rstrip(), f"{number}   {brief}".rstrip()


def _place(log: OutputPane, node: NodeView | None) -> tuple[str, str]:
    first, last, lines = log.numbers
    about = "about " if node is not None and node.status == "running" else ""
    where = f"lines {first:,}-{last:,} of {about}{lines:,}" if last else ""
    share = f"{last * 100 // max(lines, 1)}%" if last else ""
    if log.sought and log.search is not None and not log.search.ended:
        return f"{log.found[1]:,} found in {log.share}% of the log; esc stops", f"{log.share}%"
    if log.sought and log.search is None and not log.has_all:
        # Only what is in memory is searched while somebody types.
        return f"{log.found[1]:,} found near here; enter searches all", f"{log.found[1]:,} near here"
    if log.sought and log.found[1]:
        place, places = log.found
        more = "+" if log.search is not None and (log.search.stopped or log.search.is_full) else ""
        number = f"{place:,} of {places:,}{more}" if place else f"{places:,}{more} places"
        return f"{number}   {where}".rstrip(), number
    if log.note:
        return log.note, ""
    if node is None:
        return "", ""
    return _of_node(log, node, where, share)


def _of_node(log: OutputPane, node: NodeView, where: str, share: str) -> tuple[str, str]:
    if node.child:
        return f"enter opens {node.child_run}", node.child_run
    if node.is_around:
        words = "enter opens it" if node.folded else "enter folds it" if node.opens else ""
        return words or "not started", words or "not started"
    if node.attempt < 1:
        return "not started", "not started"
    if where:
        return where, share
    if node.status == "running" and log.attempt == log.newest:
        return ("following", "following") if log.follow else ("end follows", "end follows")
    return "", ""


def counted(survey: LogSurvey, number: int, *, running: bool) -> Content:
    """How many lines a log has, and how many of them tell of problems.

    Args:
        survey: What is known of it.
        number: Which of these was gone to, from 1 on; 0 for none.
        running: There may be more.
    """
    if survey.trouble:
        return plain(survey.trouble, "$text-error")
    problems = survey.problems
    if not survey.begun:
        return BLANK
    if not problems.lines and survey.share == 100:
        return Content.styled("nothing written yet" if running else "nothing written", "$text-muted")
    parts = [Content.styled(count_of(problems.lines, "line"), "$text-muted")]
    for kept, word, style in ((problems.errors, "error", "$text-error"), (problems.warnings, "warning", "$foreground")):
        more = "+" if len(kept) >= MOST_KEPT else ""
        words = count_of(len(kept), word).replace(" ", f"{more} ", 1)
        parts.append(Content.styled(words, style if kept else "$text-muted"))
    if number:
        parts.append(Content.styled(f"problem {number:,} of {len(problems.errors) + len(problems.warnings):,}", "$text-muted"))
    if survey.share < 100:
        parts.append(Content.styled(f"in {survey.share}% of the log so far", "$text-muted"))
    return joined(parts)


def flow_words(flow: LogFlow, icons: StatusIcons) -> tuple[Content, Content]:
    """How fast a log grows, with the last periods as columns; and the same in fewer cells.

    Args:
        flow: What came in each period.
        icons: Draws the columns.
    """
    rate = flow.rate
    for unit in ("B/s", "kB/s", "MB/s"):
        if rate < 1_000 or unit == "MB/s":
            break
        rate /= 1_000
    words = Content.styled(f"{rate:.0f} {unit}" if unit == "B/s" else f"{rate:.1f} {unit}", "$text-muted")
    return Content.assemble(words, "  ", (icons.sparkline(flow.periods), "$text-accent")), words
