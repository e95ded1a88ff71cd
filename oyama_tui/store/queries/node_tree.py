"""The tree of a run's nodes: those outside of blocks, and of each block the scopes that people want to see."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.definition.graph import Body, Graph, NodeSpec
from oyama_tui.core.definition.kinds.block import RepeatableBlock
from oyama_tui.core.definition.kinds.for_each import FOR_EACH
from oyama_tui.core.events.base import round_of
from oyama_tui.core.format import compact
from oyama_tui.core.node_keys import MARKS
from oyama_tui.core.node_notes import ASKS
from oyama_tui.core.text import first_line
from oyama_tui.core.views import BlockCounts, BlockPart, NodeView, ScopeSpan, StepWord, TreeOpening
from oyama_tui.store.damage import reading
from oyama_tui.store.queries.base import APPROVALS, STEPS, Row, optional_moment
from oyama_tui.store.queries.block_scopes import FEW, BlockScopes
from oyama_tui.store.queries.estimates import Estimates
from oyama_tui.store.queries.node_rounds import NodeRounds
from oyama_tui.store.queries.node_views import NodeRows, may_ask, node_view, placed_view
from oyama_tui.store.queries.undo_rows import UndoRows

_OF_RUN: Final = STEPS.c.run == sa.bindparam("run")
_ATTEMPT: Final = sa.select(
    STEPS.c.node,
    STEPS.c.attempt,
    STEPS.c.status,
    STEPS.c.due,
    STEPS.c.error,
    STEPS.c.scheduled_at,
    STEPS.c.started_at,
    STEPS.c.duration_ms,
    STEPS.c.undone,
).order_by(STEPS.c.scheduled_seq)
NAMED = _ATTEMPT.where(_OF_RUN, STEPS.c.node.in_(sa.bindparam("nodes", expanding=True)))
INSIDE = _ATTEMPT.where(_OF_RUN, STEPS.c.scope.in_(sa.bindparam("scopes", expanding=True)))
GATES = (
    sa.select(
        APPROVALS.c.id,
        APPROVALS.c.node,
        APPROVALS.c.status,
        APPROVALS.c.requested_at,
        APPROVALS.c.decided_at,
        APPROVALS.c.decided_by,
        APPROVALS.c.comment,
        APPROVALS.c.on_timeout,
    )
    .where(APPROVALS.c.run == sa.bindparam("run"), APPROVALS.c.node.in_(sa.bindparam("nodes", expanding=True)))
    .order_by(APPROVALS.c.attempt)
)
AT_ONCE: Final = 500
"""So many nodes are asked for in one query."""
_FIRST_SEEN: Final = ("waiting", "running", "retrying", "failed", "rejected", "ready", "pending", "cancelled")
"""Of what is in a handler, what its own row says: the first of these."""
_NOTE: Final = 60
_MARK: Final = re.compile(r"(?:\[(?P<item>\d{1,9})\]|#(?P<round>[1-9]\d{0,8}))$")
"""What makes a block's key that of an item or a round of it."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A block whose rows are being added."""

    spec: NodeSpec
    view: NodeView
    scopes: list[Row] = field(default_factory=list)
    """Those that are shown."""

    @property
    def is_loop(self) -> bool:
        """Whether its scopes are items."""
        return self.spec.kind == FOR_EACH.name

    @property
    def repeats(self) -> bool:
        """Whether its scopes are rounds."""
        return isinstance(self.spec.step, RepeatableBlock) and self.spec.step.repeat is not None

    @property
    def has_rows(self) -> bool:
        """Whether its scopes have rows of their own."""
        return self.is_loop or self.repeats

    def key_of(self, position: int) -> str:
        """The key of one of its scopes."""
        return f"{self.view.key}[{position}]" if self.is_loop else f"{self.view.key}#{position + 1}" if self.repeats else self.view.key


class Tree:
    """Reads the tree of one run.

    Args:
        connection: Where to read.
        run: The run's key.
        ended: The run is over.
        asks: A gate of the run is open.
        now: Milliseconds since 1970 UTC.
        opening: Which blocks are open; unless said, all of them, and of long ones the scopes that matter most.
        estimates: Tell how long loops still take; none to leave that out.
        breakpoints: The steps before which the run is to pause.
    """

    def __init__(
        self,
        connection: sa.Connection,
        run: int,
        *,
        ended: bool,
        asks: bool,
        now: int,
        opening: TreeOpening | None = None,
        estimates: Estimates | None = None,
        breakpoints: Collection[str] = (),
    ) -> None:
        self._connection = connection
        self._run = run
        self._opening = opening
        self._estimates = estimates
        self._views: list[NodeView] = []
        self._attempts: dict[str, Row] = {}
        self._approvals: dict[str, Row] = {}
        self._rounds = NodeRounds(connection, run)
        self._rows = NodeRows(self._attempts, self._approvals, ended, now, self._rounds, breakpoints)
        self._undoing = UndoRows(self._rows)
        self._scopes = BlockScopes(connection, run, ended=ended, asks=asks)

    def _read(self, query: Any, **values: Any) -> Iterable[Row]:
        return self._connection.execute(query, {"run": self._run, **values})

    def nodes(self, graph: Graph) -> tuple[NodeView, ...]:
        """The rows of the tree, in the order of the definition; of handlers those that have begun.

        Args:
            graph: The compiled revision.
        """
        self._read_outermost(graph.body)
        self._add(graph.body, "", 0)
        for name, handler in graph.handlers.items():
            self._read_outermost(handler)
            if any(self._is_known(spec.key) for spec in handler.nodes):
                self._add_handler(name, handler)
        return tuple(self._views)

    def _read_outermost(self, body: Body) -> None:
        """Read the nodes of a list that stands in no block."""
        keys = [spec.key for spec in body.nodes]
        self._rounds.read_of(keys)
        self._read_attempts(self._rounds.all_keys(keys))
        # Only where something was undone: it costs nothing in any other run.
        undone = [key for key in map(self._rounds.present, keys) if key in self._attempts and self._attempts[key].undone]
        if undone:
            self._read_attempts(self._undoing.read_rounds(undone))
        self._read_gates(body, "")

    def _add_handler(self, name: str, body: Body) -> None:
        """The steps of a handler, below a row of their own."""
        place, key = len(self._views), f"{name} handler"
        self._add(body, "", 1)
        inside = self._views[place:]
        words = [view.status for view in inside if view.depth == 1 or view.is_own_gate]
        folded = self._is_folded(key, at_first=False)
        facts = {"key": key, "name": "at every end" if name == "exit" else f"on {name}", "kind": "handler", "depth": 0, "folded": folded}
        status = next((word for word in _FIRST_SEEN if word in words), "completed")
        told = {"status": status, "attempt": 0, "note": "", "approval": "", "duration_ms": None, "counts": None, "span": None}
        self._views[place:] = [inside[0].model_copy(update={**facts, **told}), *([] if folded else inside)]

    def part(self, graph: Graph, wanted: BlockPart) -> tuple[NodeView, ...]:
        """The rows of one block and of what is in it; of a loop and a repetition a page of items and rounds, each in one row.

        Args:
            graph: The compiled revision.
            wanted: The block, or an item or round of it; no rows when there is none of this key, or it has not begun.
        """
        mark = _MARK.search(wanted.key)
        spec = graph.specs.get(MARKS.sub("", wanted.key).rpartition(".")[2])
        if mark is not None and mark["round"] and spec is not None and not (isinstance(spec.step, RepeatableBlock) and spec.step.repeat):
            # The round of a block, not one of the rounds that a block consists of.
            mark = None
        node = wanted.key[: mark.start()] if mark else wanted.key
        if spec is None or not spec.bodies:
            return ()
        first, number = round_of(node)
        self._rounds.read_of([first])
        self._read_attempts(self._rounds.all_keys([first]))
        view = node_view(self._rows, spec, first.removesuffix(spec.key), 0, number if number > 1 else None)
        node = view.key
        block = _Block(spec, view)
        if not view.attempt:
            return ()
        if mark is None:
            self._add_part(block, wanted)
        else:
            position = int(mark["item"]) if mark["item"] else int(mark["round"]) - 1
            scopes = self._scopes.at(node, [position]) if block.key_of(position) == wanted.key else []
            self._add_scopes(_Block(spec, view, scopes), 0)
        return tuple(self._views)

    def _add_part(self, block: _Block, wanted: BlockPart) -> None:
        node = block.view.key
        counts = self._scopes.counts(node) if block.is_loop else None
        if not block.has_rows:
            self._views.append(block.view)
            self._add_scopes(_Block(block.spec, block.view, self._scopes.newest(node)), 1)
            return
        if counts is None:
            total, scopes = self._scopes.begun(node), self._scopes.newest(node, wanted.size, wanted.before)
        elif wanted.failed:
            total, scopes = counts.failed, self._scopes.failed(node, wanted.before, wanted.size)
        else:
            total, scopes = self._scopes.begun(node), self._scopes.page(node, counts, wanted.before, wanted.size)
        self._views.append(_told(block.view, counts, _span(total, wanted.before, len(scopes))))
        self._views += [view.model_copy(update={"folded": True}) for view in self._scope_views(_Block(block.spec, block.view, scopes), 1)]

    def _read_attempts(self, nodes: list[str]) -> None:
        """Read the newest attempts of some nodes."""
        for start in range(0, len(nodes), AT_ONCE):
            self._attempts.update({row.node: row for row in self._read(NAMED, nodes=nodes[start : start + AT_ONCE])})

    def _read_gates(self, body: Body, *prefixes: str) -> None:
        """Read the newest approvals of the gates in some scopes."""
        gates = (f"{prefix}{spec.key}" for prefix in prefixes for spec in body.nodes if may_ask(spec))
        nodes = self._rounds.all_keys(gates)
        for start in range(0, len(nodes), AT_ONCE):
            self._approvals.update({row.node: row for row in self._read(GATES, nodes=nodes[start : start + AT_ONCE])})

    def _add(self, body: Body, prefix: str, depth: int) -> None:
        """The nodes of one scope, with the gate of a step after the step that it belongs to."""
        for index in body.steps.values():
            spec = body.nodes[index]
            view = placed_view(self._rows, body, spec, prefix, depth)
            block = self._block(spec, view) if spec.bodies and view.attempt else None
            self._views.append(view if block is None else block.view)
            if spec.own_gate is not None:
                self._views.append(placed_view(self._rows, body, body.nodes[spec.own_gate], prefix, depth))
            self._views += self._undoing.views(spec, view, prefix, depth + 1)
            if block is not None:
                self._add_scopes(block, depth + 1)
            self._add_earlier(body, spec, prefix, depth + 1)

    def _add_earlier(self, body: Body, spec: NodeSpec, prefix: str, depth: int) -> None:
        """The rounds of a step before the present one, the newest first, below a row of their own."""
        number = self._rounds.number(f"{prefix}{spec.key}")
        asked = spec if spec.own_gate is None else body.nodes[spec.own_gate]
        number = max(number, self._rounds.number(f"{prefix}{asked.key}"))
        if number == 1:
            return
        rounds = [self._earlier_view(spec, asked, prefix, depth + 1, earlier) for earlier in range(number - 1, 0, -1)]
        key, why = f"{prefix}{spec.key} earlier", self._rounds.why(f"{prefix}{asked.key}")
        folded = self._is_folded(key, at_first=True)
        name = f"{number - 1} earlier round{'s' if number > 2 else ''}"
        facts = {"key": key, "name": name, "kind": "earlier", "depth": depth, "note": first_line(why, _NOTE), "folded": folded}
        self._views.append(rounds[0].model_copy(update={**facts, "attempt": 0, "duration_ms": None}))
        self._views += [] if folded else rounds

    def _earlier_view(self, spec: NodeSpec, gate: NodeSpec, prefix: str, depth: int, number: int) -> NodeView:
        """What stands for a step in one of its earlier rounds: the gate where the action never came to its turn."""
        view = node_view(self._rows, spec, prefix, depth, number)
        return view if view.status != "pending" or gate is spec else node_view(self._rows, gate, prefix, depth, number)

    def _block(self, spec: NodeSpec, view: NodeView) -> _Block:
        """A block that has begun, with the scopes that are shown of it."""
        block = _Block(spec, view)
        counts = self._scopes.counts(view.key) if block.is_loop else None
        if counts is not None and self._estimates is not None and view.status == "running":
            view = view.model_copy(update={"left_ms": self._estimates.of_loop(spec, view.key, counts)})
        if self._is_folded(view.key, counts is not None and counts.total > FEW):
            return _Block(spec, _told(view, counts, None, folded=True))
        if self._opening is None:
            scopes, span = self._scopes.newest(view.key) if counts is None else self._scopes.telling(view.key, counts), None
        else:
            scopes, span = self._page(block, counts, self._opening)
        return _Block(spec, _told(view, counts, span), scopes)

    def _page(self, block: _Block, counts: BlockCounts | None, opening: TreeOpening) -> tuple[list[Row], ScopeSpan | None]:
        """The scopes of an open block that are shown: a page of them, and the one that the cursor is in."""
        node = block.view.key
        if not block.has_rows:
            return self._scopes.newest(node), None
        if counts is not None and counts.total <= FEW:
            return self._scopes.all(node), None
        begun = self._scopes.begun(node)
        before = max(min(opening.before.get(node, 0), begun - 1), 0)
        newest = self._scopes.newest
        found = newest(node, opening.size, before) if counts is None else self._scopes.page(node, counts, before, opening.size)
        span = _span(begun, before, len(found))
        kept = opening.kept.removeprefix(node) if opening.kept.startswith(node) else ""
        mark = re.match(r"\[(\d{1,9})\]" if block.is_loop else r"#(\d{1,9})", kept)
        if mark is not None:
            position = int(mark[1]) - (not block.is_loop)
            if all(row.position != position for row in found):
                # An item that has just ended stands where it stood: below those that run.
                place = next((place for place, row in enumerate(found) if row.status in ("cancelled", "completed")), len(found))
                found[place:place] = self._scopes.at(node, [position])
        return found, span

    def _is_folded(self, key: str, at_first: bool) -> bool:
        opening = self._opening
        if opening is None or key in opening.opened:
            return False
        return at_first or key in opening.folded

    def _add_scopes(self, block: _Block, depth: int) -> None:
        """The scopes of a block that are shown, and what is in them."""
        views = self._scope_views(block, depth)
        names = [view.key for view in views if not view.folded]
        if names:
            self._rounds.read_in(names)
            self._attempts.update({row.node: row for row in self._read(INSIDE, scopes=names)})
            for body in block.spec.bodies:
                self._read_gates(body, *(f"{name}." for name in names))
        for view in views:
            self._views += [view] if block.has_rows else []
            taken = None if view.folded else self._body_of(block.spec, view.key)
            if taken is not None:
                self._add(taken, f"{view.key}.", depth + block.has_rows)

    def _body_of(self, spec: NodeSpec, scope: str) -> Body | None:
        """Which body a scope is an instance of: the one of whose nodes there are rows."""
        if len(spec.bodies) == 1:
            return spec.bodies[0]
        return next((body for body in spec.bodies if any(self._is_known(f"{scope}.{inner.key}") for inner in body.nodes)), None)

    def _is_known(self, node: str) -> bool:
        return node in self._attempts or node in self._approvals

    def _scope_views(self, block: _Block, depth: int) -> list[NodeView]:
        """The rows of the items or rounds of a block that are shown; of any other block that of its one scope."""
        asking = self._scopes.asking_among(block.view.key, block.scopes) if block.is_loop else frozenset[int]()
        views = [self._scope_view(block, row, depth, newest=not place) for place, row in enumerate(block.scopes)]
        asks = {"status": "waiting", "note": ASKS}
        return [view.model_copy(update=asks) if row.position in asking else view for view, row in zip(views, block.scopes, strict=True)]

    def _scope_view(self, block: _Block, row: Row, depth: int, *, newest: bool) -> NodeView:
        """The row of an item or a round."""
        key = block.key_of(row.position)
        counts = block.view.counts
        at_first = counts.total > FEW if counts is not None else block.repeats and not newest
        with reading("workflow_scopes", key):
            status: StepWord = row.status
            ended = row.finished_at is not None
            return NodeView(
                key=key,
                step_id=block.spec.step.id,
                name=f"round {row.position + 1}" if block.repeats else row.label or f"item {row.position + 1}",
                kind="round" if block.repeats else "item",
                depth=depth,
                status="cancelled" if self._rows.ended and not ended else status,
                attempt=0,
                note=first_line(row.error, _NOTE),
                approval="",
                started_at=optional_moment(row.opened_at),
                duration_ms=max(0, row.finished_at - row.opened_at) if ended else None,
                folded=self._is_folded(key, at_first) and block.has_rows,
            )


def _span(total: int, before: int, shown: int) -> ScopeSpan:
    return ScopeSpan(before=min(before, total), shown=shown, after=max(0, total - before - shown))


def _told(view: NodeView, counts: BlockCounts | None, span: ScopeSpan | None, *, folded: bool = False) -> NodeView:
    """A block's row, which says how far it is and what is shown of it."""
    note = view.note if counts is None else _counted(view, counts)
    return view.model_copy(update={"counts": counts, "note": note, "span": span, "folded": folded})


def _counted(view: NodeView, counts: BlockCounts) -> str:
    """How far a loop is, and why it failed."""
    parts = [f"{counts.completed:,} of {counts.total:,} done"]
    parts += [f"{counts.failed:,} failed"] if counts.failed else []
    parts += [f"{counts.cancelled:,} cancelled"] if counts.cancelled else []
    asking = f", {counts.asking:,} of them {'asks' if counts.asking == 1 else 'ask'}" if counts.asking else ""
    parts += [f"{counts.running:,} under way{asking}"] if counts.running and view.status != "completed" else []
    parts += [f"about {compact(view.left_ms)} left"] if view.left_ms else []
    # The counts say already how many failed.
    why = view.note.rpartition(" items failed; ")[2]
    return ", ".join([*parts, *([why] if why else [])])
