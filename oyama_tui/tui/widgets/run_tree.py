"""The tree of a run, whose blocks are opened and folded, and gone through page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message

from oyama_tui.core.views import NodeView, TreeOpening, UsualTimes
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.folds import Folds
from oyama_tui.tui.render.tree import More, TreeRow, tree_row, tree_rows
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.panes import Stacked
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.wording import utc_now


class RunTree(Stacked):
    """The nodes of a run; which of them are read is for the screen.

    Args:
        icons: How states are drawn.
        then: Tells the present of a past run, in which nothing can be hurried; none for a run of now.
    """

    BINDINGS = bindings(c.OpenBlock, c.FoldBlock)

    @dataclass
    class Turned(Message):
        """Something was opened, folded or turned to, so that other rows are wanted."""

    def __init__(self, icons: StatusIcons, then: Callable[[], datetime] | None = None) -> None:
        super().__init__()
        self._now = then or utc_now
        self.rows: Rows[TreeRow] = Rows(
            lambda row: row.key,
            self.paint_row,
            id="tree",
            classes="left",
        )
        """The list."""
        self._icons, self._is_past = icons, then is not None
        self.usual = UsualTimes()
        """How long the nodes usually take."""
        self._folds = Folds()
        self._has_blocks = False
        self._turned: More | None = None
        """The row that led to the page which is awaited."""

    def compose(self) -> ComposeResult:
        """The list."""
        yield self.rows

    def paint_row(self, row: TreeRow, width: int) -> Content:
        """Draw a row.

        Args:
            row: A node, or what stands for nodes that are not shown.
            width: Cells.
        """
        hurries = "" if self._is_past else c.TakeUp.key_said(self.app)
        usual = self.usual.nodes.get(row.key) if isinstance(row, NodeView) else None
        return tree_row(row, width, self._now(), self._icons, folds=self._has_blocks, hurries=hurries, usual=usual)

    @property
    def node(self) -> NodeView | None:
        """The node under the cursor."""
        row = self.rows.selected
        return row if isinstance(row, NodeView) else None

    @property
    def opening(self) -> TreeOpening:
        """What is to be read."""
        return self._folds.opening(self.rows.cursor_key)

    def show(self, nodes: Sequence[NodeView]) -> None:
        """Show these nodes; the cursor stays on its node, or goes to the page that was turned to."""
        self._has_blocks = any(node.is_around for node in nodes)
        rows = self.rows
        rows.show_rows(tree_rows(nodes))
        turned, self._turned = self._turned, None
        if turned is not None:
            self._go_to_page(turned)

    def _go_to_page(self, turned: More) -> None:
        """Put the cursor on the end of a page that it was come from, with the block in sight over its first item."""
        lines = ((line, self.rows.row_at(line)) for line in range(self.rows.line_count))
        begins = (f"{turned.block}[", f"{turned.block}#")
        page = [line for line, row in lines if isinstance(row, NodeView) and row.depth == turned.depth and row.key.startswith(begins)]
        if page:
            self.rows.move_to(page[-1 if turned.is_above else 0])
            if not turned.is_above:
                self.rows.scroll_to(y=max(page[0] - 2, 0), animate=False, force=True)

    @on(Rows.Chosen)
    def _chosen(self, event: Rows.Chosen) -> None:
        row = self.rows.selected
        if isinstance(row, More) or (row is not None and row.opens):
            event.stop()
            self._turn(row)

    def _turn(self, row: TreeRow) -> None:
        if isinstance(row, More):
            self._folds.turn(row.block, row.before)
            self._turned = row
        elif row.folded:
            self._folds.open(row.key)
        else:
            self._folds.fold(row.key)
        self.post_message(self.Turned())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only where there is something to open, or something around it to fold."""
        row = self.rows.selected
        if action == "open_block":
            return isinstance(row, More) or (row is not None and row.opens)
        if action == "fold_block":
            return row is not None and (row.depth > 0 or (isinstance(row, NodeView) and row.opens and not row.folded))
        return super().check_action(action, parameters)

    def action_open_block(self) -> None:
        """Open what is folded, go into what is open, turn to what is not shown."""
        row = self.rows.selected
        if isinstance(row, NodeView) and row.opens and not row.folded:
            self.rows.action_move_down()
        elif row is not None:
            self._turn(row)

    def action_fold_block(self) -> None:
        """Fold what is open; go to what is around anything else."""
        row, rows = self.rows.selected, self.rows
        if isinstance(row, NodeView) and row.opens and not row.folded:
            self._turn(row)
        elif row is not None:
            above = (rows.row_at(line) for line in range(rows.cursor - 1, -1, -1))
            parent = next((each.key for each in above if isinstance(each, NodeView) and each.depth < row.depth), "")
            rows.select_key(parent)
