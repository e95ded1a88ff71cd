"""What is shown of a run as it was: the queries of the present, asked of the past."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeAlias

import sqlalchemy as sa

from oyama_tui.core.rows import Rows
from oyama_tui.core.views import ApprovalRow, AttemptView, ContextView, Difference, MomentView, RunView, TreeOpening
from oyama_tui.store.damage import expect
from oyama_tui.store.past import DRIVER, PastRun
from oyama_tui.store.queries.approvals import approvals_of_run
from oyama_tui.store.queries.journal_lines import context_view, events_after
from oyama_tui.store.queries.moments import NodeWord, node_words
from oyama_tui.store.queries.runs import attempt_view, run_view

_LIVING: Final = frozenset({DRIVER})
_Facts: TypeAlias = tuple[RunView, dict[str, NodeWord], tuple[ContextView, ...]]


def moment_of(past: PastRun, seq: int, last: int, wanted: TreeOpening | None) -> MomentView:
    """The run as it was after one of its events.

    Args:
        past: The run in memory.
        seq: The number of the event.
        last: The number of the newest event.
        wanted: Which blocks of the tree are open; what matters most of all of them when none.

    Raises:
        CorruptJournal: What the journal says does not fit together.
    """
    key = past.run.key
    changed = past.variables_of(seq)
    before = past.ask(seq - 1, lambda connection: context_view(connection, key)) if changed and seq > 1 else ()

    def look(connection: sa.Connection) -> MomentView:
        (event,) = events_after(connection, key, seq - 1, 1)
        return MomentView(
            seq=seq,
            last=last,
            event=event,
            run=_run(connection, past, seq, wanted),
            context=context_view(connection, key),
            changed=changed,
            was=tuple(variable for variable in before if variable.name in changed),
        )

    return past.ask(seq, look)


def _run(connection: sa.Connection, past: PastRun, seq: int, wanted: TreeOpening | None) -> RunView:
    view = run_view(connection, past.run.id, past.graph, _LIVING, "", past.at(seq), wanted)
    expect(view is not None, "the run has no row")
    assert view is not None
    return view


def attempt_of(past: PastRun, seq: int, node: str, attempt: int | None, files: Path) -> AttemptView | None:
    """One attempt of a node as it was after an event; none when it had not begun.

    Args:
        past: The run in memory.
        seq: The number of the event.
        node: The node's key.
        attempt: Its number; the newest one when none.
        files: The folder beside the database.
    """
    view = past.ask(seq, lambda connection: attempt_view(connection, past.run.id, node, attempt, files))
    # The file of one that was under way has what it wrote later too.
    return view if view is None or view.ended_at is not None else view.model_copy(update={"log": ""})


def approvals_then(past: PastRun, seq: int) -> Rows[ApprovalRow]:
    """What had been asked of people after an event, and how it had been answered.

    Args:
        past: The run in memory.
        seq: The number of the event.
    """
    return past.ask(seq, lambda connection: approvals_of_run(connection, past.run.id))


def differences(past: PastRun, one: int, other: int) -> tuple[Difference, ...]:
    """What two moments do not have in common: the run itself first, then nodes in the order in which they began, then variables.

    Args:
        past: The run in memory.
        one: The number of an event.
        other: That of another.
    """
    before, after = (past.ask(seq, lambda connection, seq=seq: _facts(connection, past, seq)) for seq in (one, other))  # type: ignore[misc]
    found: list[Difference] = []
    for name, value in _of_run(before[0]).items():
        if value != _of_run(after[0])[name]:
            found.append(Difference(kind="run", name=name, before=value, after=_of_run(after[0])[name]))
    for node in dict.fromkeys((*before[1], *after[1])):
        if before[1].get(node) != after[1].get(node):
            found.append(Difference(kind="step", name=node, before=_said(before[1].get(node)), after=_said(after[1].get(node))))
    contexts = [{variable.name: variable.value for variable in facts[2]} for facts in (before, after)]
    for name in sorted({*contexts[0], *contexts[1]}):
        was, now = (context.get(name) for context in contexts)
        if (name in contexts[0]) != (name in contexts[1]) or was != now or type(was) is not type(now):
            found.append(Difference(kind="variable", name=name, before=was, after=now))
    return tuple(found)


def _facts(connection: sa.Connection, past: PastRun, seq: int) -> _Facts:
    view = _run(connection, past, seq, TreeOpening())
    words = node_words(connection, past.run.key, past.graph, ended=view.row.ended)
    return view, words, context_view(connection, past.run.key)


def _of_run(view: RunView) -> dict[str, str]:
    row = view.row
    return {"status": row.word, "steps": f"{row.completed} of {row.total} over", "error": view.error}


def _said(word: NodeWord | None) -> str | None:
    """How a node stood, with its attempt where that is not the first."""
    if word is None:
        return None
    return f"{word.word}, attempt {word.attempt}" if word.attempt > 1 else word.word
