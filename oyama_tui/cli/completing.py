"""What a shell offers on Tab: workflows, runs, open approvals, steps, inputs and templates."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import typer

from oyama_tui.core.definition.base import type_words
from oyama_tui.core.questions import AGENTS, ASK
from oyama_tui.core.text import one_line

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

Choice: TypeAlias = tuple[str, str]
"""What is typed, and what it is."""
MOST = 100
"""The most choices; a shell that is offered more helps nobody."""

EVERY = 100_000
"""Open approvals among which those are looked for whose ids begin as what was typed."""


def _ask(context: typer.Context, question: Callable[[Studio], Awaitable[list[Choice]]], begun: str) -> list[Choice]:
    """Ask the studio; nothing is offered where there is no database yet, or where it cannot be read.

    Args:
        context: May carry the option that names the database.
        question: What is wanted.
        begun: What has been typed of the word.
    """
    from oyama_tui.core.errors import OyamaError
    from oyama_tui.settings import load_settings
    from oyama_tui.studio import open_studio

    async def answer() -> list[Choice]:
        async with open_studio(settings) as studio:
            return await question(studio)

    try:
        settings = load_settings(database=context.find_root().params.get("database"))
        found = asyncio.run(answer()) if settings.database_path.is_file() else []
    except* OyamaError:
        # A shell has no place for words: the command itself will say what is wrong.
        found = []
    return [(value, one_line(meaning, 60)) for value, meaning in found if value.startswith(begun)][:MOST]


def _named_before(context: typer.Context) -> str:
    """The run or workflow that the words before name; while an option lacks its value, the parser leaves them unread."""
    unread = (word for word in context.args if not word.startswith("-"))
    return str(context.params.get("ref") or next(unread, ""))


def complete_runs(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Runs, the newest first."""

    async def question(studio: Studio) -> list[Choice]:
        rows = await studio.runs.list(limit=MOST, words=incomplete)
        return [(f"{row.workflow_id}#{row.number}", f"{row.word} {row.reason}".strip()) for row in rows]

    return _ask(ctx, question, incomplete)


def complete_live_runs(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Runs that are not over."""

    async def question(studio: Studio) -> list[Choice]:
        rows = await studio.runs.list(limit=MOST, live=True, words=incomplete)
        return [(f"{row.workflow_id}#{row.number}", f"{row.word} {row.reason}".strip()) for row in rows]

    return _ask(ctx, question, incomplete)


def complete_approvals(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Open approvals."""

    async def question(studio: Studio) -> list[Choice]:
        rows = await studio.approvals.list(limit=EVERY)
        return [(row.id, f"{row.title} ({row.run_way})") for row in rows]

    return _ask(ctx, question, incomplete)


def complete_asked(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Questions of scripts and agents that are not over."""

    async def question(studio: Studio) -> list[Choice]:
        rows = [
            *await studio.runs.list(workflow=ASK, live=True, limit=MOST),
            *await studio.runs.list(workflow=AGENTS, live=True, limit=MOST),
        ]
        return [(row.id, (await studio.asking.get(row.id)).title) for row in rows if row.id.startswith(incomplete)]

    return _ask(ctx, question, incomplete)


def complete_workflows(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Ids of workflows."""

    async def question(studio: Studio) -> list[Choice]:
        return [(row.id, row.name) for row in await studio.workflows.list()]

    return _ask(ctx, question, incomplete)


def complete_deletable(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Ids of workflows, and runs."""
    return complete_workflows(ctx, incomplete) + complete_runs(ctx, incomplete)


def complete_startable(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Ids of workflows, and the files and folders that are there."""
    return complete_workflows(ctx, incomplete) + complete_files(ctx, incomplete)


def complete_files(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Workflow files, and the folders on the way to them."""
    return _files(incomplete, (".yaml", ".yml"))


def complete_value_files(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Files that may hold inputs, and the folders on the way to them."""
    return _files(incomplete, (".yaml", ".yml", ".json"))


def _files(incomplete: str, endings: tuple[str, ...] = ()) -> list[Choice]:
    """Files with one of these endings, all of them without any, and the folders on the way to them."""
    folder = Path(incomplete if incomplete.endswith("/") else incomplete.rpartition("/")[0] or ".")
    prefix = incomplete[: incomplete.rfind("/") + 1]
    try:
        there = sorted(folder.expanduser().iterdir())
    except (OSError, RuntimeError):
        # The folder that was begun does not exist, or begins with the home of nobody.
        return []
    names = [path.name + "/" for path in there if path.is_dir()]
    names += [path.name for path in there if path.is_file() and (not endings or path.suffix in endings)]
    return [(prefix + name, "") for name in names if (prefix + name).startswith(incomplete)][:MOST]


def complete_steps(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Steps of the run that was named before."""

    async def question(studio: Studio) -> list[Choice]:
        view = await studio.runs.get(_named_before(ctx))
        shown = {node.key: f"{node.name} {node.word}".strip() for node in view.nodes if node.attempt or node.opens}
        # The tree shows a part of a long loop.
        return list({**shown, **{one.node: shown.get(one.node, "") for one in await studio.runs.attempts(view.row.id)}}.items())

    return _ask(ctx, question, incomplete)


def complete_events(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Events that the run that was named before waits for now."""

    async def question(studio: Studio) -> list[Choice]:
        view = await studio.runs.get(_named_before(ctx))
        return list({node.waits_for: f"{node.key} waits for it" for node in view.nodes if node.waits_for}.items())

    return _ask(ctx, question, incomplete)


def complete_pauses(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Steps of the run that was named before which pause before another attempt or round."""

    async def question(studio: Studio) -> list[Choice]:
        view = await studio.runs.get(_named_before(ctx))
        return [(node.key, node.note) for node in view.nodes if node.pauses]

    return _ask(ctx, question, incomplete)


def complete_pausable(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Steps before which the run that was named before may pause; with `--clear` those before which it is to pause."""

    async def question(studio: Studio) -> list[Choice]:
        ref = _named_before(ctx)
        set_already = (await studio.runs.get(ref)).breakpoints
        if ctx.params.get("clear") or "--clear" in ctx.args:
            return [(step, "pauses here") for step in set_already]
        return [(step, label) for step, label in (await studio.breakpoints.steps(ref)).items() if step not in set_already]

    return _ask(ctx, question, incomplete)


def complete_failed_steps(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Steps of the run that was named before which failed, were rejected or cut off."""

    async def question(studio: Studio) -> list[Choice]:
        plan = await studio.recovery.plan(_named_before(ctx))
        return [(step.node, f"{step.label} {step.was}") for step in plan.steps if step.does != "goes_on"]

    return _ask(ctx, question, incomplete)


def complete_outer_steps(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Steps of the run that was named before which stand in no block."""

    async def question(studio: Studio) -> list[Choice]:
        view = await studio.runs.get(_named_before(ctx))
        return [(node.step_id, f"{node.name} {node.word}".strip()) for node in view.nodes if not node.depth and not node.is_own_gate]

    return _ask(ctx, question, incomplete)


def complete_fork_inputs(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Inputs of the run that was named before, with the values that they have."""

    async def question(studio: Studio) -> list[Choice]:
        view = await studio.runs.get(_named_before(ctx))
        return [(f"{name}={value if isinstance(value, str) else ''}", "as it is") for name, value in view.inputs.items()]

    return _ask(ctx, question, incomplete)


def complete_blocks(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Blocks of the run that was named before, and the items and rounds of them that its tree shows."""

    async def question(studio: Studio) -> list[Choice]:
        view = await studio.runs.get(_named_before(ctx))
        return [(node.key, f"{node.name} {node.word}".strip()) for node in view.nodes if node.opens]

    return _ask(ctx, question, incomplete)


def complete_points(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Points of the run that was named before: those with a name, the newest ends of steps, its beginning and its newest event."""

    async def question(studio: Studio) -> list[Choice]:
        points = await studio.moments.snapshots(_named_before(ctx), limit=MOST)
        named = [(point.name, f"after event {point.seq}") for point in points if point.name]
        over = [(point.node, f"after event {point.seq}: {point.status}") for point in points if point.node]
        return [*named, *over, ("start", "after its first event"), ("now", "after its newest event")]

    return _ask(ctx, question, incomplete)


def complete_inputs(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Inputs of the workflow that was named before, with the values that they allow."""

    async def question(studio: Studio) -> list[Choice]:
        workflow = await studio.workflows.definition(_named_before(ctx))
        found: list[Choice] = []
        for name, field in workflow.inputs.items():
            values = [str(option) for option in field.options or ()] or [""]
            if field.type == "file" and incomplete.startswith(f"{name}="):
                values = [path for path, _ in _files(incomplete.removeprefix(f"{name}="))]
            found += [(f"{name}={value}", field.description or type_words(field)) for value in values]
        return found

    return _ask(ctx, question, incomplete)


def complete_variables(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """What can be done with variables, and then the variables of the run that was named before."""
    change = [str(word) for word in ctx.params.get("change") or ()] or ctx.args[1:]
    if not change:
        return [(word, meaning) for word, meaning in (("set", "NAME=VALUE"), ("unset", "NAME")) if word.startswith(incomplete)]
    end = "=" if change[0] == "set" else ""

    async def question(studio: Studio) -> list[Choice]:
        return [(f"{variable.name}{end}", str(variable.value)) for variable in await studio.runs.context(_named_before(ctx))]

    return _ask(ctx, question, incomplete)


def complete_tokens(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Tokens, for what is done with one that is there."""
    if "revoke" not in (ctx.params.get("action"), *ctx.args):
        return []

    async def question(studio: Studio) -> list[Choice]:
        return [(view.id, f"of {view.person}") for view in await studio.tokens.list()]

    return _ask(ctx, question, incomplete)


def complete_templates(ctx: typer.Context, incomplete: str) -> list[Choice]:
    """Names of the templates that come with the program."""
    from oyama_tui.resources import templates_path

    return [(folder.name, "") for folder in sorted(templates_path().iterdir()) if folder.is_dir() and folder.name.startswith(incomplete)]
