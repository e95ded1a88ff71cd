"""A definition is UTF-8; whatever else is refused with its line, never read with other characters."""

from __future__ import annotations

import pytest

from oyama_tui.core.definition.loading import load_workflow
from oyama_tui.core.definition.reading import decoded
from oyama_tui.core.definition.writing import as_yaml
from oyama_tui.core.errors import InvalidDefinition

TEXT = "name: été\nsteps:\n  - {id: a, run: echo ü}\n"


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (TEXT.encode("latin-1"), 1, "not UTF-8, line 1: the byte 0xe9"),
        (b"name: x\nsteps:\n  - {id: a, run: echo \xfc}\n", 3, "not UTF-8, line 3: the byte 0xfc"),
        (b"\xef\xbb\xbfname: x\r\nsteps: \xff\n", 2, "not UTF-8, line 2: the byte 0xff"),
        (b"name: \xed\xa0\x80\n", 1, "not UTF-8, line 1: the byte 0xed"),
        (b"name: x\n\xc3", 2, "not UTF-8, line 2: the byte 0xc3"),
        (TEXT.encode("utf-16"), 1, "looks like UTF-16"),
        (TEXT.encode("utf-16-le"), 1, "looks like UTF-16"),
        (TEXT.encode("utf-16-be"), 1, "looks like UTF-16"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), 1, "looks like UTF-16"),
    ],
)
def test_bytes_that_are_no_utf8_are_refused_with_their_line(raw: bytes, line: int, words: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        decoded(raw, "f.yaml")
    (problem,) = refused.value.problems
    assert words in problem.message
    assert (problem.line, problem.hint) == (line, "save it as UTF-8")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte order mark"])
def test_utf8_is_read_as_it_is(mark: bytes) -> None:
    assert load_workflow(decoded(mark + TEXT.encode(), "f.yaml"), "f.yaml").name == "été"


def test_a_file_that_is_too_long_is_called_that_although_it_may_be_cut_in_a_character() -> None:
    with pytest.raises(InvalidDefinition, match="more than 1,000,000 bytes"):
        decoded(("x" + "é" * 500_000).encode()[:1_000_001], "f.yaml")


def test_every_character_that_json_can_have_is_read_back() -> None:
    characters = [chr(code) for code in (*range(0xD800), *range(0xE000, 0x10000), 0x1F600, 0x1FFFF, 0x10FFFF)]
    said = "".join(f"{character}a {character} " for character in characters)
    for start in range(0, len(said), 9000):
        part = said[start : start + 9000]
        text = as_yaml({"id": "kept", "description": part, "steps": [{"id": "a", "set": {"v": [part, 1.5, None, True]}}]})
        workflow = load_workflow(text, "f")
        assert (workflow.description, workflow.steps[0].model_dump()["set"]) == (part, {"v": [part, 1.5, None, True]})
