"""Many people at once, on connections, at screens and in processes of their own: every question has one end, and everybody learns which."""

from __future__ import annotations

import asyncio
import os
import random
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.events import Principal
from oyama_tui.core.questions import Question
from oyama_tui.core.views import Decision
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.reliability.program import Ended, Launcher
from tests.reliability.record import Record, check_journal, read_record
from tests.reliability.seat import STAGES, Seat, seat
from tests.reliability.test_deciders import Deciders

ROUNDS = int(os.environ.get("OYAMA_TEST_ROUNDS", "44"))
SCREEN_ROUNDS = max(9, ROUNDS // 5)
PEOPLE: Final = ("ana", "ben", "cyd", "dan", "eva", "fox")
AT_SCREENS: Final = {"gil": (120, 36), "hal": (80, 24)}
MOST: Final = 8
"""People who answer at once: some in this process, each with a connection of their own, the others in processes of their own."""
BEGINNING = r"""
id: {id}
context: {{said: ""}}
steps:
  - {{id: notes, set: {{said: draft}}, outputs: {{text: draft}}}}
  - id: publish
    gate: {{title: Publish?{gate}}}
    set: {{said: "${{{{ steps.notes.outputs.text }}}}"}}
"""
GATES: Final = {
    "plain": "",
    "skipped": ", on_reject: skip",
    "edited": ", edit: [notes.text]",
    "form": ", form: {count: {type: integer, required: true}}",
    "two": ", approvers: {quorum: 2}",
    "three": ", approvers: {quorum: 3, veto: false}",
    "two edited": ", edit: [notes.text], approvers: {quorum: 2}",
    "silence is no": ", timeout: 30ms",
    "silence is yes": ", timeout: 30ms, on_timeout: approve",
    "silence of two": ", timeout: 60ms, approvers: {quorum: 2}",
}
GATES_ON_SCREENS: Final = {
    **{kind: gate for kind, gate in GATES.items() if "silence" not in kind},
    "sent back": ", send_back: {to: notes, max: 5}",
    "late no": ", timeout: 1500ms",
    "late yes": ", timeout: 1200ms, on_timeout: approve",
    "late two": ", timeout: 1500ms, approvers: {quorum: 2}",
}
ENDS: Final = {"approval_decided", "approval_expired", "approval_cancelled"}
WHO_AND_WHEN: Final = re.compile(
    r"(approved|rejected|sent back) by \S+ at \S+|expired at|ran out at|withdrawn at|is ending|is (being )?(cancelled|completed|rejected)"
    r"|said yes to it as it is|has changed since you looked|is no longer asked|already"
)


@dataclass
class Told:
    """What one of them was told."""

    who: str
    verdict: str
    edits: dict[str, Any]
    decision: Decision | None = None
    refused: str = ""


@pytest.fixture
def processes(launcher: Launcher) -> Iterator[Deciders]:
    people = Deciders(launcher, 2)
    yield people
    people.close()


@asynccontextmanager
async def together(launcher: Launcher) -> AsyncIterator[tuple[Studio, list[Studio]]]:
    """A studio that drives all runs, and one for each person."""
    home = Path(launcher.env["OYAMA_HOME"])
    settings = Settings(database=str(launcher.database), home=home)
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(open_studio(settings, drive="all"))
        people = []
        for name in PEOPLE:
            studio = await stack.enter_async_context(open_studio(settings))
            studio._context.caller.__dict__["principal"] = Principal(name=name)
            people.append(studio)
        yield engine, people


async def opened(engine: Studio, folder: Path, kind: str) -> tuple[str, str]:
    """A run, and its open approval; none when its time was over before anybody could look."""
    if kind == "asked":
        asked = await engine.asking.ask(Question(title="May I?", directory=str(folder)))
        run = asked.run_id
    else:
        workflow = kind.replace(" ", "_")
        file = folder / f"{workflow}.yaml"
        if not file.exists():
            file.write_text(BEGINNING.format(id=workflow, gate={**GATES, **GATES_ON_SCREENS}[kind]))
        run = (await engine.runs.start(str(file), {})).id
    for _ in range(10_000):
        rows = await engine.approvals.of_run(run)
        if rows:
            return run, rows[0].id
        await asyncio.sleep(0.002)
    raise AssertionError(f"{kind}: nothing is asked")


async def answer(studio: Studio, approval: str, run: str, digest: str, act: str, values: dict[str, Any], go: asyncio.Event) -> Told:
    """Do one thing as one person, at the moment when all do."""
    told = Told(studio.principal.name, act, values.get("edits", {}))
    await go.wait()
    try:
        if act == "cancel":
            await studio.runs.cancel(run)
        elif act == "withdraw":
            await studio.approval_acts.withdraw(approval)
        else:
            comment = f"{act} by {told.who}"
            told.decision = await studio.approvals.decide(approval, act, comment=comment, digest=digest, **values)  # type: ignore[arg-type]
    except OyamaError as refused:
        told.refused = f"{refused.sentence} {refused.hint}"
    return told


def chosen(chance: random.Random, kind: str) -> str:
    """What somebody does."""
    others = ["cancel", "withdraw"] if chance.random() < 0.15 else ["send_back" if kind == "sent back" else "reject"]
    return chance.choice(("approve", "approve", "approve", *others))


def values_for(kind: str, name: str) -> dict[str, Any]:
    """What a yes has to bring."""
    values: dict[str, Any] = {}
    if kind == "form":
        values["form"] = {"count": "3"}
    if "edited" in kind:
        values["edits"] = {"notes.text": f"edited by {name}"}
    return values


def words_for(kind: str, approval: str, verdict: str) -> list[str]:
    """The same on a command line."""
    words = [verdict, approval, "--comment", f"{verdict} by command", "--yes"]
    if verdict == "approve" and kind == "form":
        words += ["--form", "count=3"]
    if verdict == "approve" and "edited" in kind:
        words += ["--edit", "notes.text=edited by command"]
    return words


def check(kind: str, approval: str, record: Record, told: list[Told], ended: list[Ended], counted: dict[str, int]) -> None:
    """One end, that everybody was told, and what was answered is what was done."""
    everything = f"{kind}\n" + "\n".join(map(str, [*told, *ended, *(event.raw for event in record.events)]))
    mine = [event for event in record.events if event.payload.get("id") == approval]
    ends = [event for event in mine if event.type in ENDS]
    assert len(ends) == 1, everything
    end = ends[0]
    counted[end.type] = counted.get(end.type, 0) + 1
    votes = [event.payload for event in mine if event.type == "vote_cast"]
    assert all(event.seq < end.seq for event in mine if event.type == "vote_cast"), everything
    for one in told:
        assert bool(one.refused) is not bool(one.decision) or one.verdict in ("cancel", "withdraw"), everything
        if one.refused:
            assert WHO_AND_WHEN.search(one.refused), f"{one}\n{everything}"
        elif one.decision is not None:
            assert any(vote["principal"]["name"] == one.who for vote in votes), everything
    for command in ended:
        assert command.code in (0, 7) or WHO_AND_WHEN.search(command.err), f"{command}\n{everything}"
    if end.type == "approval_decided":
        verdict = end.payload["verdict"]
        last = {vote["principal"]["name"]: vote["verdict"] for vote in votes}
        need = {"two": 2, "two edited": 2, "silence of two": 2, "late two": 2, "three": 3}.get(kind, 1)
        noes = 3 if kind == "three" else 1
        wanted = need if verdict == "approve" else noes
        assert sum(said == verdict for said in last.values()) >= wanted, everything
    # What is sent back is asked again: what that leads to is no matter here.
    again = [event.seq for event in record.events if event.type == "approval_requested" and event.seq > end.seq]
    here = [event for event in record.events if event.seq < min(again, default=event.seq + 1)]
    ran = [event.payload for event in here if event.type == "step_succeeded" and event.payload["node"] == "publish"]
    yes = end.payload.get("verdict") == "approve" or end.payload.get("then") == "approve"
    assert len(ran) <= yes, everything
    said = [payload["context"]["said"] for payload in ran]
    edited = end.payload.get("edits", {}).get("notes.text", "draft")
    assert said in ([], [edited]), everything
    if edited != "draft":
        assert edited in [vote.get("edits", {}).get("notes.text") for vote in votes], everything
    check_journal(record)


@dataclass
class Others:
    """Those who answer without screens."""

    people: list[Studio]
    processes: Deciders


async def race(
    others: Others, chance: random.Random, kind: str, asked: tuple[str, str, str], go: asyncio.Event, seats: int = 0
) -> tuple[list[Told], list[Ended]]:
    """Let some people answer at once: at once where nobody sits at screens, else as soon as somebody there lets them go."""
    run, approval, digest = asked
    # At times nobody but the clock answers besides those at screens.
    number = 0 if "late" in kind and chance.random() < 0.6 else chance.randint(2, MOST) - seats
    commands = 0 if "silence" in kind else min(chance.choice((0, 0, 1, 2)), max(number - 1, 0))
    here = chance.sample(others.people, min(max(number - commands, 0), len(others.people)))
    acts = [(studio, chosen(chance, kind)) for studio in here]
    tasks = [
        asyncio.ensure_future(
            answer(studio, approval, run, digest, act, values_for(kind, studio.principal.name) if act == "approve" else {}, go)
        )
        for studio, act in acts
    ]
    words = [words_for(kind, approval, chance.choice(("approve", "reject"))) for _ in range(commands)]
    if "silence" in kind:
        # Around the moment in which the time is out.
        await asyncio.sleep(chance.choice((0, 0, 0.02, 0.03, 0.04)))
    if not seats:
        go.set()
    await go.wait()
    commanded = asyncio.ensure_future(asyncio.to_thread(others.processes.race, words)) if words else None
    told = list(await asyncio.gather(*tasks))
    return told, await commanded if commanded is not None else []


@pytest.mark.slow
@pytest.mark.timeout(120 + 3 * ROUNDS)
async def test_every_question_has_one_end_however_many_answer_at_once(launcher: Launcher, processes: Deciders, seed: int) -> None:
    chance = random.Random(seed)
    counted: dict[str, int] = {}
    kinds = [*GATES, "asked"]
    async with together(launcher) as (engine, people):
        for place in range(ROUNDS):
            kind = kinds[place % len(kinds)]
            run, approval = await opened(engine, launcher.folder, kind)
            digest = (await engine.approvals.get(approval)).row.digest
            told, ended = await race(Others(people, processes), chance, kind, (run, approval, digest), asyncio.Event())
            await finish(engine, people, run, approval, kind)
            check(kind, approval, read_record(launcher.database, run), told, ended, counted)
    print(counted)
    # Which ends come is for chance: a short campaign may miss one.
    assert ROUNDS < 40 or len(ENDS - set(counted)) <= (ROUNDS < 200)


@pytest.mark.slow
@pytest.mark.timeout(120 + 10 * SCREEN_ROUNDS)
async def test_screens_that_race_say_who_was_first_and_answer_nothing_else(launcher: Launcher, processes: Deciders, seed: int) -> None:
    chance = random.Random(seed)
    counted: dict[str, int] = {}
    stages: dict[str, int] = {}
    kinds = [*GATES_ON_SCREENS, "asked"]
    settings = Settings(database=str(launcher.database), home=Path(launcher.env["OYAMA_HOME"]))
    async with together(launcher) as (engine, people), AsyncExitStack() as stack:
        seats = [await stack.enter_async_context(seat(settings, name, size)) for name, size in AT_SCREENS.items()]
        bystanders = [await opened(engine, launcher.folder, "plain") for _ in range(2)]
        chance.shuffle(kinds)
        for place in range(SCREEN_ROUNDS):
            kind = kinds[place % len(kinds)]
            run, approval = await opened(engine, launcher.folder, kind)
            digest = (await engine.approvals.get(approval)).row.digest
            taking_part = chance.sample(seats, chance.choice((1, 1, 2)))
            await asyncio.gather(*(one.turn_to(approval) for one in taking_part))
            go = asyncio.Event()
            others = asyncio.ensure_future(
                race(Others(people, processes), chance, kind, (run, approval, digest), go, seats=len(taking_part))
            )
            await asyncio.gather(*(sit(one, kind, go, chance, stages) for one in taking_part))
            told, ended = await others
            await finish(engine, people, run, approval, kind)
            record = read_record(launcher.database, run)
            check(kind, approval, record, told, ended, counted)
            await check_screens(engine, taking_part, approval, record)
            for _, other in bystanders:
                assert not (await engine.approvals.get(other)).votes, [one.record for one in taking_part]
        for other_run, _ in bystanders:
            await engine.runs.cancel(other_run)
    print(counted, stages)


async def sit(one: Seat, kind: str, go: asyncio.Event, chance: random.Random, stages: dict[str, int]) -> None:
    """Answer at the screens, in some way that the question allows; the others answer when somebody has come so far."""
    ways = ["approve", "approve", "reject", "withdraw", *(["edit"] * 3 if "edited" in kind else [])]
    act = chance.choice([*ways, *(["send_back"] * 2 if kind == "sent back" else [])])
    stage = chance.choice(STAGES)
    stages[stage] = stages.get(stage, 0) + 1
    await one.answer(act, kind, stage, go, chance)


async def check_screens(engine: Studio, taking_part: list[Seat], approval: str, record: Record) -> None:
    """Everybody at screens is told what became of the question, by whom and when; then they close what is open."""
    row = (await engine.approvals.get(approval)).row
    votes = [event.payload for event in record.events if event.type == "vote_cast" and event.payload["id"] == approval]
    for one in taking_part:
        await one.is_told(row, voted=any(vote["principal"]["name"] == one.who for vote in votes))
        await one.get_up()


async def finish(engine: Studio, people: list[Studio], run: str, approval: str, kind: str) -> None:
    """Let what waits for more answers have them, and wait for the end of the run."""
    for studio in people:
        card = await studio.approvals.get(approval)
        if card.row.status != "pending":
            break
        try:
            await studio.approvals.decide(approval, "approve", digest=card.row.digest, **values_for("form" if kind == "form" else "", ""))
        except OyamaError:
            continue
    await until_ended(engine, people[0], run)


async def until_ended(engine: Studio, person: Studio, run: str) -> None:
    """Wait for the end of a run; what it asks again is answered."""
    async with asyncio.timeout(60):
        while not (await engine.runs.get(run)).row.ended:
            for row in await engine.approvals.of_run(run, pending=True):
                with suppress(OyamaError):
                    await person.approvals.decide(row.id, "approve", digest=row.digest)
            await asyncio.sleep(0.002)
