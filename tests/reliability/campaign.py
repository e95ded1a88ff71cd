"""Kills runs at random moments, again and again, and checks after each kill what was promised."""

from __future__ import annotations

import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.reliability.ledger import read_ledger, write_workflows
from tests.reliability.program import PATIENCE, Launcher, Started, lives, until
from tests.reliability.record import (
    Record,
    Violation,
    check_family,
    check_journal,
    check_once,
    check_printed,
    check_scopes,
    check_work,
    final_state,
    read_record,
    run_ids,
    ways_below,
)

STOPPED = {"paused", "completed", "failed", "rejected", "cancelled", "undone"}


@dataclass
class Moment:
    """When the engine is to be killed: after so many new lines of a file, and a little later."""

    kind: str
    """`time`, `printed` or `work`."""
    lines: int
    later: float
    """Seconds after that."""
    due: float = 0.0
    """On the monotonic clock, once the lines are there."""


@dataclass
class Campaign:
    """A number of kills over runs of one workflow.

    Args:
        launcher: The build under test.
        workflow: A name in `ledger.WORKFLOWS`.
        seed: Chooses the moments.
        rivals: How often a second `resume` is started while the first one lives, from 0 to 1.
        beside: Let a step start beside an earlier attempt of it: so it may be where living engines are taken for dead.
        patience: Seconds without an end of the engine after which it counts as standing still.
        helpless: An engine that stands still is killed, and no fault: others that take it for dead have ended the programs that help it.
    """

    launcher: Launcher
    workflow: str
    seed: int
    rivals: float = 0.15
    beside: bool = False
    cancels: bool = False
    """Cancel each run at some moment; how it ends is not compared then."""
    recovers: bool = False
    """Take each run up anew as long as it fails."""
    undoes: bool = False
    """Take each run back that has completed; it is over when it rests at its beginning."""
    patience: float = PATIENCE
    helpless: bool = False
    kills: int = 0
    runs: int = 0
    printed: dict[str, dict[int, Mapping[str, Any]]] = field(default_factory=dict)
    answered: dict[str, str] = field(default_factory=dict)
    """The run of each approval whose approval was printed."""

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.seed}/{self.workflow}")
        write_workflows(self.launcher.folder)
        self._crew: list[Started] = []
        self._before = 0
        """How many runs there were before the newest one that was started here."""
        self._cancelled = False
        self._told: list[Started] = []

    def play(self, kills: int, seconds: float = 1e9) -> None:
        """Kill so often, and let every run come to its end.

        Args:
            kills: How many times in all.
            seconds: Start no new run after that.

        Raises:
            Violation: A promise was broken.
        """
        started = time.monotonic()
        expected = None if self.cancels else self._expected()
        while self.kills < kills and time.monotonic() - started < seconds:
            run_id = self._one_run(min(self.kills + self.rng.randint(2, 9), kills))
            found = self._final(run_id)
            if expected is not None and found != expected:
                raise Violation(f"{run_id} ended otherwise than an undisturbed run:\n{found}\n{expected}")

    def _expected(self) -> Any:
        """The final state of a run that nobody disturbs."""
        return self._final(self._one_run(0))

    def _final(self, run_id: str) -> Any:
        """The final state of a run, and of each that completed below it, by the way to them."""
        below = {way: final_state(self.launcher.database, run) for way, run in ways_below(self.launcher.database, run_id).items()}
        completed = {way: found for way, found in sorted(below.items()) if found["run"][1] == "completed"}
        # Numbers of runs tell them apart, and there are others in each play.
        return re.sub(r"(\w) #\d+", r"\1 #", repr({"": final_state(self.launcher.database, run_id), **completed}))

    def _one_run(self, kills: int) -> str:
        """Play one run to its end; the engine is killed until there have been so many kills in all."""
        self.runs += 1
        self._before = len(run_ids(self.launcher.database))
        self._cancelled = not self.cancels
        run_id, failed, phase = "", False, ""
        while True:
            words: tuple[str, ...] = ("resume", run_id) if run_id else ("run", f"{self.workflow}.yaml")
            if failed:
                words = ("recover", run_id, "--yes", "--comment", "once more")
            if self.undoes and phase == "completed":
                words = ("undo", run_id, "--yes", "--comment", "the wrong tag")
            self._crew = [self.launcher.start(*words, "--jsonl")]
            self._told += self._crew
            self._watch(run_id, self._moment() if self.kills < kills else None)
            found = self._newest()
            if found:
                run_id = found[0]
                for below in found[1:]:
                    self.check(below)
                check_family(self.launcher.database, run_id, found)
                record = self.check(run_id)
                phase = record.phase
                failed = self.recovers and phase == "failed"
                if self.undoes and phase == "paused" and record.events[-1].type == "undo_finished":
                    break
                if phase in STOPPED - {"paused"} and not failed and not self.undoes:
                    break
        for member in self._newest():
            self._check_nothing_left(member)
            verified = self.launcher("verify", member)
            if verified.code != 0:
                raise Violation(verified.told)
        self._check_shown(run_id)
        return run_id

    def _newest(self) -> list[str]:
        """The newest run that was started here, and then those that its steps have started."""
        return run_ids(self.launcher.database)[self._before :]

    def _check_shown(self, run_id: str) -> None:
        """The tree counts the items of every loop as the journal does."""
        record = read_record(self.launcher.database, run_id)
        for node in self.launcher("show", run_id, "--json").json()["nodes"]:
            if node["counts"] is None:
                continue
            found = Counter(status for (block, _), status in record.scopes.items() if block == node["key"])
            shown = Counter({status: node["counts"][status] for status in ("completed", "failed", "running", "cancelled")})
            if found != +shown or node["counts"]["total"] != sum(found.values()):
                raise Violation(f"{run_id}: {node['key']} is shown with {node['counts']}, and the journal says {found}")

    def _moment(self) -> Moment:
        kind = self.rng.choice(("time", "printed", "work"))
        later = self.rng.uniform(0, 0.9) if kind == "time" else self.rng.choice((0.0, self.rng.uniform(0, 0.02)))
        return Moment(kind, 0 if kind == "time" else self.rng.randint(1, 4), later)

    def _watch(self, run_id: str, moment: Moment | None) -> None:
        """Let the engine work until it ends, stands still, or its moment has come."""
        folder, begun, seen = self.launcher.folder, time.monotonic(), len(read_ledger(self.launcher.folder))
        counts: dict[str, Callable[[], int]] = {
            "time": lambda: 0,
            "printed": lambda: sum(member.out.count("\n") for member in self._crew),
            "work": lambda: len(read_ledger(folder)) - seen,
        }
        rival_due = begun + self.rng.uniform(0, 0.5) if run_id and self.rng.random() < self.rivals else None
        since, looked = self._newest_event(), begun
        while any(member.code is None for member in self._crew):
            now = time.monotonic()
            if now - begun > self.patience and self.helpless:
                while self._crew:
                    self._kill()
                break
            if now - begun > self.patience:
                raise Violation(f"{run_id} does not go on: {[(one.out, one.err) for one in self._crew]}")
            if moment is not None:
                if not moment.due and counts[moment.kind]() >= moment.lines:
                    moment.due = now + moment.later
                if moment.due and now >= moment.due:
                    moment = None
                    self._kill()
            if rival_due is not None and now >= rival_due:
                rival_due = None
                self._crew.append(self.launcher.start("resume", run_id, "--jsonl"))
                self._told.append(self._crew[-1])
            if now - looked > 0.02:
                looked = now
                if self._stands_still(since, killing=moment is not None):
                    self._kill()
            time.sleep(0.002)

    def _kill(self) -> None:
        """Kill all engines, or only the first one when another one is there to go on."""
        heirs = self._crew[1:] if self.rng.random() < 0.5 else []
        for member in self._crew[: len(self._crew) - len(heirs)]:
            member.kill()
        self._crew = heirs
        self.kills += 1

    def _newest_event(self) -> int:
        return sum(len(read_record(self.launcher.database, run_id).events) for run_id in self._newest())

    def _stands_still(self, since: int, *, killing: bool) -> bool:
        """Answer a gate while the engine waits for that, or say that only another start makes the run go on.

        Args:
            since: Number of the newest event when the engine was started.
            killing: Whether the engine may be killed before the answer.
        """
        records = [read_record(self.launcher.database, run_id) for run_id in self._newest()]
        grown = sum(len(record.events) for record in records) > since
        if not self._cancelled and records and self.rng.random() < 0.01:
            self._cancelled = True
            self.launcher("cancel", records[0].id)
        for record in records:
            if record.phase == "paused" and grown:
                return True
            if record.open and not (self.cancels and self._cancelled):
                if killing and self.rng.random() < 0.5:
                    self._kill()
                self._answer(record)
        return False

    def _answer(self, record: Record) -> None:
        """Approve; half of the time the answering process is killed as soon as it has told its success."""
        approving = self.launcher.start("approve", record.open[0], "--yes", "--comment", "go on")
        if self.rng.random() < 0.5:
            until(lambda: approving.out or approving.code is not None, lambda: "approve tells something")
            approving.kill()
        else:
            approving.wait()
        if approving.out:
            self.answered[record.open[0]] = record.id

    def check(self, run_id: str) -> Record:
        """Check all that was promised about a run; what it is now.

        Raises:
            Violation: A promise was broken.
        """
        self._take_printed()
        ledger = read_ledger(self.launcher.folder)
        record = read_record(self.launcher.database, run_id)
        printed = self.printed.get(run_id, {})
        check_journal(record)
        check_once(record)
        check_scopes(record)
        check_printed(record, printed)
        check_work(record, printed, [entry for entry in ledger if not (self.beside and entry.word == "overlap")])
        decided = {payload["id"] for payload in record.payloads("approval_decided")}
        for approval, owner in self.answered.items():
            if owner == run_id and approval not in decided:
                raise Violation(f"{run_id}: the approval of {approval} was acknowledged and is lost")
        return record

    def _take_printed(self) -> None:
        """Read what processes printed since the last time; two of them must say the same about an event."""
        for started in self._told:
            for line in started.out.splitlines():
                event = json.loads(line)
                known = self.printed.setdefault(event["run_id"], {}).setdefault(event["seq"], event)
                if known["payload"] != event["payload"]:
                    raise Violation(f"event {event['id']} was printed in two ways:\n{known}\n{event}")
        self._told = [started for started in self._told if started.code is None]

    def _check_nothing_left(self, run_id: str) -> None:
        """No process that a step started may outlive the run."""
        pids = {entry.pid for entry in read_ledger(self.launcher.folder) if entry.run == run_id and entry.word in ("start", "child")}

        def left() -> list[int]:
            return [pid for pid in pids if lives(pid, run_id)]

        until(lambda: not left(), lambda: f"processes of {run_id} are gone: {left()}", 15)
