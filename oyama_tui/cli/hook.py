"""The command that puts calls of coding agents in front of a person: hook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from oyama_tui.agents import front
from oyama_tui.agents.gates import BrokenGates, gates_files, read_gates
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, examples
from oyama_tui.home import default_home

app = typer.Typer()
ACTIONS: Final = ("install", "status", *front.AGENTS)
MEANING: Final = {
    "install": "put the hooks into an agent's settings",
    "status": "where they are, and which rules count",
    "claude": "answer Claude Code, which speaks on standard input",
    "codex": "answer Codex, which speaks on standard input",
}


def complete_words(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """What can be done, and then the agents."""
    if ctx.params.get("action") == "install" or ctx.args[:1] == ["install"]:
        return [(agent, "") for agent in front.AGENTS if agent.startswith(incomplete)]
    return [(word, meaning) for word, meaning in MEANING.items() if word.startswith(incomplete)]


def complete_agents(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The agents, where one is to be named."""
    return [(agent, "") for agent in front.AGENTS if agent.startswith(incomplete)] if ctx.params.get("action") == "install" else []


@app.command(
    epilog=examples(
        "oyama hook install claude",
        "oyama hook install codex --project --print",
        "oyama hook status",
    )
)
def hook(
    action: Annotated[
        str,
        typer.Argument(metavar="install|status|claude|codex", help="What to do; agents call the last two.", autocompletion=complete_words),
    ],
    agent: Annotated[
        str | None, typer.Argument(metavar="[AGENT]", help="With install: claude or codex.", autocompletion=complete_agents)
    ] = None,
    project: Annotated[bool, typer.Option("--project", help="Install for the project that the current folder belongs to.")] = False,
    user: Annotated[bool, typer.Option("--user", help="Install for all that the account does; so it is without --project.")] = False,
    print_only: Annotated[bool, typer.Option("--print", help="Print the settings file as it would be, and change nothing.")] = False,
    defer: Annotated[
        bool, typer.Option("--defer", help="For claude -p: the agent ends instead of waiting, and is resumed after the answer.")
    ] = False,
    as_json: AsJson = False,
) -> Work:
    """Put what coding agents do in front of a person, where a rule in gates.yaml says so."""
    if action not in ACTIONS:
        raise typer.BadParameter(f"What can be done is {', '.join(ACTIONS)}, not {action!r}.")
    if action != "install" and (agent is not None or project or user or print_only):
        raise typer.BadParameter("An agent, --project, --user and --print go with install.")
    if action == "install" and agent not in front.AGENTS:
        raise typer.BadParameter(f"install needs the agent: {' or '.join(front.AGENTS)}.")
    if project and user:
        raise typer.BadParameter("--project and --user exclude each other.")
    if defer and "claude" not in (action, agent):
        raise typer.BadParameter("--defer is for claude alone: no other agent can be taken up again at a call.")
    if as_json and action in front.AGENTS:
        raise typer.BadParameter("An agent is answered in JSON without --json.")
    if action == "status":
        return lambda terminal: _status(terminal, as_json=as_json)
    if action == "install":
        assert agent is not None
        return _install(agent, project=project, print_only=print_only, defer=defer, as_json=as_json)
    return _answer(action, defer=defer)


def _answer(agent: str, *, defer: bool) -> Work:
    """Answer an agent."""

    async def work(terminal: Terminal) -> int:
        found = front.look(agent, front.hear())
        if isinstance(found, front.Reply):
            return front.say(found)
        from oyama_tui.agents.waiting import CallQuestion, take_back

        call = found.call
        if call.moment in ("over", "end"):
            if not terminal.settings.database_path.exists():
                return Exit.OK
            async with terminal.studio("none", "hook") as studio:
                await take_back(studio.asking, call, defer=defer)
            return Exit.OK
        async with terminal.studio("background", "hook") as studio:
            answer = await CallQuestion(studio.asking, found, defer=defer).answer()
            return front.say(front.Reply(front.told(agent, call.event, answer)))

    return work


def _install(agent: str, *, project: bool, print_only: bool, defer: bool, as_json: bool) -> Work:
    """Put the hooks into an agent's settings."""

    async def work(terminal: Terminal) -> int:
        from oyama_tui.agents import installing

        where: installing.Where = "project" if project else "user"
        path = installing.settings_file(agent, where, Path.cwd())
        database = terminal.settings.database_path if terminal.options.database is not None else None
        command = installing.hook_command(agent, where, defer=defer, database=database)
        made = installing.plan(agent, path, command)
        if print_only:
            terminal.err.line(f"{path} would be:")
            terminal.out.write(made.after.decode())
            return Exit.OK
        if made.changes:
            installing.write(made)
        if as_json:
            terminal.out.document({"id": agent, "status": "installed", "file": str(path), "command": command, "changed": made.changes})
            return Exit.OK
        terminal.out.line(f"{'Installed in' if made.changes else 'It is so already in'} {path}: {command}")
        if agent == "codex":
            terminal.err.line("Codex runs a new hook only when you have trusted it there: see /hooks in Codex.")
        if not gates_files([str(Path.cwd())], default_home()):
            terminal.err.line(f"No rule counts here yet, so nothing is gated: write {default_home() / 'gates.yaml'} or .oyama/gates.yaml.")
        return Exit.OK

    return work


async def _status(terminal: Terminal, *, as_json: bool) -> int:
    """Say where the hooks are, which rules count here, and what is wrong with either."""
    from oyama_tui.agents import installing

    here = Path.cwd()
    agents: list[dict[str, Any]] = []
    for agent in front.AGENTS:
        for where in ("user", "project"):
            found = installing.installed(agent, installing.settings_file(agent, where, here))
            status = "broken" if found.troubles else "installed" if found.commands else "absent"
            agents.append(
                {
                    "id": f"{agent}-{where}",
                    "status": status,
                    "agent": agent,
                    "where": where,
                    "file": str(found.path),
                    "commands": list(found.commands),
                    "troubles": list(found.troubles),
                }
            )
    rules = [_rules(path, here) for path in gates_files([str(here)], default_home())]
    if as_json:
        terminal.out.document({"id": "hook", "status": _whole(agents, rules), "agents": agents, "gates": rules})
    else:
        _tell(terminal, agents, rules)
    return Exit.OK if _whole(agents, rules) != "broken" else Exit.FAILED


def _rules(path: Path, here: Path) -> dict[str, Any]:
    """What one file of gates says."""
    try:
        count, troubles = len(read_gates(path, str(here))), list[str]()
    except BrokenGates as broken:
        count, troubles = 0, [str(mistake) for mistake in broken.mistakes]
    return {"id": str(path), "status": "broken" if troubles else "read", "rules": count, "troubles": troubles}


def _whole(agents: list[dict[str, Any]], rules: list[dict[str, Any]]) -> str:
    """How it all stands, in one word."""
    if any(one["status"] == "broken" for one in (*agents, *rules)):
        return "broken"
    return "installed" if any(one["status"] == "installed" for one in agents) else "absent"


def _tell(terminal: Terminal, agents: list[dict[str, Any]], rules: list[dict[str, Any]]) -> None:
    for one in agents:
        style = {"installed": "good", "broken": "bad"}.get(one["status"], "dim")
        terminal.out.line(f"{one['agent']} ({one['where']})  ", (one["status"], style), f"  {one['file']}")
        for line in (*one["commands"], *one["troubles"]):
            terminal.out.line(f"    {line}")
    for one in rules:
        style = "bad" if one["troubles"] else "good"
        terminal.out.line("rules  ", (one["status"], style), f"  {one['id']}  {one['rules']} {'rule' if one['rules'] == 1 else 'rules'}")
        for line in one["troubles"]:
            terminal.out.line(f"    {line}")
    if not rules:
        terminal.out.line(f"No rule counts here, so nothing is gated: write {default_home() / 'gates.yaml'} or .oyama/gates.yaml.")
    broken = [one for one in rules if one["troubles"]]
    if broken:
        terminal.out.line("While a file of rules is broken, every call of an agent is denied here.")
