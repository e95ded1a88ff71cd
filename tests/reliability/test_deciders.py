from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest

from tests.reliability.program import ROOT, Ended, Launcher, until
from tests.reliability.record import Record, check_journal, query, read_record

ROUNDS = int(os.environ.get("OYAMA_TEST_ROUNDS", "80"))
GATES = 50
RACERS = 6
MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


class Deciders:
    """People in processes of their own, who answer at the same moment."""

    def __init__(self, launcher: Launcher, number: int) -> None:
        command = [sys.executable, "-m", "tests.reliability.decider"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT, "env": launcher.env}
        self._people: list[subprocess.Popen[str]] = [subprocess.Popen(command, **pipes) for _ in range(number)]  # type: ignore[call-overload]

    def race(self, answers: Sequence[Sequence[str]]) -> list[Ended]:
        """Let as many people as there are answers run their words at once."""
        people = self._people[: len(answers)]
        for person, words in zip(people, answers, strict=True):
            self._tell(person, json.dumps(words))
        for person in people:
            assert self._hear(person) == "ready"
        for person in people:
            self._tell(person, "go")
        return [Ended(**json.loads(self._hear(person))) for person in people]

    @staticmethod
    def _tell(person: subprocess.Popen[str], line: str) -> None:
        assert person.stdin is not None
        person.stdin.write(line + "\n")
        person.stdin.flush()

    @staticmethod
    def _hear(person: subprocess.Popen[str]) -> str:
        assert person.stdout is not None
        return person.stdout.readline().strip()

    def close(self) -> None:
        for person in self._people:
            person.communicate(timeout=30)


@pytest.fixture
def deciders(launcher: Launcher) -> Iterator[Deciders]:
    people = Deciders(launcher, RACERS)
    yield people
    people.close()


def open_gates(launcher: Launcher, number: int) -> Record:
    """A run that waits at so many gates at once."""
    gates = "".join(f"  - {{id: g{place}, gate: {{title: Gate {place}, on_reject: skip}}}}\n" for place in range(number))
    launcher.file("gates.yaml", f"id: gates\ntype: parallel\nsteps:\n{gates}")
    run_id = launcher("run", "gates.yaml", "--no-wait", "--json", code=5).json()["id"]
    return read_record(launcher.database, run_id)


def answers_for(chance: random.Random, approval: str, number: int) -> list[list[str]]:
    """Different answers to one approval."""
    verdicts = [chance.choice(("approve", "reject")) for _ in range(number)]
    return [[verdict, approval, "--comment", f"{verdict} as number {place}", "--yes"] for place, verdict in enumerate(verdicts)]


def check_round(launcher: Launcher, answers: Sequence[Sequence[str]], told: Sequence[Ended]) -> None:
    """One was first; every other one was told who and when; one vote is kept."""
    winners = [place for place, ended in enumerate(told) if ended.code == 0]
    everything = "\n".join(ended.told for ended in told)
    assert len(winners) == 1, everything
    verdict, approval, _, comment, _ = answers[winners[0]]
    word = {"approve": "approved", "reject": "rejected"}[verdict]
    assert re.fullmatch(rf"{word} by \S+ at {MOMENT}\n", told[winners[0]].out), everything
    for place, ended in enumerate(told):
        if place not in winners:
            assert ended.code == 7, everything
            assert re.search(rf"{word} by \S+ at {MOMENT}", " ".join(ended.err.split())), everything
    votes = query(launcher.database, "SELECT verdict, comment FROM approval_votes WHERE approval_id = ?", approval)
    assert votes == [(verdict, comment)], everything
    assert query(launcher.database, "SELECT status, comment FROM workflow_approvals WHERE id = ?", approval) == [(word, comment)]


@pytest.mark.slow
@pytest.mark.timeout(60 + 3 * ROUNDS)
@pytest.mark.parametrize("driven", [False, True])
def test_of_deciders_who_race_one_wins_and_the_others_learn_who(launcher: Launcher, deciders: Deciders, seed: int, driven: bool) -> None:
    chance = random.Random(seed)
    rounds = 0
    while rounds < ROUNDS // 2:
        record = open_gates(launcher, min(GATES, ROUNDS // 2 - rounds))
        engine = launcher.start("resume", record.id, "--jsonl") if driven else None
        for approval in record.open:
            answers = answers_for(chance, approval, chance.choice((2, 2, 2, 3, 3, 4, 5, RACERS)))
            check_round(launcher, answers, deciders.race(answers))
            rounds += 1
        if engine is None:
            launcher("resume", record.id, "--json", code=0)
        else:
            assert engine.wait().code == 0
        after = read_record(launcher.database, record.id)
        check_journal(after)
        assert [payload["id"] for payload in after.payloads("vote_cast")] == [
            payload["id"] for payload in after.payloads("approval_decided")
        ]
        assert len(after.payloads("approval_decided")) == len(record.open)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(2, 7))
def test_processes_that_race_to_answer(launcher: Launcher, seed: int, number: int) -> None:
    chance = random.Random(seed)
    for approval in open_gates(launcher, 2).open:
        answers = answers_for(chance, approval, number)
        started = [launcher.start(*words) for words in answers]
        check_round(launcher, answers, [one.wait() for one in started])


def test_the_same_answer_again_is_a_success(launcher: Launcher) -> None:
    approval, other = open_gates(launcher, 2).open
    first = launcher("approve", approval, "--yes", "--comment", "fine", code=0)
    again = launcher("approve", approval, "--yes", "--comment", "fine", code=0)
    assert again.out == f"already {first.out}"
    assert re.fullmatch(rf"already approved by \S+ at {MOMENT}\n", again.out)
    launcher("approve", approval, "--comment", "very fine", code=7)
    launcher("reject", approval, "--comment", "fine", code=7)
    assert launcher("reject", other, "--comment", "no", code=0).out.startswith("rejected by")
    assert launcher("reject", other, "--comment", "no", code=0).out.startswith("already rejected by")


def test_an_answer_after_the_end_of_the_run_is_refused(launcher: Launcher) -> None:
    record = open_gates(launcher, 1)
    launcher("cancel", record.id, code=0)
    until(lambda: launcher("show", record.id, "--json").json()["status"] == "cancelled", lambda: "the run is cancelled")
    told = launcher("approve", record.open[0], code=7)
    assert "withdrawn" in told.err
