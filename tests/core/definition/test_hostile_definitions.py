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
        ("steps:\n- id: a\n  steps:\n" + "  - {id: a}\n" * 10_000, "10,001 steps, and at most 10,000"),
        ("steps:\n" + "".join(f"- {{id: a{n}, switch: [{{steps: [x]}}]}}\n" for n in range(5001)), "10,002 steps"),
        ("steps: [{id: a, for_each: [" + "1," * 100_001 + "], steps: [{id: b, run: x}]}]", "at most 100,000 items"),
        ("steps: [" + "{id: a, steps: [" * 5000, "nested more than 50 deep"),
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


def nested(deep: int, opening: str = "steps: [", closing: str = "]") -> str:
    blocks = "".join(f"{{id: b{n}, {opening}" for n in range(deep))
    return f"steps: [{blocks}{{id: x, run: x}}{(closing + '}') * deep}]\n"


BLOCKS = {"steps": ("steps: [", "]"), "parallel": ("parallel: [", "]"), "loops": ("for_each: {items: [1], as: NAME}, steps: [", "]")}
BLOCKS["branches"] = ("switch: [{steps: [", "]}]")


@pytest.mark.parametrize(("opening", "closing"), BLOCKS.values(), ids=BLOCKS)
def test_blocks_stand_in_each_other_eight_deep_and_no_deeper(opening: str, closing: str) -> None:
    def written(deep: int) -> str:
        text = nested(deep, opening, closing)
        for n in range(deep):
            text = text.replace("NAME", f"item{n}", 1)
        return text

    assert isinstance(load(written(8)), Workflow)
    for deep in (9, 10):
        error = load(written(deep))
        assert isinstance(error, InvalidDefinition)
        [problem] = error.problems
        assert problem.message == "blocks stand in each other at most 8 deep, and this one is deeper"
        assert (problem.line, problem.column) == (1, written(deep).index("{id: b8") + 1)


def seconds_of(text: str) -> float:
    taken = []
    for _ in range(3):
        started = process_time()
        load_with_warnings(text, "big.yaml")
        taken.append(process_time() - started)
    return min(taken)


def listed(first: int, count: int, indent: str) -> str:
    """Steps of which each needs the one before, and names what others of its list hold."""
    step = "- {{id: s{0}, run: 'echo ${{{{ steps.s{1}.output }}}}', if: steps.s{2}.succeeded}}\n"
    lines = [f"- {{id: s{first}, run: x}}\n"]
    lines += [step.format(n, first, n - 1) for n in range(first + 1, first + count)]
    return "".join(indent + line for line in lines)


FORMS = {
    "steps": "  - id: b{}\n    steps:\n",
    "loops": "  - id: b{}\n    for_each: '${{{{ inputs.v }}}}'\n    steps:\n",
}


def test_steps_in_blocks_load_as_fast_as_steps_alone() -> None:
    head = "type: conditional\ninputs: {v: {}}\nsteps:\n"
    alone = seconds_of(head + listed(0, 9_900, "  "))
    for name, form in FORMS.items():
        blocks = "".join(form.format(n) + listed(n * 99, 99, "      ") for n in range(100))
        inside = seconds_of(head + blocks)
        print(f"10,000 steps alone {alone:.2f} s, in 100 {name} {inside:.2f} s")
        assert inside < 1.5 * alone


def test_many_problems_in_deep_blocks_are_found_in_time() -> None:
    deepest = "".join(f"{{id: t{n}, run: 'echo ${{{{ steps.t{n + 1}.output }}}}', needs: [b0], rum: x}}," for n in range(6000))
    started = process_time()
    assert isinstance(load(nested(8).replace("{id: x, run: x}", deepest)), InvalidDefinition)
    assert process_time() - started < 10


MARKS = ["${{", "}}", "'", '"', ": ", "- ", "\n", "  ", "#", "&a", "*a", "!x", "[", "]", "{", "}", "|", ">", "~", "\t", "\r", "\x00"]
MARKS += [
    "steps",
    "id",
    "run",
    "gate",
    "needs",
    "if",
    "null",
    "for_each",
    "switch",
    "parallel",
    "repeat",
    "else",
    "99999999999999999999",
    "1.5",
    "on",
    "agent",
    "<<",
    "?",
    "%",
    "@",
    "`",
]
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
