"""The rounds of a run's nodes: which one is the present one, and why it began."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.store.queries.base import ROUNDS, Row

_ROUND: Final = sa.select(ROUNDS.c.node, ROUNDS.c.round, ROUNDS.c.why).order_by(ROUNDS.c.round)
_OF_RUN: Final = ROUNDS.c.run == sa.bindparam("run")
ANY_ROUND = sa.select(sa.exists().where(_OF_RUN))
ROUNDS_OF_NODES = _ROUND.where(_OF_RUN, ROUNDS.c.node.in_(sa.bindparam("nodes", expanding=True)))
ROUNDS_IN_SCOPES = _ROUND.where(_OF_RUN, ROUNDS.c.scope.in_(sa.bindparam("scopes", expanding=True)))


class NodeRounds:
    """Reads which nodes of one run have begun more than once.

    Args:
        connection: Where to read.
        run: The run's key.
    """

    def __init__(self, connection: sa.Connection, run: int) -> None:
        self._connection = connection
        self._run = run
        self._newest: dict[str, Row] = {}
        self._any = bool(connection.execute(ANY_ROUND, {"run": run}).scalar())

    def read_of(self, nodes: list[str]) -> None:
        """Read the rounds of some nodes, by the keys of their first ones."""
        self._read(ROUNDS_OF_NODES, nodes=nodes)

    def read_in(self, scopes: list[str]) -> None:
        """Read the rounds of the nodes in some scopes."""
        self._read(ROUNDS_IN_SCOPES, scopes=scopes)

    def _read(self, query: Any, **values: list[str]) -> None:
        if self._any:
            self._newest.update({row.node: row for row in self._connection.execute(query, {"run": self._run, **values})})

    def number(self, node: str) -> int:
        """Which round of a node is the present one."""
        row = self._newest.get(node)
        return 1 if row is None else int(row.round)

    def why(self, node: str) -> str:
        """Why the present round began; empty for the first one."""
        row = self._newest.get(node)
        return "" if row is None else str(row.why)

    def present(self, node: str) -> str:
        """The key of a node's present round."""
        return key_of_round(node, self.number(node))

    def all_keys(self, nodes: Iterable[str]) -> list[str]:
        """The keys of all rounds of some nodes."""
        return [key_of_round(node, number) for node in nodes for number in range(1, self.number(node) + 1)]


def key_of_round(node: str, number: int) -> str:
    """The key of one round of a node.

    Args:
        node: The key of its first round.
        number: Which one, from 1.
    """
    return node if number == 1 else f"{node}#{number}"
