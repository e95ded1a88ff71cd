"""Every example that the help of a command gives is understood, and those that ask nobody do what they say."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest
from typer.main import get_command

from oyama_tui.cli.app import build
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.terminal import GlobalOptions
from tests.cli.program import Oyama

RELEASE = """
id: release
inputs: {version: {default: v1.0.0}}
steps:
  - {id: test, run: 'echo "tested ${{ inputs.version }}"'}
  - {id: publish, gate: Publish it?, run: echo published}
"""
QUIET = (
    *("list", "runs", "show", "history", "approvals", "verify", "doctor", "config", "schema", "validate", "init"),
    *("export", "import", "report"),
)
"""Commands that end by themselves and ask nobody."""

FLEET = f"""
id: fleet
steps:
  - id: fan
    for_each: {{items: {list(range(18))}, as: n, concurrency: 9}}
    steps: [{{id: note, set: {{n: "${{{{ n }}}}"}}}}]
"""


def examples() -> Iterator[list[str]]:
    """The words after `oyama` of every example, without what a shell does."""
    for command in get_command(build([])).commands.values():  # type: ignore[attr-defined]
        for line in (command.epilog or "").splitlines():
            if "oyama " in line:
                yield shlex.split(line.split("oyama ", 1)[1].split(">")[0])


ALL = list(examples())


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_an_example_is_understood(words: list[str]) -> None:
    options = GlobalOptions()
    work = get_command(build(words)).main(words, prog_name="oyama", standalone_mode=False, obj=options)
    assert callable(work), words


def test_examples_that_ask_nobody_do_what_they_say(oyama: Oyama) -> None:
    oyama("run", oyama.file("release.yaml", RELEASE), "--no-wait", code=5)
    oyama("run", oyama.file("fleet.yaml", FLEET), code=0)
    [approval] = oyama("approvals", "--json", code=0).json()
    oyama("export", "release#1", "-o", "release-12.oyamarun", code=0)
    ran = 0
    for words in ALL:
        if words[0] not in QUIET or {"--exit-code", "--watch"} & set(words):
            continue
        known = {"release#12": "release#1", "fleet#3": "fleet#1", "ID": approval["id"]}
        made = [known.get(word, word) for word in words]
        env = {}
        if words[0] == "init":
            # Its template has an id of its own, which is taken here.
            made, env = ["init", f"new{ran}", *made[2:]], {"OYAMA_HOME": str(oyama.folder / f"home{ran}")}
        told = oyama(*made, stdin=RELEASE, env=env)
        assert told.code == Exit.OK, told.told
        ran += 1
    assert ran >= len(QUIET)
