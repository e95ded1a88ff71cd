"""Who starts runs in this world, who answers their questions, and what they do besides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from pydantic import JsonValue

from oyama_tui.core.events import Verdict
from oyama_tui.core.views import ApprovalRow
from oyama_tui.studio import Studio
from tests.realistic.steps import Does
from tests.realistic.world import World

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


def span(text: str) -> int:
    """Milliseconds in a text like `3d 4h 12m`."""
    return sum(int(part[:-1]) * UNITS[part[-1]] for part in text.split())


@dataclass(frozen=True)
class Answer:
    """What somebody says to a question."""

    after: str
    """How long after it was asked."""
    by: str
    verdict: Verdict = "approve"
    comment: str = ""
    form: Mapping[str, JsonValue] = field(default_factory=dict)
    edits: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Act:
    """What somebody does to a run besides."""

    after: str
    """How long after its start."""
    by: str
    does: Literal["pause", "resume", "cancel", "recover", "undo", "event"]
    words: str = ""
    """Why, or the event."""
    payload: JsonValue = None


@dataclass(frozen=True)
class Start:
    """A run that somebody starts."""

    ago: str
    """How long before the present."""
    workflow: str
    by: str = "ana"
    inputs: Mapping[str, JsonValue] = field(default_factory=dict)
    does: Mapping[str, Does] = field(default_factory=dict)
    """What some of its steps do otherwise, by step."""
    answers: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)
    """By step, in the order in which it asks, several to one question that needs several; what nobody answers stays open."""
    comments: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)
    """What people say to a question without answering it."""
    acts: tuple[Act, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    """What somebody has written into files just before."""
    large: bool = False
    """So much happens in it, and never a question, that nobody looks at each thing."""


class People:
    """Everybody.

    Args:
        world: In which they live.
        studio: Through which they do what they do.
    """

    def __init__(self, world: World, studio: Studio) -> None:
        self._world = world
        self._studio = studio
        self.studio_of = cache(studio.of)
        self._plans: dict[str, Start] = {}
        self._seen: defaultdict[str, int] = defaultdict(int)
        self._answered: defaultdict[tuple[str, str], int] = defaultdict(int)

    async def start(self, plan: Start, ref: str) -> None:
        """Start a run, and do to it what somebody will do to it.

        Args:
            plan: What is to happen.
            ref: The workflow's file.
        """
        began = self._world.present - span(plan.ago)
        await self._world.until(began)
        row = await self.studio_of(plan.by).runs.start(ref, plan.inputs)
        if not plan.large:
            self._plans[row.id] = plan
        if not plan.large:
            await self._see(row.id)
        for act in plan.acts:
            self._world.spawn(self._act(row.id, act, began))

    async def watch(self) -> None:
        """See every question as soon as it is asked."""
        changes = self._studio.changes()
        try:
            async for change in changes:
                for run_id in sorted(change.runs & self._plans.keys()):
                    await self._see(run_id)
        finally:
            await changes.aclose()

    async def _see(self, run_id: str) -> None:
        """See what has happened to a run since the last look: a question, or something that will be due."""
        for event in await self._studio.runs.events(run_id, after=self._seen[run_id]):
            self._seen[run_id] = event.seq
            due = event.payload.get("due")
            if event.type == "approval_requested":
                self._world.spawn(self._answer(str(event.payload["id"]), self._plans[run_id]))
            elif isinstance(due, int):
                self._world.spawn(self._world.until(due))

    async def _answer(self, approval_id: str, plan: Start) -> None:
        """Answer one question, or let its time come."""
        row = (await self._studio.approvals.get(approval_id)).row
        for said in plan.comments.get(row.step_id, ()):
            self._world.spawn(self._say(row, said))
        answers = plan.answers.get(row.step_id, ())
        while row.status == "pending":
            place = self._answered[row.run_id, row.step_id]
            if place >= len(answers):
                if row.deadline is not None:
                    await self._world.until(round(row.deadline.timestamp() * 1000))
                return
            self._answered[row.run_id, row.step_id] += 1
            row = await self._decide(row, answers[place])

    async def _decide(self, row: ApprovalRow, said: Answer) -> ApprovalRow:
        """Say one thing to a question; how it stands then."""
        await self._world.until(round(row.requested_at.timestamp() * 1000) + span(said.after))
        studio = self.studio_of(said.by)
        card = await studio.approvals.get(row.id)
        decision = await studio.approvals.decide(
            row.id,
            said.verdict,
            comment=said.comment,
            form=said.form,
            edits=said.edits,
            digest=card.row.digest,
            confirmed=row.target if card.content.confirm else "",
        )
        return decision.approval

    async def _say(self, row: ApprovalRow, said: Answer) -> None:
        await self._world.until(round(row.requested_at.timestamp() * 1000) + span(said.after))
        await self.studio_of(said.by).approval_acts.comment(row.id, said.comment)

    async def _act(self, run_id: str, act: Act, began: int) -> None:
        await self._world.until(began + span(act.after))
        studio = self.studio_of(act.by)
        match act.does:
            case "pause":
                await studio.runs.pause(run_id, reason=act.words)
            case "resume":
                await studio.runs.resume(run_id)
            case "cancel":
                await studio.runs.cancel(run_id, reason=act.words)
            case "event":
                await studio.signals.send(run_id, act.words, act.payload)
            case "recover":
                await studio.recovery.recover(run_id, why=act.words)
            case "undo":
                await studio.undoing.undo(run_id, why=act.words)
