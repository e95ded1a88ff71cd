"""Inputs of runs and forms of gates: text becomes the declared type, and every problem is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from oyama_tui.core.definition import InputField
from oyama_tui.core.inputs import coerce


def field(**values: object) -> InputField:
    return InputField.model_validate(values)


@pytest.mark.parametrize(
    ("declared", "given_value", "expected"),
    [
        ({"type": "string"}, "text", "text"),
        ({"type": "string"}, "", ""),
        ({"type": "integer"}, " 42 ", 42),
        ({"type": "integer"}, -7, -7),
        ({"type": "integer"}, 3.0, 3),
        ({"type": "integer"}, "010", 10),
        ({"type": "number"}, "1.5", 1.5),
        ({"type": "number"}, "2", 2),
        ({"type": "number"}, "1e3", 1000.0),
        ({"type": "boolean"}, "Yes", True),
        ({"type": "boolean"}, "false", False),
        ({"type": "boolean"}, True, True),
        ({"type": "list"}, '["a", 1]', ["a", 1]),
        ({"type": "list"}, [1], [1]),
        ({"type": "map"}, '{"a": null}', {"a": None}),
        ({"type": "integer", "default": 5}, None, 5),
        ({"type": "integer", "default": 5}, "", 5),
        ({"type": "integer"}, "", None),
        ({"type": "string", "default": "x"}, None, "x"),
        ({"type": "string", "required": True, "default": "x"}, "", "x"),
        ({"type": "string"}, None, None),
        ({"type": "string", "pattern": "v\\d"}, "v1.2", "v1.2"),
        ({"type": "integer", "options": [1, 2]}, "2", 2),
        ({"type": "number", "min": 0, "max": 1}, "1", 1),
    ],
)
def test_a_value_is_read_as_its_type(declared: dict[str, JsonValue], given_value: JsonValue, expected: JsonValue) -> None:
    values, problems = coerce({"x": field(**declared)}, {"x": given_value})
    assert problems == []
    assert values == {"x": expected}
    assert type(values["x"]) is type(expected)


@pytest.mark.parametrize(
    ("declared", "given_value", "words"),
    [
        ({"required": True}, None, "is required"),
        ({"required": True}, "  ", "is required"),
        ({"type": "string"}, 5, "must be text, not of type integer"),
        ({"type": "integer"}, "1.5", "whole number"),
        ({"type": "integer"}, True, "whole number"),
        ({"type": "integer"}, "9" * 30, "too large"),
        ({"type": "number"}, "abc", "must be a number"),
        ({"type": "number"}, "nan", "must be a number such as"),
        ({"type": "number"}, "inf", "must be a number such as"),
        ({"type": "number"}, "1_000", "must be a number such as"),
        ({"type": "number"}, "\u0663", "must be a number such as"),
        ({"type": "number"}, "0x10", "must be a number such as"),
        ({"type": "number"}, "0." + "0" * 500 + "1", "must be a number such as"),
        ({"type": "integer"}, "1_000", "whole number"),
        ({"type": "integer"}, "\u0663", "whole number"),
        ({"type": "map"}, '{"a": 1e999}', "not finite, at a"),
        ({"type": "map"}, '{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' twice"),
        ({"type": "list"}, "[" + "9" * 1001 + "]", "more than 1,000 digits"),
        ({"type": "number"}, "1e999", "finite"),
        ({"type": "boolean"}, "maybe", "true or false"),
        ({"type": "boolean"}, 1, "true or false"),
        ({"type": "list"}, "a, b", "written as JSON"),
        ({"type": "list"}, '{"a": 1}', "type map"),
        ({"type": "map"}, "[1]", "type list"),
        ({"type": "list"}, "[NaN]", "written as JSON"),
        ({"type": "list"}, "[" * 100_000, "written as JSON"),
        ({"type": "list"}, "[" * 70 + "]" * 70, "64 deep"),
        ({"type": "list"}, '["\\ud800"]', "half a character"),
        ({"type": "string"}, "\udc00", "half a character"),
        ({"type": "string"}, "x" * 1_000_001, "at most 1,000,000"),
        ({"pattern": "v\\d"}, "xv1", "does not match the pattern"),
        ({"options": ["beta", "stable"]}, "bta", "must be one of beta, stable"),
        ({"type": "integer", "options": [1]}, True, "whole number"),
        ({"type": "integer", "min": 3}, "2", "at least 3"),
        ({"type": "number", "max": 1.5}, "2", "at most 1.5"),
    ],
)
def test_a_value_that_does_not_fit_is_explained(declared: dict[str, JsonValue], given_value: JsonValue, words: str) -> None:
    values, [problem] = coerce({"x": field(**declared)}, {"x": given_value})
    assert words in problem.message
    assert problem.where == "x"
    assert values == {"x": None}


def test_unknown_names_get_a_suggestion() -> None:
    _, [problem] = coerce({"version": field()}, {"verison": "1"})
    assert (problem.message, problem.hint) == ("there is no input 'verison'", "did you mean 'version'?")
    _, [problem] = coerce({}, {"x": "1"}, noun="field")
    assert (problem.message, problem.hint) == ("there is no field 'x'", "this takes no fields")


def test_all_problems_come_at_once() -> None:
    fields = {"a": field(required=True), "b": field(type="integer"), "c": field()}
    _, problems = coerce(fields, {"b": "x", "d": 1})
    assert [problem.where for problem in problems] == ["a", "b", "d"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(categories=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.sampled_from(["string", "integer", "number", "boolean", "list", "map"]), json_values)
def test_any_value_is_taken_or_explained(kind: str, value: JsonValue) -> None:
    values, problems = coerce({"x": field(type=kind)}, {"x": value})
    assert len(problems) <= 1
    assert problems == [] or values["x"] is None
