"""Use cases of what is kept: cleanup, pins, and deleting runs and workflows with their history."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from oyama_tui.core.errors import IllegalTransition, NotAllowed, NotFound
from oyama_tui.core.events import Principal
from oyama_tui.core.format import moment
from oyama_tui.core.keeping import Kept
from oyama_tui.core.views import CleanupPlan, CleanupRow, KeepRules, Remains, Removed, RunRow
from oyama_tui.settings import Settings
from oyama_tui.store import catalog, claims
from oyama_tui.store.cleaning import Cleaner, Plan
from oyama_tui.store.cleanup import Removal
from oyama_tui.store.queries.keeping import family_of, staying_parent
from oyama_tui.studio.context import StudioContext

SHOWN: Final = 200
"""Runs that a plan lists."""


class Keeping:
    """What is kept, and what is removed for good: by people alone."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context
        self._cleaner = Cleaner(context.store)

    async def plan(self, rules: KeepRules | None = None, *, workflow: str = "") -> CleanupPlan:
        """What a cleanup would remove.

        Args:
            rules: Those of a person; the settings when none. A definition's own rules win over both, unless its workflow is named.
            workflow: Only runs of this one, with those that they have started; all when empty.

        Raises:
            NotFound: There is no such workflow.
        """
        made = await self._plan(rules, workflow)
        going = made.choice.goes
        return CleanupPlan(
            runs=len(going),
            rows=tuple(_row(run) for run in going[:SHOWN]),
            bytes=sum(run.bytes for run in going),
            pinned=made.choice.pinned,
            kept=made.total - len(going),
        )

    async def _plan(self, rules: KeepRules | None, workflow: str) -> Plan:
        if workflow and not await self._context.store.database.read(partial(catalog.is_known, workflow_id=workflow)):
            raise NotFound(f"There is no workflow {workflow!r}.", "See `oyama list`.")
        wanted = rules if rules is not None else settings_rules(self._context.settings)
        # Who names a workflow and says what goes means that workflow, whatever its definition says.
        return await self._cleaner.plan(wanted, self._context.clock(), workflow, alone=rules is not None and bool(workflow))

    async def rules_given(self, *, workflow: str = "") -> bool:
        """Whether the settings or a definition have any rule.

        Args:
            workflow: Only this one's definition; all when empty.
        """
        if settings_rules(self._context.settings).given:
            return True
        return await self._cleaner.any_rules(workflow)

    async def cleanup(self, rules: KeepRules | None = None, *, workflow: str = "") -> Removed:
        """Remove what a plan with the same words says, and finish what was cut off before.

        Args:
            rules: As for `plan`.
            workflow: As for `plan`.

        Raises:
            NotAllowed: This process acts for an agent or a step.
            NotFound: There is no such workflow.
        """
        by = self._person("remove runs")
        made = await self._plan(rules, workflow)
        return await self._remove([run.key for run in made.choice.goes], by, "cleanup")

    async def _remove(self, keys: list[int], by: Principal, why: str) -> Removed:
        return await self._cleaner.remove(keys, Removal(self._context.clock(), by.name, why))

    async def pin(self, ref: str) -> RunRow:
        """Keep a run whatever is cleaned up.

        Raises:
            NotAllowed: This process is a step of another run.
        """
        return await self._pin(ref, self._context.clock())

    async def unpin(self, ref: str) -> RunRow:
        """Let a run be cleaned up like any other.

        Raises:
            NotAllowed: This process acts for an agent or a step.
        """
        self._person("unpin runs")
        return await self._pin(ref, 0)

    async def _pin(self, ref: str, at: int) -> RunRow:
        run_id, by = await self._context.resolve(ref), self._context.principal
        if by.kind == "step" and by.program != run_id:
            raise NotAllowed(f"A step of run {by.program or 'another run'} may not pin run {run_id}.", "A person does it.")
        await self._context.store.writer.run(partial(claims.pin, run_id=run_id, at=at), touched=run_id)
        return await self._context.row(run_id)

    async def family(self, ref: str) -> int:
        """How many runs go with a run, itself among them.

        Raises:
            NotFound: None or several fit.
        """
        run_id = await self._context.resolve(ref)
        return len(await self._context.store.database.read(partial(family_of, run_id=run_id)))

    async def delete_run(self, ref: str) -> Removed:
        """Remove a run that is over, with all that its steps have started.

        Raises:
            NotAllowed: This process acts for an agent or a step.
            IllegalTransition: It or one below it is live or pinned, or it belongs to a run that stays.
        """
        by = self._person("delete runs")
        run_id = await self._context.resolve(ref)
        family = await self._context.store.database.read(partial(family_of, run_id=run_id))
        parent = await self._context.store.database.read(partial(staying_parent, run_id=run_id))
        if parent is not None:
            owner = f"{parent.workflow_id}#{parent.number}"
            raise IllegalTransition(
                f"Run {run_id} was started by a step of {owner} and goes with it.", f"Delete that one: `oyama delete {owner}`."
            )
        for run in family:
            name = f"{run.workflow_id}#{run.number}"
            of_it = "" if run.id == run_id else f", which a step below {run_id} has started,"
            if run.live:
                raise IllegalTransition(
                    f"Run {name}{of_it} is not over, so it cannot be deleted.", f"Wait for its end, or end it: `oyama cancel {name}`."
                )
            if run.pinned:
                raise IllegalTransition(f"Run {name}{of_it} is pinned, so it is kept.", f"Let it go first: `oyama unpin {name}`.")
        return await self._remove([run.key for run in family], by, "deleted")

    async def remains(self, workflow_id: str) -> Remains:
        """What there is of a workflow besides its definition.

        Raises:
            NotFound: There is none of this id.
        """
        runs = await self._runs_of(workflow_id)
        return Remains(
            runs=len(runs),
            live=sum(run.ended_at is None for run in runs),
            pinned=sum(run.pinned for run in runs),
            bytes=sum(run.bytes for run in runs),
        )

    async def _runs_of(self, workflow_id: str) -> list[Kept]:
        if not await self._context.store.database.read(partial(catalog.is_known, workflow_id=workflow_id)):
            raise NotFound(f"There is no workflow {workflow_id!r}.", "See `oyama list`.")
        return await self._cleaner.runs_of(workflow_id)

    async def delete_workflow(self, workflow_id: str, *, history: bool) -> Removed:
        """Forget a workflow; its file stays, and pinned runs, and those that belong to runs of other workflows.

        Args:
            workflow_id: Its id.
            history: Remove its runs too, with all that their steps have started.

        Raises:
            NotAllowed: This process acts for an agent or a step.
            NotFound: There is none of this id, nor a run of it.
            WorkflowConflict: A run of it is live.
        """
        by = self._person("delete workflows")
        runs = await self._runs_of(workflow_id)
        forget = partial(catalog.forget_workflow, workflow_id=workflow_id, at=self._context.clock(), again=history and bool(runs))
        await self._context.store.writer.run(forget)
        if not history:
            return Removed(runs=0, database_bytes=0, file_bytes=0)
        every = await self._cleaner.plan(KeepRules(newest=0), self._context.clock(), workflow_id, alone=True)
        return await self._remove([run.key for run in every.choice.goes], by, "deleted")

    async def shrinks(self) -> bool:
        """Whether the file becomes smaller when runs are removed; one that an earlier version has made does not."""
        return await self._cleaner.shrinks()

    async def compact(self) -> Removed:
        """Rewrite the database file, so that it is as small as it can be, and becomes smaller by itself from now on.

        Raises:
            NotAllowed: This process acts for an agent or a step.
            IllegalTransition: An engine lives: nothing could be written meanwhile.
        """
        self._person("rewrite the database")
        if await self._context.living():
            raise IllegalTransition(
                "An engine has the database open, and nothing could be written while it is rewritten.",
                "End it first (`oyama doctor` names its process), and do it then.",
            )
        return Removed(runs=0, database_bytes=await self._cleaner.compact(), file_bytes=0)

    def _person(self, what: str) -> Principal:
        """Who wants it, when that is a person.

        Raises:
            NotAllowed: It is an agent or a step.
        """
        by = self._context.principal
        if by.kind == "human":
            return by
        acts = f"the agent {by.program}" if by.kind == "agent" else f"a step of run {by.program}" if by.program else "a step"
        raise NotAllowed(f"This process acts for {acts}, which may not {what}.", "A person does it, from a terminal of their own.")


def settings_rules(settings: Settings) -> KeepRules:
    """The rules that the settings have."""
    day = 86_400_000

    def milliseconds(days: float | None) -> int | None:
        return None if days is None else round(days * day)

    return KeepRules(
        newest=settings.keep_newest,
        older_than=milliseconds(settings.keep_days),
        failed_older_than=milliseconds(settings.keep_failed_days),
        max_bytes=settings.keep_bytes,
    )


def _row(run: Kept) -> CleanupRow:
    phase: Any = run.phase
    return CleanupRow(
        id=run.id, label=f"{run.workflow_id} #{run.number}", status=phase, ended_at=moment(run.ended_at or 0), bytes=run.bytes
    )
