"""What is different between a question and what was asked before at its gate, full size."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from oyama_tui.core.approval_difference import ComparedPart, aligned
from oyama_tui.core.errors import OyamaError
from oyama_tui.core.format import ago
from oyama_tui.core.views import NOTHING_TO_COMPARE, Against, ApprovalDifference, ComparedWith
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.render.difference import draw_difference
from oyama_tui.tui.screens.framed import FramedScreen
from oyama_tui.tui.widgets import notices
from oyama_tui.tui.widgets.finding_pane import FindingPane
from oyama_tui.tui.widgets.frame import TopLine
from oyama_tui.tui.widgets.layout import BLANK, joined, plain
from oyama_tui.tui.widgets.pager import Pager
from oyama_tui.tui.wording import line_of, utc_now
from oyama_tui.tui.work import work

WIDE = 120
"""Columns from which on both sides stand beside each other."""


class DifferenceScreen(FramedScreen):
    """Two questions of one gate, compared part by part.

    Args:
        context: What all screens share.
        approval_id: The question.
    """

    DEFAULT_CLASSES = "difference-screen"
    PLACE = "approvals"
    questions_of = "*"
    BINDINGS = bindings(c.TurnColumns, c.NextPart, c.PreviousPart, c.CompareOtherwise)

    def __init__(self, context: AppContext, approval_id: str) -> None:
        super().__init__(context)
        self._approval_id = approval_id
        self._found: ApprovalDifference | None = None
        self._parts: tuple[ComparedPart, ...] = ()
        self._starts: list[int] = []
        self._failed = False
        """It could not be read."""
        self._both: bool | None = None
        """Two columns or one; as there is room when nobody has said."""

    def compose_head(self) -> ComposeResult:
        """The line on top, and what is compared with what."""
        yield TopLine(self.context)
        yield Static("", id="compared", markup=False)

    def compose_body(self) -> ComposeResult:
        """The text."""
        yield FindingPane(Pager(id="difference", classes="left"))

    def on_mount(self) -> None:
        """Compare it with what is nearest."""
        self._compare(None)

    def _compare(self, against: Against | None) -> None:
        work(self, partial(self._read, against), group="difference", exclusive=True)

    async def _read(self, against: Against | None) -> None:
        try:
            found = await self.context.studio.approvals.difference(self._approval_id, against)
        except OyamaError as error:
            self._failed = True
            self.say_notice(notices.trouble(error))
            self.refresh_bindings()
            return
        self._failed = False
        # Long texts take a moment, and keys go on meanwhile.
        parts = await asyncio.to_thread(aligned, found.parts)
        self._found, self._parts = found, parts
        self.query_one("#compared", Static).update(_heading(found))
        if found.compared is None or not parts:
            words = f"{NOTHING_TO_COMPARE}." if found.compared is None else "Nothing is different."
            self.say_notice(notices.empty(words, "esc back to the question", self.context.command(*self.subject_command())))
        else:
            self.say_notice(None)
            self.query_one(Pager).show(self._lay_out, from_top=True)
        self.refresh_bindings()

    def _lay_out(self, width: int) -> Sequence[Content]:
        compared = self._found.compared if self._found is not None else None
        then = compared.run_label if compared is not None else ""
        drawn = draw_difference(self._parts, width, then, both=self.both)
        self._starts = drawn.starts
        return drawn.lines

    @property
    def both(self) -> bool:
        """Whether both sides stand beside each other."""
        return self.size.width >= WIDE if self._both is None else self._both

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what there is something for."""
        if action == "compare_otherwise":
            return self._found is not None and len(self._found.possible) > 1
        if action in ("turn_columns", "turn_part"):
            return bool(self._parts)
        if action == "try_again":
            return self._failed
        return super().check_action(action, parameters)

    def action_turn_columns(self) -> None:
        """Both sides beside each other, or one below the other."""
        self._both = not self.both
        self.query_one(Pager).show(self._lay_out)

    def action_turn_part(self, step: int) -> None:
        """Go to the next part, or to the one before."""
        pager = self.query_one(Pager)
        beyond = [start for start in self._starts if (start - pager.top) * step > 0]
        if beyond:
            pager.scroll_to(y=min(beyond, key=lambda start: abs(start - pager.top)), animate=False, force=True)

    def action_compare_otherwise(self) -> None:
        """Compare it with the next one of what it can be compared with."""
        assert self._found is not None
        possible = self._found.possible
        here = next((at for at, one in enumerate(possible) if one == self._found.compared), -1)
        self._compare(possible[(here + 1) % len(possible)].against)

    def action_try_again(self) -> None:
        """Read it again."""
        self._compare(None)

    def action_leave(self) -> None:
        """Back to the question."""
        self.dismiss()

    def subject_id(self) -> str:
        """The approval's id."""
        return self._approval_id

    def subject_command(self) -> tuple[str, ...]:
        """How to see it from a shell."""
        compared = self._found.compared if self._found is not None else None
        against = ("--against", compared.against) if compared is not None else ()
        return ("approvals", "--show", self._approval_id, "--diff", *against)


def _heading(found: ApprovalDifference) -> Content:
    """What is compared with what, and what is the same."""
    title = plain(found.row.title, "bold")
    place = plain(f"{found.row.run_label} › {found.row.way}", "$text-muted")
    since = _since(found.compared) if found.compared is not None else BLANK
    same = plain(f"the same: {', '.join(found.alike)}" if found.alike else "", "$text-muted")
    return Content("\n").join([joined([title, place]), joined([since, same])])


def _since(compared: ComparedWith) -> Content:
    when = f", {ago(compared.at, utc_now())}" if compared.at is not None else ""
    words = {"given": "since the yes that this question had", "round": "since the round before", "yes": "since the last yes"}
    return Content.styled(f"{words[compared.against]}: {line_of(compared.run_label)}, {line_of(compared.said)}{when}", "$text-accent")
