from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest
from typer.main import get_command

from oyama_tui.cli.app import MODULES, build
from oyama_tui.cli.exits import MEANINGS, Exit
from tests.cli.program import ROOT, Oyama
from tests.cli.reference import page

HEAVY = ("sqlalchemy", "sqlmodel", "textual", "fastapi", "pydantic_ai", "alembic")
LOADED = "import json, sys; names = {name.split('.')[0] for name in sys.modules}; print(json.dumps(sorted(names)))"


def loaded_after(oyama: Oyama, code: str) -> set[str]:
    out = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}"], env=oyama.env, capture_output=True, text=True, check=True, cwd=oyama.folder
    ).stdout
    return set(json.loads(out.splitlines()[-1]))


def test_import_of_the_package_loads_nothing_heavy(oyama: Oyama) -> None:
    assert not loaded_after(oyama, "import oyama_tui") & {*HEAVY, "typer", "pydantic", "asyncio", "rich"}


def test_version_loads_no_parser(oyama: Oyama) -> None:
    code = "import sys; sys.argv = ['oyama', '--version']; import oyama_tui.__main__ as program; assert program.main() == 0"
    assert not loaded_after(oyama, code) & {*HEAVY, "typer", "pydantic", "asyncio", "rich", "argparse"}


def test_the_parser_loads_only_the_module_of_the_command(oyama: Oyama) -> None:
    code = "from oyama_tui.cli.app import build; build(['runs', '--live'])"
    loaded = loaded_after(oyama, code + "; import sys; assert 'oyama_tui.cli.approvals' not in sys.modules")
    assert not loaded & set(HEAVY)


def test_a_run_loads_neither_screens_nor_migrations(oyama: Oyama) -> None:
    file = oyama.file("noop.yaml", "id: noop\nsteps: [{id: one, set: {x: 1}}]\n")
    oyama("run", file, code=0)
    code = f"import sys; sys.argv = ['oyama', 'run', {file!r}]; from oyama_tui.__main__ import main; assert main() == 0"
    assert not loaded_after(oyama, code) & {"textual", "rich", "fastapi", "alembic", "pydantic_ai", "celpy"}


DECIDES = ("core.evolve", "core.decide", "core.commands", "store.journal")
"""What nobody needs who only looks; most of a start is loading modules."""
READS_FILES = ("core.definition.loading", "yaml", "studio.new_runs", "studio.workflows")
"""What nobody needs who looks at what was started."""
RUNS_STEPS = (*DECIDES, *READS_FILES, "core.definition.step")
"""What nobody needs who looks at lists of what was started."""


@pytest.mark.parametrize(
    ("words", "unwanted"),
    [(("approvals",), RUNS_STEPS), (("runs",), RUNS_STEPS), (("show", "noop"), (*DECIDES, *READS_FILES)), (("list",), DECIDES)],
    ids=lambda value: value[0],
)
def test_looking_loads_nothing_that_runs_steps(oyama: Oyama, words: tuple[str, ...], unwanted: tuple[str, ...]) -> None:
    oyama("run", oyama.file("noop.yaml", "id: noop\nsteps: [{id: one, set: {x: 1}}]\n"), code=0)
    code = f"import sys; sys.argv = ['oyama', *{words!r}]; from oyama_tui.__main__ import main; assert main() == 0"
    asked = f"{code}; print('\\n' + ' '.join(name for name in {unwanted!r} if {{name, 'oyama_tui.' + name}} & {{*sys.modules}}))"
    told = subprocess.run([sys.executable, "-c", asked], env=oyama.env, capture_output=True, text=True, check=True, cwd=oyama.folder).stdout
    assert told.splitlines()[-1] == ""


def test_a_shell_can_complete_commands_and_options(oyama: Oyama) -> None:
    asked = {"_OYAMA_COMPLETE": "complete_bash", "COMP_WORDS": "oyama a", "COMP_CWORD": "1"}
    assert oyama(env=asked).out.split() == ["approvals", "approve", "ask"]
    assert oyama(env={**asked, "COMP_WORDS": "oyama run --d", "COMP_CWORD": "2"}).out.split() == ["--detach", "--dry-run"]


def test_help_of_the_program_and_of_each_command_is_one_sentence_with_examples() -> None:
    program = get_command(build([]))
    commands = program.commands  # type: ignore[attr-defined]
    assert set(commands) == set(MODULES)
    for name, command in commands.items():
        first = (command.help or "").splitlines()[0]
        assert first.endswith("."), name
        assert name == "worker" or f"oyama {name}" in command.epilog, name


def test_help_lists_every_exit_code_and_so_do_the_docs(oyama: Oyama) -> None:
    told = oyama("--help", code=0)
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    for code in Exit:
        assert f"\n  {int(code)} " in told.out
        assert f"\n| {int(code)} | " in page
        assert MEANINGS[code]
    assert "\x1b" not in told.out


def test_the_page_about_commands_is_up_to_date() -> None:
    written = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    assert written == page(), "write it anew: python -m tests.cli.reference > docs/reference/commands.md"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shwo"], "Did you mean 'show'"),
        (["release.yaml"], "oyama run release.yaml"),
        (["run"], "Missing argument"),
        (["runs", "--bogus"], "No such option"),
        (["runs", "--limit", "x"], "--limit"),
        (["--database"], "--database"),
    ],
)
def test_what_is_not_understood_is_explained_on_standard_error(oyama: Oyama, words: list[str], said: str) -> None:
    told = oyama(*words, code=2)
    assert said in told.err
    assert "Try: oyama" in told.err
    assert told.out == ""


def test_usage_errors_are_json_where_json_is_wanted(oyama: Oyama) -> None:
    told = oyama("runs", "--json", "--bogus", code=2)
    assert told.out == ""
    assert json.loads(told.err)["status"] == "error"


def test_without_a_terminal_the_screens_say_so(oyama: Oyama) -> None:
    told = oyama(code=2)
    assert "need a terminal" in told.err
    assert not oyama.home.exists()


@pytest.mark.parametrize(("term", "said"), [("dumb", "TERM"), ("", "TERM")])
def test_a_terminal_that_cannot_show_screens_gets_a_sentence(oyama: Oyama, term: str, said: str) -> None:
    code, shown = on_terminal(oyama, {"TERM": term})
    assert code == 2
    assert said in shown


def test_a_terminal_that_is_too_small_gets_a_sentence(oyama: Oyama) -> None:
    code, shown = on_terminal(oyama, {"COLUMNS": "5", "LINES": "2"})
    assert code == 2
    assert "this terminal has 5x2" in shown.replace("\r\n", " ")


def on_terminal(oyama: Oyama, env: dict[str, str]) -> tuple[int, str]:
    """Run `oyama` on a pseudo-terminal to its end."""
    here, there = pty.openpty()
    process = subprocess.Popen(
        oyama.argv(), stdin=there, stdout=there, stderr=there, env={**oyama.env, **env}, cwd=oyama.folder, start_new_session=True
    )
    os.close(there)
    shown = b""
    try:
        while piece := os.read(here, 4096):
            shown += piece
    except OSError:
        pass
    finally:
        os.close(here)
    return process.wait(timeout=20), shown.decode()


def test_settings_that_cannot_be_used_are_explained(oyama: Oyama) -> None:
    told = oyama("config", env={"OYAMA_GRACE": "soon"}, code=78)
    assert "grace" in told.err
    oyama.home.mkdir()
    (oyama.home / "config.toml").write_text("theme = \n")
    assert "config.toml" in oyama("runs", code=78).err


def test_config_names_what_no_setting_theme_or_command_is(oyama: Oyama) -> None:
    oyama.home.mkdir()
    (oyama.home / "config.toml").write_text('theme = "nordic"\n[keymap]\n"approvals.aprove" = "A"\n')
    told = oyama("config", env={"OYAMA_GRACES": "5"}, code=78)
    assert "there is no theme 'nordic'. Do you mean nord?" in told.err
    assert "there is no command 'approvals.aprove'. Do you mean approvals.approve?" in told.err
    assert "OYAMA_GRACES: no setting has this name. Do you mean OYAMA_GRACE?" in told.err
    assert "nordic" in told.out
    (oyama.home / "config.toml").write_text("graces = 2\n")
    assert "graces" in oyama("config", code=78).err


def test_config_knows_own_themes_and_says_what_is_wrong_with_one(oyama: Oyama) -> None:
    (oyama.home / "themes").mkdir(parents=True)
    (oyama.home / "themes" / "dusk.toml").write_text('primary = "#7aa2c8"\n')
    (oyama.home / "config.toml").write_text('theme = "dusk"\n')
    oyama("config", code=0)
    (oyama.home / "themes" / "dusk.toml").write_text('primary = "#7aa2c8"\nforground = "#ffffff"\n')
    told = oyama("config", code=78)
    assert "dusk.toml cannot be used: there is no key forground; do you mean foreground?" in told.err
    assert "there is no theme 'dusk'" in told.err


def test_config_says_where_each_value_comes_from(oyama: Oyama) -> None:
    oyama.home.mkdir()
    (oyama.home / "config.toml").write_text("grace = 2\nbell = false\n")
    told = oyama("config", "--json", "--database", "x.db", env={"OYAMA_BELL": "true"}, code=0)
    rows = {row["id"]: (row["status"], row["value"]) for row in told.json()}
    assert rows["grace"] == ("file", 2.0)
    assert rows["bell"] == ("environment", True)
    assert rows["database"] == ("option", str(oyama.folder / "x.db"))
    assert rows["log_level"] == ("default", "INFO")
    assert rows["home"] == ("environment", str(oyama.home))
