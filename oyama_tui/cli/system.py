"""Commands about the whole: verify, doctor, config."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from oyama_tui.cli.completing import complete_runs
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.questions import says_yes
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, examples
from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.views import Check
from oyama_tui.settings import Settings, known_variables

app = typer.Typer()
STYLES = {"ok": "good", "warning": "ask", "problem": "bad"}


@app.command(epilog=examples("oyama verify", "oyama verify release#12", "oyama verify release-12.oyamarun"))
def verify(
    ref: Annotated[
        str,
        typer.Argument(
            metavar="[RUN|FILE]", help="Only this run, or a file of one that `oyama export` has written.", autocompletion=complete_runs
        ),
    ] = "",
    as_json: AsJson = False,
) -> Work:
    """Check that journals are unchanged and that tables agree with them, or that a file of a run is as it was written."""

    async def work(terminal: Terminal) -> int:
        if is_file_name(ref):
            from oyama_tui.studio.archive import Archive

            return _tell(terminal, await Archive.check(Path(ref)), as_json=as_json)
        async with terminal.studio() as studio:
            checks = await studio.system.verify(await studio.runs.resolve(ref) if ref else "")
        return _tell(terminal, checks, as_json=as_json)

    return work


def is_file_name(word: str) -> bool:
    """Whether a word names a file and no run: names of runs have neither dots nor slashes."""
    return "." in word or "/" in word


@app.command(epilog=examples("oyama doctor", "oyama doctor --json", "oyama doctor --repair"))
def doctor(
    repair: Annotated[bool, typer.Option("--repair", help="Make anew what can be made from the journals; say first what that is.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --repair: do it without a question.")] = False,
    as_json: AsJson = False,
) -> Work:
    """Look for trouble with the database, the engines and this machine, and name its cause."""

    async def work(terminal: Terminal) -> int:
        if yes and not repair:
            raise InvalidInput("--yes goes with --repair.", "Say both: oyama doctor --repair --yes")
        if repair:
            return await _repair(terminal, yes=yes, as_json=as_json)
        from oyama_tui.studio.system import diagnose

        return _tell(terminal, await diagnose(terminal.settings), as_json=as_json)

    return work


async def _repair(terminal: Terminal, *, yes: bool, as_json: bool) -> Exit:
    """Say what would be made anew, ask, and do it."""
    async with terminal.studio() as studio:
        plan = await studio.archive.repair(dry=True)
        to_do = [check for check in plan if check.status == "warning"]
        if yes and to_do:
            return _tell(terminal, await studio.archive.repair(dry=False), as_json=as_json)
        if not plan:
            plan = (Check(id="journals", status="ok", message="Nothing is to be made anew: the tables say what the journals say."),)
        code = _tell(terminal, plan, as_json=as_json)
        if not to_do:
            return code
        if as_json or not terminal.interactive:
            terminal.err.line("Nothing was changed. Make that anew, after a copy was put aside: oyama doctor --repair --yes")
            return Exit.FAILED
        try:
            agreed = await says_yes(terminal, "Make that anew, after a copy of the database was put aside?")
        except EOFError:
            agreed = False
        if not agreed:
            terminal.err.line("Nothing was changed.")
            return Exit.INTERRUPTED
        return _tell(terminal, await studio.archive.repair(dry=False), as_json=as_json)


@app.command(epilog=examples("oyama config", "oyama config --json"))
def config(as_json: AsJson = False) -> Work:
    """Print the settings in effect, where each comes from, and the paths; name what no setting is."""

    async def work(terminal: Terminal) -> int:
        rows = _settings(terminal)
        if as_json:
            terminal.out.document([{"id": name, "status": origin, "value": value} for name, value, origin in rows])
        else:
            terminal.out.table(("SETTING", "FROM", "VALUE"), [(name, (origin, "dim"), str(value)) for name, value, origin in rows])
        problems = _unknown(terminal.settings)
        for problem in problems:
            terminal.err.line(("Settings:", "bad"), f" {problem}")
        return Exit.SETTINGS if problems else Exit.OK

    return work


def _tell(terminal: Terminal, checks: Sequence[Check], *, as_json: bool) -> Exit:
    """Print findings, and tell by the exit code whether any is a problem."""
    if as_json:
        terminal.out.document([check.model_dump(mode="json") for check in checks])
    else:
        for check in checks:
            terminal.out.line((f"{check.status:<8}", STYLES[check.status]), f"{check.id}: {check.message}")
            if check.hint:
                terminal.out.line(f"          {terminal.settings.addressed(check.hint)}")
    return Exit.FAILED if any(check.status == "problem" for check in checks) else Exit.OK


def _unknown(settings: Settings) -> list[str]:
    """What the settings name and nobody knows, a sentence each."""
    from oyama_tui.tui.choices import command_ids, theme_names
    from oyama_tui.tui.own_themes import own_themes, themes_folder

    own = own_themes(themes_folder())
    problems, themes = list(own.problems), [*theme_names(), *(theme.name for theme in own.themes)]
    if settings.theme not in themes:
        problems.append(f"theme: there is no theme {settings.theme!r}.{_similar(settings.theme, themes)}")
    for name in settings.keymap:
        if name not in command_ids():
            problems.append(f"keymap: there is no command {name!r}.{_similar(name, command_ids())}")
    for name in sorted(os.environ):
        if name.startswith("OYAMA_") and name not in known_variables():
            problems.append(f"{name}: no setting has this name.{_similar(name, known_variables())}")
    return problems


def _similar(name: str, known: Iterable[str]) -> str:
    """A hint at a name that may be meant; empty when none is like it."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return f" Do you mean {found[0]}?" if found else " See docs/reference/settings.md."


def _settings(terminal: Terminal) -> list[tuple[str, object, str]]:
    """Name, value and origin of every setting and path."""
    from oyama_tui.cli.logfile import log_path
    from oyama_tui.settings import config_path

    settings, file = terminal.settings, config_path()
    in_file = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    rows: list[tuple[str, object, str]] = []
    for name, value in settings.model_dump(mode="json").items():
        if name == "database" and terminal.options.database:
            origin = "option"
        elif f"OYAMA_{name.upper()}" in {key.upper() for key, given in os.environ.items() if given}:
            origin = "environment"
        else:
            origin = "file" if name in in_file else "default"
        rows.append((name, str(settings.database_path) if name == "database" else value, origin))
    paths = {"settings_file": file, "log_file": log_path(settings.home), "files": settings.files_path}
    return [*rows, *((name, str(path), "path") for name, path in paths.items())]
