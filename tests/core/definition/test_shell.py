"""Shell safety: where expressions may stand, and that no shell ever reads a value as code."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core.definition.expressions import ExpressionError, render_text
from oyama_tui.core.definition.shell import as_variable, check, is_shell, warnings, with_variables

X = "${{ x }}"


def interpolate(script: str, scope: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """A script as the shell gets it, and the variables with the values of its expressions."""
    made, sources = with_variables(script)
    return made, {name: as_variable(render_text(f"${{{{ {source} }}}}", scope)) for name, source in sources.items()}


SHELLS = sorted({os.path.realpath(shell) for name in ("sh", "bash", "dash", "zsh", "ksh") if (shell := shutil.which(name))})
HOSTILE = [
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned #",
    "\ntouch pwned\n",
    "' ; touch pwned ; '",
    '" ; touch pwned ; "',
    '"; touch pwned; echo "',
    "a[$(touch pwned)]",
    "${x:=$(touch pwned)}",
    "|| touch pwned",
    "> pwned",
    "\\",
    "\\'; touch pwned",
    "EOF\ntouch pwned\n",
    "}; touch pwned; {",
    ")); touch pwned; ((",
    "* ~ $HOME $$",
    "-n",
    "",
    "é😀\x01\x7f\x1b[31m",
    "   spaces   and\ttabs  ",
    "-e $(touch pwned)",
    "!!",
    "x" * 90_000,
]
WORDS_PRINTED = "printf '%s\\n' "

ALLOWED = [
    (f"{WORDS_PRINTED}{X}", "{}\n"),
    (f'{WORDS_PRINTED}"{X}"', "{}\n"),
    (f'{WORDS_PRINTED}"a {X} b"', "a {} b\n"),
    (f"{WORDS_PRINTED}a{X}b", "a{}b\n"),
    (f"{WORDS_PRINTED}a#{X}", "a#{}\n"),
    (f'v={X}; {WORDS_PRINTED}"$v"', "{}\n"),
    (f'{WORDS_PRINTED}"$({WORDS_PRINTED}{X}; echo .)"', "{}\n.\n"),
    (f'{WORDS_PRINTED}"$({WORDS_PRINTED}"<{X}>" \')\')"', "<{}>\n)\n"),
    (f"{WORDS_PRINTED}'it '\\''s' {X}", "it 's\n{}\n"),
    (f"if [ -n x ]; then {WORDS_PRINTED}{X}; fi", "{}\n"),
    (f"(\n{WORDS_PRINTED}{X}\n) # a comment with ' and \" in it\n{WORDS_PRINTED}{X}", "{}\n{}\n"),
    (f"cat <<'EOF' >/dev/null\nit's \" ` $(\nEOF\n{WORDS_PRINTED}{X}", "{}\n"),
    (f"cat <<EOF >/dev/null\nfoo\\\nEOF\nEOF\n{WORDS_PRINTED}{X}", "{}\n"),
    (f"cat <<-E >/dev/null\n\t'\n\tE\n{WORDS_PRINTED}{X}", "{}\n"),
    (f'y=$(case a in a) {WORDS_PRINTED}{X};; esac); {WORDS_PRINTED}"$y" {X}', None),
    (f"case {X} in {X}) {WORDS_PRINTED}{X};; esac", "{}\n"),
    (f'{WORDS_PRINTED}"$((1 + 1))" {X}', "2\n{}\n"),
    (f'{WORDS_PRINTED}"${{Y:-"a"}}" {X}', "a\n{}\n"),
    (f'f() {{ {WORDS_PRINTED}"$1"; }}; f {X}', "{}\n"),
    (f'for i in {X}; do {WORDS_PRINTED}"$i"; done', "{}\n"),
    (f"{WORDS_PRINTED}$# {X}", "0\n{}\n"),
    (f"(true)# '\n{WORDS_PRINTED}{X}", "{}\n"),
    (f"true 2>&1 >/dev/null; {WORDS_PRINTED}{X}", "{}\n"),
]

REFUSED = [
    (f"echo '{X}'", "single quotes"),
    (f"echo $'a {X}'", "$'...'"),
    (f"echo `echo {X}`", "backticks"),
    (f"echo $(({X} + 1))", "(( ))"),
    (f'echo "$(( {X} ))"', "(( ))"),
    (f"(( x = {X} ))", "(( ))"),
    (f"for ((i=0; i<{X}; i++)); do :; done", "(( ))"),
    (f"a[{X}]=1", "(( ))"),
    (f"cat <<EOF\n{X}\nEOF", "heredoc"),
    (f"cat <<'EOF'\n{X}\nEOF", "heredoc"),
    (f"cat <<EOF\na\\\nEOF\n{X}\nEOF", "heredoc"),
    (f"x=$(cat <<EOF\n{X}\nEOF\n)", "heredoc"),
    (f"echo # {X}", "comment"),
    (f"(true)#{X}", "comment"),
    (f"echo ${{Y:-{X}}}", "${ }"),
    (f"echo ${X}", "after a $"),
    (f'echo "${X}"', "after a $"),
    (f"echo \\{X}", "backslash"),
    (f'echo "\\{X}"', "backslash"),
    (f"echo '{X}", "do not close"),
    (f'echo "a {X}', "do not close"),
    (f"echo $(echo {X}", "do not close"),
    (f"echo $'\\'' {X}", "differently"),
    (f'echo "${{Y:-\'}}" {X}', "differently"),
    (f"echo $\\\n({X})", "differently"),
    ("echo ${{ secrets.TOKEN }}", "a secret cannot stand in a script"),
]


def run(shell: str, script: str, variables: dict[str, str], folder: Path) -> str:
    made = subprocess.run(
        [shell, "-e", "-c", script],
        env={"PATH": os.environ["PATH"], **variables},
        cwd=folder,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=20,
        check=False,
    )
    return made.stdout.decode()


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("script", "expected"), ALLOWED)
def test_hostile_values_stay_data(shell: str, script: str, expected: str | None, tmp_path: Path) -> None:
    assert check(script) == []
    for value in HOSTILE:
        made, variables = interpolate(script, {"x": value})
        assert value == "" or value not in made or len(value) < 3
        output = run(shell, made, variables, tmp_path)
        assert not (tmp_path / "pwned").exists(), (script, value)
        if expected is not None:
            assert output == expected.replace("{}", value), (script, value)


@pytest.mark.parametrize(("script", "words"), REFUSED)
def test_unsafe_places_are_refused_with_a_way_out(script: str, words: str) -> None:
    [(offset, message, hint)] = check(script)
    assert script[offset:].startswith("${{")
    assert words in message
    assert "env:" in hint
    with pytest.raises(ExpressionError, match="cannot stand here"):
        interpolate(script, {"x": "a"})


def test_random_scripts_are_refused_or_safe(tmp_path: Path) -> None:
    seed = 77_031
    print("seed", seed)
    chosen = random.Random(seed)
    parts = ["'", '"', "`", "$(", ")", "$((", "))", "${Y:-", "}", "\\", "#", " ", "\n", "; ", "<<E\n", "\nE\n", "$'", "echo ", "a"]
    parts += [X, X, X, "((", "case a in a) ", ";; esac "]
    accepted = 0
    for _ in range(6000):
        script = "echo " + "".join(chosen.choice(parts) for _ in range(chosen.randrange(2, 9)))
        if X not in script or check(script):
            continue
        made, variables = interpolate(script, {"x": "$(touch pwned);touch pwned\n`touch pwned`'\"a[$(touch pwned)]"})
        accepted += 1
        for shell in SHELLS:
            run(shell, made, variables, tmp_path)
            assert not (tmp_path / "pwned").exists(), script
        if accepted >= 250:
            break
    assert accepted >= 200


@pytest.mark.parametrize(
    ("value", "words"), [("a\0b", "NUL"), ("x" * 102_401, "102,401 bytes"), ("é" * 60_000, "120,000 bytes"), ("\ud800", "half a character")]
)
def test_values_that_fit_into_no_variable_are_refused(value: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        interpolate(f"echo {X}", {"x": value})
    assert words in caught.value.message
    assert "stdin:" in caught.value.hint


def test_values_are_written_as_text_and_shared() -> None:
    script, variables = interpolate('a ${{ x }} "${{ x }}" ${{ y }}', {"x": [1, None], "y": None})
    assert script == 'a "${OYAMA_V1}" "${OYAMA_V1}" "${OYAMA_V2}"'
    assert variables == {"OYAMA_V1": "[1,null]", "OYAMA_V2": ""}
    assert interpolate("echo 'plain' $((1))", {}) == ("echo 'plain' $((1))", {})


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (f'ssh host "ls {X}"', "ssh"),
        (f'sh -c "ls {X}"', "sh -c"),
        (f"sudo bash -ec {X}", "sh -c"),
        (f'psql -c "select {X}"', "database"),
        (f"eval {X}", "eval"),
        (f"true; python3 -c {X}", "code"),
        (f"[[ {X} -eq 1 ]]", "[[ ]]"),
        (f"true && {X} --version", "chooses the program"),
    ],
)
def test_programs_that_evaluate_their_arguments_get_a_warning(script: str, words: str) -> None:
    [(_, message, hint)] = warnings(script)
    assert words in message
    assert hint


def test_ordinary_commands_get_no_warning() -> None:
    for script in (f"./publish.sh {X} 2>&1 {X}", f'echo "{X}" | ssh host cat', f"git tag {X} && git push"):
        assert warnings(script) == []


def test_shells_are_known_by_name() -> None:
    assert is_shell("/bin/sh")
    assert is_shell("bash")
    assert not is_shell("python3")
