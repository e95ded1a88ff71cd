"""One block of a run, or one item or round of it, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oyama_tui.cli.printing import Part
from oyama_tui.cli.terminal import Terminal
from oyama_tui.cli.words import say_rest
from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.format import compact
from oyama_tui.core.views import NEEDS_YOU, BlockPart, NodeView, RunView

STYLES = {
    "completed": "good",
    "failed": "bad",
    "rejected": "bad",
    "undone": "dim",
    "undoing": "ask",
    NEEDS_YOU: "ask",
    "waiting": "ask",
    "paused": "ask",
    "draining": "ask",
    "retrying": "ask",
}
"""How a run's or a step's status is shown."""


def part_of(block: str, *, failed: bool, limit: int | None, offset: int | None) -> BlockPart | None:
    """Which block is wanted, from the options of a command; none when none is named.

    Args:
        block: The key of the block, item or round; empty for none.
        failed: Only items that failed.
        limit: The most items; the usual number when none.
        offset: Items to pass over first.

    Raises:
        InvalidInput: Something is said about the items of no block.
    """
    if block:
        part = BlockPart(key=block, failed=failed, before=offset or 0)
        return part if limit is None else part.model_copy(update={"size": limit})
    given = {"--failed": failed, "--limit": limit is not None, "--offset": offset is not None}
    if any(given.values()):
        names = " and ".join(name for name, there in given.items() if there)
        verb = "goes" if list(given.values()).count(True) == 1 else "go"
        raise InvalidInput(f"{names} {verb} with --block, which names what has the items.", "For example: --block fan --failed")
    return None


def refuse_misfit(view: RunView, part: BlockPart) -> None:
    """Refuse to list the failed items of something that has none.

    Args:
        view: The run, with the rows of the block.
        part: What was wanted of it.

    Raises:
        InvalidInput: It is no loop.
    """
    if part.failed and (not view.nodes or view.nodes[0].counts is None):
        raise InvalidInput(f"{part.key} is no loop, so it has no items that failed.", "Leave --failed out.")


def print_block(terminal: Terminal, view: RunView, part: BlockPart) -> None:
    """Print the rows of a block, with the key of each, and on stderr how the list goes on.

    Args:
        terminal: Where to print.
        view: The run, with the rows of the block.
        part: What was wanted of it.
    """
    terminal.out.table(("STEP", "STATUS", "TOOK", "KEY", "NOTE"), [_cells(node) for node in view.nodes])
    span = view.nodes[0].span if view.nodes else None
    if span is not None:
        say_rest(terminal, span.shown, span.before + span.shown + span.after, part.before)
    counts = view.nodes[0].counts if view.nodes else None
    if counts is not None and counts.pending and not part.failed and span is not None and not span.after:
        terminal.err.line(f"{counts.pending:,} {'item has' if counts.pending == 1 else 'items have'} not begun.")


def partly_shown(nodes: Sequence[NodeView]) -> Iterator[str]:
    """The keys of the loops and repetitions of which some items or rounds have begun and are not among the rows.

    Args:
        nodes: The rows of a tree.
    """
    for place, node in enumerate(nodes):
        inside = nodes[place + 1 : next((end for end in range(place + 1, len(nodes)) if nodes[end].depth <= node.depth), len(nodes))]
        shown = [inner for inner in inside if inner.depth == node.depth + 1 and inner.kind in ("item", "round")]
        begun = node.counts.total - node.counts.pending if node.counts is not None else _number_of(shown[0]) if shown else 0
        if begun > len(shown):
            yield node.key


def _number_of(newest: NodeView) -> int:
    """Which round of a repetition a row is, from 1; 0 for an item."""
    return int(newest.key.rpartition("#")[2]) if newest.kind == "round" else 0


def is_in(node: str, key: str) -> bool:
    """Whether a node is a block, item or round, or in it.

    Args:
        node: The node's key.
        key: That of the block, item or round.
    """
    return node.startswith(key) and node[len(key) : len(key) + 1] in ("", ".", "[", "#")


def node_name(node: NodeView) -> str:
    """A node as a line of the tree calls it, as far in as it stands."""
    return "  " * node.depth + ("its gate" if node.is_own_gate else node.name or node.key)


def _cells(node: NodeView) -> tuple[Part, ...]:
    """One line of the block."""
    return (node_name(node), (node.word, STYLES.get(node.word, "")), compact(node.duration_ms), (node.key, "dim"), node.note)
