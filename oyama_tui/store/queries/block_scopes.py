"""The scopes of a block: how many of them are where, and those that are to be shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.views import BlockCounts
from oyama_tui.store.damage import reading
from oyama_tui.store.queries.base import APPROVALS, SCOPES, STEPS, Row

FEW: Final = 10
"""A loop of so many items is shown whole."""
FIRST_SEEN: Final = {"failed": 5, "running": 10, "cancelled": 10}
"""Of a longer one, when nobody has said which part is wanted: how many items of a status are shown, the failed ones first."""
ASKING: Final = 20
"""So many items that ask somebody are shown besides."""
LISTED: Final = ("failed", "asking", "running", "cancelled", "completed")
"""The order in which items are listed; those of one kind by their index."""
_OF_BLOCK: Final = (SCOPES.c.run == sa.bindparam("run"), SCOPES.c.node == sa.bindparam("node"))
_MOST: sa.BindParameter[int] = sa.bindparam("most")
_SKIP: sa.BindParameter[int] = sa.bindparam("skip")
COUNTS = sa.select(SCOPES.c.status, sa.func.count().label("scopes")).where(*_OF_BLOCK).group_by(SCOPES.c.status)
ITEMS = sa.select(STEPS.c.input).where(STEPS.c.run == sa.bindparam("run"), STEPS.c.node == sa.bindparam("node"), STEPS.c.attempt == 1)
_SCOPE: Final = sa.select(SCOPES.c.position, SCOPES.c.label, SCOPES.c.status, SCOPES.c.error, SCOPES.c.opened_at, SCOPES.c.finished_at)
NEWEST = _SCOPE.where(*_OF_BLOCK).order_by(SCOPES.c.position.desc()).limit(_MOST).offset(_SKIP)
EVERY = _SCOPE.where(*_OF_BLOCK).order_by(SCOPES.c.position)
# Items begin in their order, so that their rows are in it too, and the index of statuses keeps the order of rows.
OF_STATUS = _SCOPE.where(*_OF_BLOCK, SCOPES.c.status == sa.bindparam("status")).order_by(SCOPES.c.key).limit(_MOST).offset(_SKIP)
AT = _SCOPE.where(*_OF_BLOCK, SCOPES.c.position.in_(sa.bindparam("positions", expanding=True))).order_by(SCOPES.c.position)
_ITEM: Final = sa.cast(sa.func.substr(APPROVALS.c.node, sa.bindparam("cut", type_=sa.Integer)), sa.Integer)
"""The number that the rest of a key begins with."""
_OPEN: Final = (
    APPROVALS.c.status == "pending",
    # What is open is little and found by its status; the sum keeps SQLite from walking all approvals of the run instead.
    APPROVALS.c.run + 0 == sa.bindparam("run"),
    APPROVALS.c.node >= sa.bindparam("begin"),
    APPROVALS.c.node < sa.bindparam("end"),
)
COUNT_ASKING = sa.select(sa.func.count(sa.distinct(_ITEM))).where(*_OPEN)
ASKING_ITEMS = sa.select(_ITEM.label("position")).where(*_OPEN).distinct().order_by("position").limit(_MOST).offset(_SKIP)
ASKING_AMONG = sa.select(_ITEM.label("position")).where(*_OPEN, _ITEM.in_(sa.bindparam("positions", expanding=True))).distinct()
BUSY = (
    _SCOPE.where(*_OF_BLOCK, SCOPES.c.status == "running", SCOPES.c.position.not_in(sa.select(_ITEM).where(*_OPEN)))
    .order_by(SCOPES.c.key)
    .limit(_MOST)
    .offset(_SKIP)
)


class BlockScopes:
    """Reads the scopes of the blocks of one run.

    Args:
        connection: Where to read.
        run: The run's key.
        ended: The run is over.
        asks: A gate of the run is open.
    """

    def __init__(self, connection: sa.Connection, run: int, *, ended: bool, asks: bool) -> None:
        self._connection = connection
        self._run = run
        self._ended = ended
        self._asks = asks
        self._known: dict[str, dict[str, int]] = {}

    def _read(self, query: Any, **values: Any) -> Iterable[Row]:
        return self._connection.execute(query, {"run": self._run, **values})

    def counts(self, node: str) -> BlockCounts:
        """How many items of a loop that has begun are where.

        Args:
            node: The loop's key.

        Raises:
            DatabaseProblem: Its row is damaged.
        """
        found = self._of_statuses(node)
        with reading("workflow_execution_steps", node):
            held = next((row.input for row in self._read(ITEMS, node=node)), None)
            total = int(held["count"]) if isinstance(held, dict) else sum(found.values())
            left = found.get("running", 0)
            return BlockCounts(
                total=total,
                completed=found.get("completed", 0),
                failed=found.get("failed", 0),
                running=0 if self._ended else left,
                asking=min(self._count_asking(node), left),
                cancelled=found.get("cancelled", 0) + (left if self._ended else 0),
            )

    def _of_statuses(self, node: str) -> Mapping[str, int]:
        if node not in self._known:
            self._known[node] = {row.status: row.scopes for row in self._read(COUNTS, node=node)}
        return self._known[node]

    def _count_asking(self, node: str) -> int:
        return int(next(iter(self._read(COUNT_ASKING, **_keys_in(node))))[0]) if self._asks else 0

    def begun(self, node: str) -> int:
        """How many items of a loop or rounds of a repetition have begun."""
        return sum(self._of_statuses(node).values())

    def newest(self, node: str, most: int = 1, skip: int = 0) -> list[Row]:
        """The last scopes of a block, the newest first.

        Args:
            node: The block's key.
            most: How many.
            skip: How many newer ones to pass over.
        """
        return list(self._read(NEWEST, node=node, most=most, skip=skip))

    def all(self, node: str) -> list[Row]:
        """Every scope of a block, by its place."""
        return list(self._read(EVERY, node=node))

    def at(self, node: str, positions: Sequence[int]) -> list[Row]:
        """The scopes of a block at certain places, as far as they have begun."""
        return list(self._read(AT, node=node, positions=list(positions))) if positions else []

    def telling(self, node: str, counts: BlockCounts) -> list[Row]:
        """Of a short loop all items, of a long one those that failed, that run or were cut off, and that ask somebody.

        Args:
            node: The loop's key.
            counts: How many items are where.
        """
        if counts.total <= FEW:
            return self.all(node)
        found = [row for status, most in FIRST_SEEN.items() for row in self._read(OF_STATUS, node=node, status=status, most=most, skip=0)]
        seen = {row.position for row in found}
        asking = [place for place in self._asking(node, ASKING + len(seen), 0) if place not in seen] if counts.asking else []
        return found + self.at(node, asking[:ASKING])

    def page(self, node: str, counts: BlockCounts, before: int, size: int) -> list[Row]:
        """A part of a loop's items that have begun, as they are listed.

        Args:
            node: The loop's key.
            counts: How many items are where.
            before: How many to pass over first.
            size: The most items.
        """
        found: list[Row] = []
        passed = 0
        for kind, many in zip(LISTED, self._sizes(node, counts), strict=True):
            skip, room = max(before - passed, 0), size - len(found)
            passed += many
            if room > 0 and skip < many:
                found += self._listed(node, kind, room, skip)
        return found

    def failed(self, node: str, before: int, size: int) -> list[Row]:
        """A part of a loop's items that failed, by their index."""
        return list(self._read(OF_STATUS, node=node, status="failed", most=size, skip=before))

    def asking_among(self, node: str, rows: Sequence[Row]) -> frozenset[int]:
        """Those of some items of a loop in which a question is open, by their index.

        Args:
            node: The loop's key.
            rows: The items.
        """
        places = [row.position for row in rows if row.status == "running"] if self._asks else []
        if not places:
            return frozenset()
        return frozenset(row.position for row in self._read(ASKING_AMONG, positions=places, **_keys_in(node)))

    def _sizes(self, node: str, counts: BlockCounts) -> tuple[int, ...]:
        """How many items there are of each kind that is listed, by their rows: those of a run that is over may still say `running`."""
        found = self._of_statuses(node)
        running, cancelled = found.get("running", 0), found.get("cancelled", 0)
        return (counts.failed, counts.asking, running - counts.asking, cancelled, counts.completed)

    def _listed(self, node: str, kind: str, most: int, skip: int) -> list[Row]:
        if kind == "asking":
            return self.at(node, self._asking(node, most, skip))
        if kind == "running" and self._asks:
            return list(self._read(BUSY, node=node, most=most, skip=skip, **_keys_in(node)))
        return list(self._read(OF_STATUS, node=node, status=kind, most=most, skip=skip))

    def _asking(self, node: str, most: int, skip: int) -> list[int]:
        """The items of a loop with an open question somewhere in them, by their index."""
        return [row.position for row in self._read(ASKING_ITEMS, most=most, skip=skip, **_keys_in(node))]


def _keys_in(node: str) -> Mapping[str, str | int]:
    """Between which keys those of what is in a loop's items lie, and where in them the number of the item stands."""
    return {"begin": f"{node}[", "end": f"{node}{chr(ord('[') + 1)}", "cut": len(node) + 2}
