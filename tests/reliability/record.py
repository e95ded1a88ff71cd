"""What the database holds, read beside the program, and the promises that hold for it at any moment."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oyama_tui.store.encoding import chain
from tests.reliability.ledger import Entry

ENDED = ("completed", "failed", "rejected", "cancelled", "undone")


class Violation(AssertionError):
    """A promise was broken."""


@dataclass(frozen=True)
class Recorded:
    """One event as the database holds it."""

    seq: int
    at: int
    type: str
    payload: Mapping[str, Any]
    raw: str
    hash: bytes


@dataclass(frozen=True)
class Record:
    """A run as the database holds it."""

    id: str
    key: int
    phase: str
    seq: int
    head: bytes
    events: tuple[Recorded, ...]
    open: tuple[str, ...]
    """The ids of its open approvals."""
    scopes: Mapping[tuple[str, int], str]
    """What the scopes of its blocks came to, by block and place; `running` before they are over."""

    def payloads(self, *types: str) -> list[Mapping[str, Any]]:
        """What events of these types say."""
        return [event.payload for event in self.events if event.type in types]


def query(database: Path, statement: str, *values: object) -> list[Any]:
    """Read rows; none while there is no such table."""
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        connection.execute("PRAGMA query_only=ON")
        try:
            return connection.execute(statement, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def run_ids(database: Path) -> list[str]:
    """All runs, oldest first."""
    return [row[0] for row in query(database, "SELECT id FROM workflow_states ORDER BY key")] if database.exists() else []


def read_record(database: Path, run_id: str) -> Record:
    """One run, read in one transaction."""
    with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        found = connection.execute("SELECT key, phase, seq, head FROM workflow_states WHERE id = ?", (run_id,)).fetchone()
        if found is None:
            raise Violation(f"run {run_id} was acknowledged and is gone")
        rows = connection.execute(
            "SELECT seq, at, type, payload, hash FROM workflow_events WHERE run = ? ORDER BY seq", (found[0],)
        ).fetchall()
        pending = connection.execute("SELECT id FROM workflow_approvals WHERE run = ? AND status = 'pending'", (found[0],)).fetchall()
        scopes = connection.execute("SELECT node, position, status FROM workflow_scopes WHERE run = ?", (found[0],)).fetchall()
        connection.execute("COMMIT")
    events = tuple(Recorded(seq, at, kind, json.loads(payload), payload, digest) for seq, at, kind, payload, digest in rows)
    scopes_by_place = {(node, place): status for node, place, status in scopes}
    return Record(run_id, found[0], found[1], found[2], found[3], events, tuple(row[0] for row in pending), scopes_by_place)


def attempt_of(payload: Mapping[str, Any]) -> int:
    """The number of the attempt that an event speaks of, which it leaves out of its first."""
    return int(payload.get("attempt", 1))


def check_journal(record: Record) -> None:
    """The journal has no gaps, its hash chain holds, and the run's row agrees with its end."""
    head = b""
    for place, event in enumerate(record.events, 1):
        if event.seq != place:
            raise Violation(f"{record.id}: event {event.seq} stands where {place} should")
        head = chain(head, record.key, event.seq, event.at, event.type, event.raw)
        if head != event.hash:
            raise Violation(f"{record.id}: the hash chain breaks at event {event.seq}")
    if (record.seq, record.head) != (len(record.events), head):
        raise Violation(f"{record.id}: the run's row says that event {record.seq} is the newest, the journal has {len(record.events)}")
    succeeded = Counter((event.payload["node"], attempt_of(event.payload)) for event in record.events if event.type == "step_succeeded")
    votes = Counter(payload["id"] for payload in record.payloads("approval_decided"))
    twice = [str(what) for counted in (succeeded, votes) for what, times in counted.items() if times > 1]
    if twice:
        raise Violation(f"{record.id}: recorded twice: {', '.join(twice)}")


def check_once(record: Record) -> None:
    """Nothing is ordered again after the journal has said that it succeeded."""
    done: set[str] = set()
    for event in record.events:
        if event.type == "step_succeeded":
            done.add(event.payload["node"])
        elif event.type == "steps_restarted":
            again = done.intersection(event.payload.get("nodes", []))
            if again:
                raise Violation(f"{record.id}: {sorted(again)} had succeeded and began once more with event {event.seq}")
        elif event.type == "steps_reopened":
            # Their successors have keys of their own.
            done.update(event.payload["nodes"])
        elif event.type == "step_scheduled" and event.payload["node"] in done and event.payload["step_kind"] != "gate":
            raise Violation(f"{record.id}: {event.payload['node']} succeeded, and event {event.seq} orders it again")


def check_scopes(record: Record) -> None:
    """Scopes begin in order, once, as many as there may be; what the rows say of them is what the journal says."""
    counts = {payload["node"]: payload.get("count", 1) for payload in record.payloads("block_opened")}
    told: dict[tuple[str, int], str] = {}
    begun: Counter[str] = Counter()
    for event in record.events:
        if event.type == "step_succeeded":
            _check_all_over(record, event, counts, told)
        if event.type == "step_cancelled":
            told.update({key: "cancelled" for key, status in told.items() if key[0] == event.payload["node"] and status == "running"})
        if event.type == "steps_restarted":
            told.update({(scope["block"], scope["index"]): "running" for scope in event.payload.get("scopes", [])})
        if event.type not in ("scope_opened", "scope_settled"):
            continue
        node, place = event.payload["node"], event.payload.get("index", 0)
        if event.type == "scope_settled":
            if told.get((node, place)) != "running":
                raise Violation(f"{record.id}: event {event.seq} settles scope {place} of {node}, which is {told.get((node, place))}")
            told[node, place] = event.payload.get("status", "completed")
            continue
        if place != begun[node] or place >= counts[node]:
            raise Violation(f"{record.id}: event {event.seq} begins scope {place} of {node} after {begun[node]} of {counts[node]}")
        begun[node] += 1
        told[node, place] = "running"
    if told != record.scopes:
        raise Violation(f"{record.id}: the rows say of scopes {record.scopes}, and the journal {told}")


def _check_all_over(record: Record, event: Recorded, counts: Mapping[str, int], told: Mapping[tuple[str, int], str]) -> None:
    """A loop that succeeded has gone through every item, and nothing in a block goes on after its success."""
    node = event.payload["node"]
    came_to = [status for (block, _), status in told.items() if block == node]
    loop = any(payload["node"] == node and payload["step_kind"] == "for_each" for payload in record.payloads("block_opened"))
    if "running" in came_to or (loop and len(came_to) != counts[node]):
        raise Violation(f"{record.id}: {node} succeeded with scopes {came_to} of {counts[node]}")


def check_printed(record: Record, printed: Mapping[int, Mapping[str, Any]]) -> None:
    """Every event that was printed is in the journal, unchanged."""
    for seq, told in printed.items():
        if seq > len(record.events):
            raise Violation(f"{record.id}: event {seq} was printed and is lost: {told}")
        event = record.events[seq - 1]
        if (told["type"], told["payload"]) != (event.type, event.payload):
            raise Violation(f"{record.id}: event {seq} was printed as {told} and is kept as {event.type} {event.raw}")


def check_work(record: Record, printed: Mapping[int, Mapping[str, Any]], ledger: Iterable[Entry]) -> None:
    """Nothing ran without a durable order, twice for one order, beside itself, or after its success was printed, or succeeded unrun."""
    entries = [entry for entry in ledger if entry.run == record.id]
    starts = Counter((entry.step, entry.attempt) for entry in entries if entry.word == "start")
    orders = {(payload["node"], attempt_of(payload)) for payload in record.payloads("step_scheduled")}
    for (step, attempt), times in starts.items():
        if (step, attempt) not in orders:
            raise Violation(f"{record.id}: {step} ran as attempt {attempt} without an order in the journal")
        if times > 1:
            raise Violation(f"{record.id}: {step} ran {times} times for one order, attempt {attempt}")
    programs = {payload["node"] for payload in record.payloads("step_scheduled") if payload["step_kind"] in ("run", "python")}
    for payload in record.payloads("step_succeeded"):
        if payload["node"] in programs and not starts[payload["node"], attempt_of(payload)]:
            raise Violation(f"{record.id}: {payload['node']} succeeded in attempt {attempt_of(payload)}, and its program never ran")
    for told in printed.values():
        if told["type"] == "step_succeeded":
            node, attempt = told["payload"]["node"], attempt_of(told["payload"])
            later = [number for step, number in starts if step == node and number > attempt]
            if later:
                raise Violation(f"{record.id}: the success of {node} in attempt {attempt} was printed, and it ran again as {later}")
    beside = [entry for entry in entries if entry.word == "overlap"]
    if beside:
        raise Violation(f"{record.id}: {beside[0].step} started while process {beside[0].pid} of an earlier attempt still ran")


def final_state(database: Path, run_id: str) -> Any:
    """All that a run leads to and that interruptions may not change."""
    row = query(
        database, "SELECT key, status, phase, reason, completed_steps, outputs, error, error_node FROM workflow_states WHERE id = ?", run_id
    )[0]
    steps = (
        "SELECT node, kind, status, output, outputs, result, exit_code, error FROM workflow_execution_steps AS s WHERE run = ?"
        " AND attempt = (SELECT MAX(attempt) FROM workflow_execution_steps WHERE run = s.run AND node = s.node) ORDER BY node"
    )
    scopes = "SELECT node, position, label, status, error FROM workflow_scopes WHERE run = ? ORDER BY node, position"
    execution = "SELECT status, phase, reason, error, trigger, started_by, decided_by FROM workflow_executions WHERE run = ?"
    return {
        "run": row[1:],
        "steps": [step for step in query(database, steps, row[0]) if step[1] != "gate"],
        "scopes": query(database, scopes, row[0]),
        "rounds": query(database, "SELECT node, round, source, why FROM workflow_rounds WHERE run = ? ORDER BY node, round", row[0]),
        "context": query(database, "SELECT name, value FROM workflow_context WHERE run = ? ORDER BY name", row[0]),
        "approvals": query(
            database, "SELECT node, status, title, target, digest FROM workflow_approvals WHERE run = ? ORDER BY node", row[0]
        ),
        "execution": query(database, execution, row[0]),
    }


@dataclass(frozen=True)
class Below:
    """A run that a step of another one has started, as its own journal says."""

    id: str
    parent: str
    node: str
    attempt: int
    phase: str


def runs_below(database: Path) -> list[Below]:
    """All runs that steps have started, oldest first; the journals are asked, not the rows."""
    rows = query(
        database,
        "SELECT s.id, s.phase, e.payload FROM workflow_states s JOIN workflow_events e ON e.run = s.key AND e.seq = 1 ORDER BY s.key",
    )
    started = [(run_id, phase, json.loads(payload)) for run_id, phase, payload in rows]
    return [
        Below(run, said["parent"], said["parent_node"], said["parent_attempt"], phase) for run, phase, said in started if "parent" in said
    ]


def ways_below(database: Path, run_id: str) -> dict[str, str]:
    """The runs below one, by the way to them."""
    known = runs_below(database)

    def below(parent: str, way: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for child in known:
            if child.parent == parent:
                here = f"{way}/{child.node}.{child.attempt}"
                found |= {here: child.id, **below(child.id, here)}
        return found

    return below(run_id, "")


def check_family(database: Path, run_id: str, members: Sequence[str]) -> None:
    """Each attempt that is a run is one run, ordered before it began and over before the attempt is; nothing else was started.

    Args:
        database: The file.
        run_id: The outermost run.
        members: It and all runs that were started since.
    """
    known = runs_below(database)
    places = Counter((child.parent, child.node, child.attempt) for child in known)
    doubled = [place for place, times in places.items() if times > 1]
    if doubled:
        raise Violation(f"{run_id}: runs were started twice for {doubled}")
    strangers = set(members[1:]) - set(ways_below(database, run_id).values())
    if strangers:
        raise Violation(f"{run_id}: {strangers} belong to nobody")
    by_place = {(child.parent, child.node, child.attempt): child for child in known}
    for member in members:
        record = read_record(database, member)
        orders = {(payload["node"], attempt_of(payload)) for payload in record.payloads("step_scheduled")}
        for child in known:
            if child.parent == member and (child.node, child.attempt) not in orders:
                raise Violation(f"{member}: {child.id} was started without an order")
            if child.parent == member and record.phase in ENDED and child.phase not in ENDED:
                raise Violation(f"{member} is {record.phase}, and its child {child.id} was left {child.phase}")
        for payload in record.payloads("child_started"):
            found = by_place.get((member, payload["node"], attempt_of(payload)))
            if found is None or found.id != payload["run"]:
                raise Violation(f"{member}: {payload} names another run than {found}")
        for event in record.events:
            if event.type in ("step_succeeded", "step_failed", "step_cancelled"):
                settled = by_place.get((member, event.payload["node"], attempt_of(event.payload)))
                if settled is not None and settled.phase not in ENDED:
                    raise Violation(f"{member}: {event.type} of {settled.node}, and its child {settled.id} was left {settled.phase}")
                if settled is not None and (event.type == "step_succeeded") != (settled.phase == "completed"):
                    raise Violation(f"{member}: {event.type} of {settled.node}, and its child {settled.id} is {settled.phase}")
