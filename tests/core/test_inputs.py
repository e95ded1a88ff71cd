"""Inputs of runs and forms of gates: text becomes the declared type, and every problem is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from oyama_tui.core.asking import content_digest
from oyama_tui.core.definition import InputField
from oyama_tui.core.events import ApprovalContent
from oyama_tui.core.inputs import MAX_TOLD, Place, coerce, has_files, map_files, place_text, with_default_files


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
        ({"type": "file"}, "a/b.csv", "a/b.csv"),
        ({"type": "file"}, "  ", None),
        ({"type": "file", "default": "x.csv"}, "", "x.csv"),
        ({"type": "file", "pattern": ".*\\.csv$"}, "/a.txt/b.csv", "/a.txt/b.csv"),
        ({"type": "list", "items": {"type": "integer"}}, '["1", 2, 3.0]', [1, 2, 3]),
        ({"type": "list", "items": {"type": "string"}}, '["", "a"]', ["", "a"]),
        ({"type": "map", "items": {"type": "integer"}}, '{"a b": "1"}', {"a b": 1}),
        ({"type": "map", "fields": {"port": {"type": "integer", "default": 22}, "name": {}}}, "{}", {"port": 22, "name": None}),
        ({"type": "map", "fields": {"port": {"type": "integer"}}}, None, None),
        ({"type": "list", "items": {"type": "list", "items": {"type": "boolean"}}}, [["yes"], []], [[True], []]),
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
        ({"type": "file"}, 5, "must be the path of a file, not of type integer"),
        ({"type": "file", "required": True}, " ", "is required"),
        ({"type": "file"}, "a\0b", "holds a NUL"),
        ({"type": "file"}, "a" * 4097, "more than 4,096 characters"),
        ({"type": "file"}, "a\udc80", "half a character"),
        ({"type": "file", "pattern": ".*\\.csv$"}, "a.csv/b.txt", "'b.txt' does not match the pattern"),
        ({"type": "list", "items": {"type": "map", "fields": {"n": {"type": "integer"}}}}, "x", 'JSON such as [{"n": 1}]'),
    ],
)
def test_a_value_that_does_not_fit_is_explained(declared: dict[str, JsonValue], given_value: JsonValue, words: str) -> None:
    values, [problem] = coerce({"x": field(**declared)}, {"x": given_value})
    assert words in problem.message
    assert problem.where == "x"
    assert values == {"x": None}


HOSTS = field(
    type="list",
    items={
        "type": "map",
        "fields": {
            "name": {"required": True, "pattern": "[a-z]+$"},
            "port": {"type": "integer", "min": 1},
            "tags": {"type": "list", "items": {}},
            "labels": {"type": "map", "items": {"type": "boolean"}},
        },
    },
)


@pytest.mark.parametrize(
    ("item", "place", "words"),
    [
        ({"name": "a", "port": "x"}, "hosts[1].port", "must be a whole number; it is 'x'"),
        ({"name": "a", "port": 0}, "hosts[1].port", "must be at least 1"),
        ({"port": 1}, "hosts[1].name", "is required"),
        ({"name": "A"}, "hosts[1].name", "does not match the pattern"),
        ({"name": "a", "prt": 1}, "hosts[1].prt", "is not a field here; did you mean 'port'?"),
        ({"name": "a", "zzz": 1}, "hosts[1].zzz", "there is: name, port, tags, labels"),
        ({"name": "a", "tags": ["x", 2]}, "hosts[1].tags[1]", "must be text, not of type integer"),
        ({"name": "a", "tags": [None]}, "hosts[1].tags[0]", "is null"),
        ({"name": "a", "labels": {"a b": "maybe"}}, 'hosts[1].labels["a b"]', "must be true or false"),
        ({"name": "a", "labels": {"x": " "}}, "hosts[1].labels.x", "is empty"),
        ("text", "hosts[1]", "must be a map, written as JSON such as"),
        (None, "hosts[1]", "is null"),
    ],
)
def test_what_does_not_fit_within_a_value_is_told_with_its_place(item: JsonValue, place: str, words: str) -> None:
    values, [problem] = coerce({"hosts": HOSTS}, {"hosts": [{"name": "ok"}, item]})
    assert (problem.where, values) == (place, {"hosts": None})
    assert words in problem.message


def test_all_that_does_not_fit_within_a_value_is_told_up_to_a_limit() -> None:
    _, problems = coerce({"hosts": HOSTS}, {"hosts": [{"port": "x"}, {"name": "a"}, {"name": 1}]})
    assert [problem.where for problem in problems] == ["hosts[0].name", "hosts[0].port", "hosts[2].name"]
    _, problems = coerce({"x": field(type="list", items={"type": "integer"})}, {"x": ["a"] * 10_000})
    assert len(problems) == MAX_TOLD


def test_reading_a_value_again_changes_nothing() -> None:
    given_value: JsonValue = [{"name": "a", "port": "1", "tags": ["x"]}]
    once, _ = coerce({"hosts": HOSTS}, {"hosts": given_value})
    assert coerce({"hosts": HOSTS}, once) == (once, [])


def test_every_file_within_a_value_and_within_defaults_is_found() -> None:
    nested = field(
        type="map",
        fields={
            "one": {"type": "file", "default": "d"},
            "more": {"type": "list", "items": {"type": "file"}, "default": ["e"]},
            "by_name": {"type": "map", "items": {"type": "file"}},
            "text": {},
        },
    )
    assert has_files(nested)
    assert not has_files(HOSTS)
    seen: list[tuple[str, str]] = []

    def note(path: str, place: Place) -> JsonValue:
        seen.append((path, place_text(place)))
        return path

    value: JsonValue = {"one": "a", "more": ["b"], "by_name": {"k": "c"}, "text": "t"}
    map_files(nested, value, note)
    assert seen == [("a", ".one"), ("b", ".more[0]"), ("c", ".by_name.k")]
    anchored = with_default_files(nested, lambda path, _: f"/w/{path}")
    assert coerce({"x": anchored}, {"x": {}})[0] == {"x": {"one": "/w/d", "more": ["/w/e"], "by_name": None, "text": None}}


def test_a_form_without_inner_types_is_written_as_before_there_were_any() -> None:
    """Else an open question that an earlier version has asked would be another one now."""
    assert "items" not in field(type="list").model_dump(mode="json")
    content = ApprovalContent(title="Go?", form={"why": field(required=True)})
    assert content_digest(content) == "d1f4c6b2dc606df05c337b3641fde9c2"
    typed = ApprovalContent(title="Go?", form={"why": field(type="list", required=True, items={})})
    assert ApprovalContent.model_validate_json(typed.model_dump_json()) == typed


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


@given(st.sampled_from(["string", "integer", "number", "boolean", "list", "map", "file"]), json_values)
def test_any_value_is_taken_or_explained(kind: str, value: JsonValue) -> None:
    values, problems = coerce({"x": field(type=kind)}, {"x": value})
    assert len(problems) <= 1
    assert problems == [] or values["x"] is None
