"""Whatever a file holds: a workflow, or problems with places; never anything else, and never for long."""

from __future__ import annotations

import random
import string
from pathlib import Path
from time import process_time

import pytest
import yaml

from oyama_tui.core.definition import Workflow, reading
from oyama_tui.core.definition.loading import load_with_warnings, load_workflow
from oyama_tui.core.errors import InvalidDefinition
from tests.core.definition.test_loading import FULL

STEP = "steps: [{id: a, run: x}]\n"


def load(text: str) -> Workflow | InvalidDefinition:
    try:
        return load_workflow(text, "f.yaml")
    except InvalidDefinition as error:
        refused = error
    assert refused.problems
    assert all(problem.message and problem.line >= 0 for problem in refused.problems)
    str(refused).encode("utf-8", "replace")
    return refused


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 5000, "nested more than 50 deep"),
        ("a: " * 5000, "second ': '"),
        ("\n".join(" " * n + "a:" for n in range(5000))[:900_000], "nested more than 50 deep"),
        ("- " * 5000, "nested more than 50 deep"),
        ("x" * 1_000_001, "at most 1,000,000"),
        ("é" * 600_000, "at most 1,000,000"),
        ("name: \ud800\n" + STEP, "half of a pair"),
        ("name: a\0b\n" + STEP, "cannot stand in YAML"),
        ("".join(map(chr, range(256))), "cannot stand in YAML"),
        ("steps:\n" + "- {id: a}\n" * 10_001, "at most 10,000"),
        ("steps:\n" + "- x\n" * 100_000, "at most 10,000"),
        ("a: [" + "1," * 400_000 + "]", "more than 300,000 values"),
        ("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n" + STEP, "an anchor"),
        ("%TAG ! tag:x:\n---\nname: !y z\n" + STEP, "a tag"),
        ("name: " + "9" * 5000 + "\n" + STEP, "64 bits"),
        ("name: 1e99999\n" + STEP, "not finite"),
    ],
)
def test_hostile_files_are_refused_quickly(text: str, words: str) -> None:
    started = process_time()
    error = load(text)
    assert isinstance(error, InvalidDefinition)
    assert words in str(error)
    assert process_time() - started < 6


DEEP = {
    "lists": "[",
    "maps": "{a: ",
    "lists with spaces": "[ ",
    "lists on lines": "[\n",
    "lists in maps": "{a: [",
    "keys": "[{? ",
    "block lists": "- ",
    "block keys": "? ",
}


@pytest.mark.parametrize("loader", [reading.Loader, yaml.SafeLoader], ids=["fast", "slow"])
@pytest.mark.parametrize("head", ["", "context:\n  a: ", "context: {a: "], ids=["alone", "in a map", "in a flow map"])
@pytest.mark.parametrize("opening", DEEP.values(), ids=DEEP)
def test_depth_is_refused_in_own_words_whatever_the_library_allows(
    opening: str, head: str, loader: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "Loader", loader)
    if head and opening in ("- ", "? "):
        head = "context:\n  "
    error = load(head + opening * 1200)
    assert isinstance(error, InvalidDefinition)
    assert [problem.message for problem in error.problems] == ["lists and maps are nested more than 50 deep"]
    at = len((head + opening * 60).splitlines())
    assert 1 <= error.problems[0].line <= at


@pytest.mark.parametrize("loader", [reading.Loader, yaml.SafeLoader], ids=["fast", "slow"])
@pytest.mark.parametrize("key", ["k" * 1100, f'"{"k: " * 400}"'], ids=["plain", "quoted"])
@pytest.mark.parametrize("form", ["KEY: 1\n" + STEP, "context: {KEY: 1}\n" + STEP, "context:\n  KEY: 1\n" + STEP])
def test_a_key_that_is_too_long_is_named_as_that(key: str, form: str, loader: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "Loader", loader)
    error = load(form.replace("KEY", key))
    assert isinstance(error, InvalidDefinition)
    assert [problem.message for problem in error.problems] == ["a key has at most 1,024 characters"]


def test_deep_expressions_and_long_ones_are_refused() -> None:
    long = ("a" + ".a" * 2000, "1" + "+1" * 2500, "'" + "\\n" * 2000)
    for condition in ("(" * 2000 + "1" + ")" * 2000, "!" * 4000 + "true", "[" * 4000, *long):
        assert isinstance(load(f"steps:\n  - id: a\n    run: x\n    if: {condition!r}\n"), InvalidDefinition)


def test_many_problems_are_counted_not_listed() -> None:
    error = load("context:\n" + "".join(f"  a-{n}: 1\n" for n in range(1000)) + STEP)
    assert isinstance(error, InvalidDefinition)
    assert len(error.problems) == 201
    assert error.problems[-1].message == "and 800 more problems"


GRAPH = "type: graph\nsteps:\n"
HUNGRY = {
    "unknown keys": "".join(f"k{n}: 1\n" for n in range(30_000)) + STEP,
    "unknown needs": GRAPH + "".join(f"  - {{id: s{n}, run: x, needs: [t{n}]}}\n" for n in range(4000)),
    "unknown steps": GRAPH + "".join(f"  - {{id: s{n}, run: 'echo ${{{{ steps.t{n}.output }}}}'}}\n" for n in range(4000)),
    "a long cycle": GRAPH + "".join(f"  - {{id: s{n}, run: x, needs: [s{(n + 1) % 4000}]}}\n" for n in range(4000)),
    "many expressions in one text": "steps:\n  - id: a\n    run: '" + "${{ inputs.x }} " * 4000 + "'\n",
    "deep quoting": "steps:\n  - id: a\n    run: |\n      " + '"$(echo ' * 8000 + "${{ run.id }}\n",
    "odd quoting": "steps:\n  - id: a\n    run: |\n      " + '"${x:-`' * 8000 + "${{ run.id }}\n",
    "many secrets": "secrets: ["
    + ",".join(f"S{n}" for n in range(50_000))
    + "]\nsteps:\n"
    + "".join(f"  - {{id: s{n}, run: [x, '${{{{ secrets.T }}}}']}}\n" for n in range(4000)),
}


@pytest.mark.parametrize("text", HUNGRY.values(), ids=HUNGRY)
def test_no_file_takes_long(text: str) -> None:
    started = process_time()
    assert isinstance(load(text), InvalidDefinition)
    assert process_time() - started < 10


MARKS = ["${{", "}}", "'", '"', ": ", "- ", "\n", "  ", "#", "&a", "*a", "!x", "[", "]", "{", "}", "|", ">", "~", "\t", "\r", "\x00"]
MARKS += ["steps", "id", "run", "gate", "needs", "if", "null", "99999999999999999999", "1.5", "on", "agent", "<<", "?", "%", "@", "`"]
MARKS += ["\ud800", "é", "𝒳"]
VALUES = ["", "5", "true", "[]", "{}", "x", "[a, 1]", "{a: b}", "${{ x }}", "'${{ steps.a.b }}'", "~"]


def mutate(chosen: random.Random, text: str) -> str:
    for _ in range(chosen.randrange(1, 4)):
        at, end = chosen.randrange(len(text) + 1), chosen.randrange(len(text) + 1)
        kind = chosen.randrange(6)
        if kind == 0:
            text = text[:at] + text[at + chosen.randrange(12) :]
        elif kind == 1:
            text = text[:at] + chosen.choice(MARKS) + text[at:]
        elif kind == 2:
            text = text[:at] + chosen.choice(string.printable) + text[at + 1 :]
        elif kind == 3:
            text = text[:at] + text[min(at, end) : min(at, end) + 80] + text[at:]
        elif kind == 4:
            lines = text.split("\n")
            chosen.shuffle(lines) if chosen.random() < 0.1 else lines.insert(chosen.randrange(len(lines)), chosen.choice(lines))
            text = "\n".join(lines)
        else:
            lines = text.split("\n")
            number = chosen.randrange(len(lines))
            key, colon, _ = lines[number].partition(": ")
            lines[number] = key + colon + chosen.choice(VALUES)
            text = "\n".join(lines)
    return text


def test_mutated_files_are_taken_or_refused_with_problems() -> None:
    seed = 31_337
    print("seed", seed)
    chosen = random.Random(seed)
    table = Path(__file__).with_name("bad_definitions.txt").read_text(encoding="utf-8")
    sources = [*[FULL] * 100, *(block.rpartition("---\n")[0] for block in table.split("===\n")[1:])]
    taken = 0
    for _ in range(2500):
        taken += isinstance(load(mutate(chosen, chosen.choice(sources))), Workflow)
    assert taken > 20


def test_the_slow_parser_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = load_workflow(FULL, "f.yaml")
    monkeypatch.setattr(reading, "Loader", yaml.SafeLoader)
    assert load_workflow(FULL, "f.yaml") == fast
    for text, words in (("\tname: x\n" + STEP, "spaces"), ("name: **b**\n" + STEP, "quotes"), ("a: {b: ${{ c }}}\n" + STEP, "quotes")):
        error = load(text)
        assert isinstance(error, InvalidDefinition)
        assert words in str(error)


def test_ten_thousand_steps_load_in_seconds() -> None:
    head = "type: graph\ninputs: {v: {}}\nsteps:\n  - {id: s0, run: x}\n  - {id: s1, run: x}\n"
    body = "  - id: s{}\n    needs: [s{}]\n    run: echo ${{{{ steps.s{}.output }}}} ${{{{ inputs.v }}}}\n"
    steps = "".join(body.format(n, n - 2, n % 2) for n in range(2, 10_000))
    started = process_time()
    workflow, warnings = load_with_warnings(head + steps, "big.yaml")
    seconds = process_time() - started
    print(f"10,000 steps in {seconds:.2f} s")
    assert (len(workflow.steps), warnings) == (10_000, ())
    assert seconds < 8
