"""Expressions: values, types, references, limits, and text with expressions in it."""

from __future__ import annotations

import json
import random
from typing import Any

import celpy
import pytest
from celpy.adapter import CELJSONEncoder, json_to_cel
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from oyama_tui.core.definition.expressions import (
    ExpressionError,
    Piece,
    evaluate,
    evaluate_condition,
    references,
    render,
    render_secret_text,
    render_text,
    split_template,
    template_references,
)

SCOPE: dict[str, Any] = {
    "inputs": {"version": "1.0", "n": 3, "f": 1.5, "l": [1, 2, 3], "none": None, "quote": "a'b", "big": 2**62},
    "steps": {"test": {"output": "ok", "result": {"a": [{"b": True}]}, "outputs": {}, "exit_code": 0}},
    "previous": None,
}

VALUES: list[tuple[str, JsonValue]] = [
    ("inputs.version", "1.0"),
    ("inputs['version']", "1.0"),
    ("inputs.n + 1", 4),
    ("inputs.n + 1.5", 4.5),
    ("inputs.n-1", 2),
    ("inputs.n == 3.0", True),
    ("inputs.n > 2.5", True),
    ("inputs.n == null", False),
    ("previous == null", True),
    ("true == 1", False),
    ("-7 / 2", -3),
    ("-7 % 3", -1),
    ("7 % -3", 1),
    ("2 * 3 + 4", 10),
    ("2 + 3 * 4", 14),
    ("(2 + 3) * 4", 20),
    ("1 < 2 && 2 < 3 || false", True),
    ("!(1 > 2)", True),
    ("--5", 5),
    ("true ? 1 : false ? 2 : 3", 1),
    ("'a' + \"b\"", "ab"),
    ("[1] + [2]", [1, 2]),
    ("[1, [2]] == [1.0, [2]]", True),
    ("{'a': 1, 'b': [null]}", {"a": 1, "b": [None]}),
    ("{'a': 1}.a", 1),
    ("'version' in inputs", True),
    ("2 in inputs.l", True),
    ("has(inputs.zz)", False),
    ("has(inputs.none)", True),
    ("has(steps.test.result.zz)", False),
    ("inputs.l.map(x, x * 2)", [2, 4, 6]),
    ("inputs.l.map(x, x > 1, x * 2)", [4, 6]),
    ("inputs.l.filter(x, x > 1)", [2, 3]),
    ("inputs.l.all(x, x > 0)", True),
    ("inputs.l.exists(x, x == 9)", False),
    ("inputs.l.exists_one(x, x == 2)", True),
    ("{'a': 1}.all(k, k == 'a')", True),
    ("inputs.l.map(inputs, inputs)", [1, 2, 3]),
    ("size(inputs.l) + inputs.version.size()", 6),
    ("inputs.version.startsWith('1') && inputs.version.endsWith('0') && inputs.version.contains('.')", True),
    ("inputs.version.matches('^[0-9.]+$')", True),
    ("int('42') + int(3.9)", 45),
    ("double('1.5')", 1.5),
    ("string(3) + string(true) + string(null) + string(2.0)", "3true2"),
    ("bool('true')", True),
    ("join(inputs.l, '-') + ['a'].join(',')", "1-2-3a"),
    ("json({'a': [1, null]})", '{"a":[1,null]}'),
    ("lines('a\\nb\\r\\nc\\n')", ["a", "b", "c"]),
    ("' a,b '.trim().split(',')", ["a", "b"]),
    ("'aXa'.replace('a', 'b').lowerAscii().upperAscii()", "BXB"),
    ("steps.test.result.a[0].b", True),
    ("r'a\\b'", "a\\b"),
    ("'\\u00e9\\U0001F600\\x41\\101\\n'", "é😀AA\n"),
    ("'''a'b'''", "a'b"),
    ("0x1F", 31),
    ("-9223372036854775808", -(2**63)),
    ("1 // a comment\n + 2", 3),
    ("false && inputs.zz", False),
    ("inputs.zz || true", True),
    ("inputs.l", [1, 2, 3]),
]

FAILURES: list[tuple[str, str, int]] = [
    ("inputs.verson", "did you mean 'version'", 8),
    ("input.version", "did you mean 'inputs'", 1),
    ("steps.tset.output", "did you mean 'test'", 7),
    ("previous.output", "previous is null, so it has no 'output'", 10),
    ("inputs.l[7]", "inputs.l has 3 items, so there is no item 7", 9),
    ("inputs.l['a']", "is a list", 9),
    ("inputs.n.a", "inputs.n is of type integer", 10),
    ("secrets.TOKEN", "secrets cannot be used here", 1),
    ("1 / 0", "division by zero", 3),
    ("1.0 % 0.0", "division by zero", 5),
    ("inputs.big * 4", "too large", 12),
    ("1e308 * 10.0", "too large", 7),
    ("1e400", "too large", 1),
    ("9223372036854775808", "too large", 1),
    ("'a' + 1", "does not work on type string with type integer", 5),
    ("1 < 'a'", "cannot compare", 3),
    ("true + 1", "does not work", 6),
    ("!1", "needs true or false", 1),
    ("inputs.version ? 1 : 2", "needs true or false", 16),
    ("{1: 2}", "the keys of a map are text", 2),
    ("{'a': 1, 'a': 2}", "twice", 10),
    ("now()", "there is no function 'now'", 1),
    ("timestamp('2020-01-01T00:00:00Z')", "there is no function", 1),
    ("inputs.l.sizes()", "did you mean 'size'", 10),
    ("size()", "takes 1", 1),
    ("size(1)", "size needs text, a list or a map", 1),
    ("int('x')", "no whole number", 1),
    ("'a'.matches('(')", "no regular expression", 5),
    ("inputs.l.map(1, 2)", "with a name for each item", 10),
    ("'abc", "never closed", 1),
    ("'\\q'", "no escape", 1),
    ("a and b", "does not fit", 3),
    ("x = 1", "no part of an expression", 3),
    ("1 +", "ends too early", 4),
    ("", "empty", 1),
    ("(" * 40 + "1" + ")" * 40, "nested more than", 33),
    ("1" + " + 1" * 2000, "longer than", 0),
]


@pytest.mark.parametrize(("source", "expected"), VALUES)
def test_an_expression_has_its_value_as_plain_json(source: str, expected: JsonValue) -> None:
    value = evaluate(source, SCOPE)
    assert value == expected
    assert type(value) is type(expected)
    json.dumps(value)


@pytest.mark.parametrize(("source", "words", "column"), FAILURES)
def test_a_failure_says_what_and_where(source: str, words: str, column: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(source, SCOPE)
    assert words in caught.value.message
    assert caught.value.column == column


NOT_THE_SAME = {"inputs.n + 1.5", "inputs.n == 3.0", "inputs.n > 2.5", "inputs.n == null", "true == 1", "[1, [2]] == [1.0, [2]]"}
OURS = ("json(", "join(", "lines(", "split(", "replace(", "string(null)", "{'a': 1}.a", "\\x41", ".map(x, x >", "int('42')")
OURS_TOO = ("'''", "has(steps")


@pytest.mark.parametrize(
    "source", [source for source, _ in VALUES if source not in NOT_THE_SAME and not any(own in source for own in OURS + OURS_TOO)]
)
def test_the_language_is_that_of_cel_python(source: str) -> None:
    environment = celpy.Environment()
    theirs = environment.program(environment.compile(source)).evaluate({name: json_to_cel(value) for name, value in SCOPE.items()})
    assert json.loads(CELJSONEncoder().encode(theirs)) == evaluate(source, SCOPE)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "steps.test.output == 'x' && inputs['version'] != inputs.n",
            {("steps", "test", "output"), ("inputs", "version"), ("inputs", "n")},
        ),
        ("inputs.l.all(x, x > context.least && x.y)", {("inputs", "l"), ("context", "least")}),
        ("inputs.l.map(x, inputs.l.map(y, x * y * z))", {("inputs", "l"), ("z",)}),
        ("steps.a.result[0].name.size()", {("steps", "a", "result")}),
        ("inputs[steps.a.output]", {("inputs",), ("steps", "a", "output")}),
        ("has(inputs.x) ? [context] : {'k': env.HOME}", {("inputs", "x"), ("context",), ("env", "HOME")}),
        ("1 + 2", set()),
    ],
)
def test_references_are_the_paths_into_the_scope(source: str, expected: set[tuple[str, ...]]) -> None:
    assert references(source) == expected


def test_only_named_values_are_looked_up() -> None:
    class Watched(dict[str, Any]):
        asked: set[str] = set()

        def get(self, key: str, default: Any = None) -> Any:
            self.asked.add(key)
            return super().get(key, default)

    scope = Watched(SCOPE)
    assert evaluate("inputs.n + 1", scope) == 4
    assert scope.asked == {"inputs"}


def test_a_value_shares_nothing_with_the_scope() -> None:
    value = evaluate("inputs.l", SCOPE)
    assert isinstance(value, list)
    value.append(9)
    assert SCOPE["inputs"]["l"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${{ inputs.n }}", 3),
        ("${{inputs.l}}", [1, 2, 3]),
        (" ${{ inputs.n }}", " 3"),
        ("${{ inputs.n }}${{ inputs.none }}${{ true }}", "3true"),
        ("v${{ 2.0 }} ${{ 1.5 }} ${{ inputs.l }} ${{ {'a': 'é'} }}", 'v2 1.5 [1,2,3] {"a":"é"}'),
        ("${{ {'a': {'b': '}}'}}.a.b }}!", "}}!"),
        ("${{ '${{' }} stays", "${{ stays"),
        ({"k": ["${{ inputs.n }}", 1, None], "${{ inputs.n }}": "x"}, {"k": [3, 1, None], "${{ inputs.n }}": "x"}),
        ("no expression }} $ {{ $x", "no expression }} $ {{ $x"),
    ],
)
def test_a_template_is_rendered(value: JsonValue, expected: JsonValue) -> None:
    assert render(value, SCOPE) == expected


def test_a_value_is_never_evaluated_again() -> None:
    hostile = "${{ secrets.TOKEN }} ${{ 1/0 }} $(id)"
    assert render_text("<${{ x }}>", {"x": hostile}) == f"<{hostile}>"
    assert render("${{ x }}", {"x": hostile}) == hostile


def test_references_of_nested_templates_are_found() -> None:
    assert template_references({"a": ["${{ inputs.x }}", {"b": "${{ steps.t.output }} ${{ 1 }}"}], "c": 1}) == {
        ("inputs", "x"),
        ("steps", "t", "output"),
    }


def test_an_unclosed_template_names_its_place() -> None:
    with pytest.raises(ExpressionError) as caught:
        split_template("ab ${{ x }} ${{ 'y }}")
    assert (caught.value.column, "never closed" in caught.value.message) == (13, True)
    assert split_template("a${{ x }}b") == ("a", Piece(" x ", 1, 9), "b")


def test_secrets_stay_references() -> None:
    assert render_secret_text("Bearer ${{ secrets.TOKEN }} ${{ inputs.n }}!", SCOPE) == {"$secret": ["Bearer ", {"name": "TOKEN"}, " 3!"]}
    assert render_secret_text("${{ secrets.TOKEN }}", SCOPE) == {"$secret": [{"name": "TOKEN"}]}
    assert render_secret_text("plain ${{ inputs.n }}", SCOPE) == "plain 3"
    for template in ("${{ secrets.TOKEN + 'x' }}", "${{ secrets['TOKEN'] }}", "${{ secrets }}"):
        with pytest.raises(ExpressionError, match="secrets cannot be used here"):
            render_secret_text(template, SCOPE)


def test_a_condition_is_true_or_false() -> None:
    assert evaluate_condition("inputs.n == 3", SCOPE) is True
    with pytest.raises(ExpressionError, match="a condition must be true or false"):
        evaluate_condition("inputs.n", SCOPE)


@pytest.mark.parametrize(
    "source",
    [
        "['x']" + ".map(a, a + a)" * 200,
        "[[1]]" + ".map(a, [a, a])" * 200,
        "[1, 2, 3, 4, 5, 6, 7, 8, 9].map(a, " * 8 + "inputs.l" + ")" * 8,
        "['" + "a" * 1000 + "'].map(a, a.replace('a', '" + "b" * 1000 + "')).map(a, a.replace('b', '" + "c" * 1000 + "'))",
        "inputs.long.map(a, inputs.long)",
    ],
)
def test_work_is_bounded(source: str) -> None:
    if source.count("[1, 2") > 1:
        source = source.replace("[1, 2, 3, 4, 5, 6, 7, 8, 9]", "inputs.long")
    with pytest.raises(ExpressionError, match=r"too much work|too long|more than"):
        evaluate(source, {"inputs": {"l": [1], "long": list(range(2000))}})


def test_an_unclosed_string_of_escapes_takes_no_time() -> None:
    with pytest.raises(ExpressionError):
        references('"' + "\\n" * 2000)


def test_deep_values_and_odd_text_raise_nothing_else() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    for source in ("deep", "json(deep)", "deep == deep", "string(deep)", "deep.map(x, x)"):
        with pytest.raises(ExpressionError, match="deep"):
            evaluate(source, {"deep": deep})
    assert evaluate("x.matches('a')", {"x": "a\x00"}) is True
    with pytest.raises(ExpressionError):
        evaluate("x.matches(x)", {"x": "\ud800"})


WORDS = """inputs steps . l n [ ] ( ) { } 'a' " ' 1 2.5 + - * / % && || ! ? : , == < in true null has size map all x matches join int"""
WORDS_AND_MORE = [*WORDS.split(), "\\", "${{", "}}", "\n", "é"]


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(WORDS_AND_MORE), max_size=14).map(" ".join))
def test_any_text_is_a_value_or_an_expression_error(source: str) -> None:
    errors: list[ExpressionError] = []
    for attempt in (lambda: evaluate(source, SCOPE), lambda: references(source), lambda: render(source, SCOPE)):
        try:
            attempt()
        except ExpressionError as error:
            errors.append(error)
    assert all(error.message and 0 <= error.column <= len(source) + 1 for error in errors)


def test_any_change_of_a_sound_expression_is_a_value_or_an_expression_error() -> None:
    seed = 20_240_611
    print("seed", seed)
    chosen = random.Random(seed)
    for _ in range(3000):
        source = chosen.choice(VALUES)[0]
        at = chosen.randrange(len(source) + 1)
        source = source[:at] + chosen.choice(WORDS_AND_MORE) + source[at + chosen.randrange(3) :]
        try:
            json.dumps(evaluate(source, SCOPE))
        except ExpressionError:
            continue
