"""Secrets are found where they should be, and written nowhere."""

from __future__ import annotations

import base64
import json
import urllib.parse
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from oyama_tui.core.errors import MissingSecret
from oyama_tui.steps.masking import Masker
from oyama_tui.steps.secrets import SecretSource, resolve, values_of


def masked(values: list[str], *pieces: bytes) -> bytes:
    stream = Masker(values).stream()
    return b"".join(stream.feed(piece) for piece in pieces) + stream.finish()


def test_a_secret_in_one_piece_is_masked() -> None:
    assert masked(["hunter2"], b"it is hunter2!") == b"it is ***!"


@pytest.mark.parametrize("cut", range(1, 17))
def test_a_secret_split_anywhere_is_masked(cut: int) -> None:
    whole = b"is: hunter2hunter"
    assert masked(["hunter2"], whole[:cut], whole[cut:]) == b"is: ***hunter"


def test_a_secret_that_comes_byte_by_byte_is_masked() -> None:
    assert masked(["hunter2"], *[bytes([byte]) for byte in b"a hunter2, b"]) == b"a ***, b"


def test_what_only_begins_like_a_secret_is_said_as_soon_as_possible() -> None:
    stream = Masker(["hunter2"]).stream()
    assert stream.feed(b"the hunt") == b"the "
    assert stream.feed(b" begins") == b"hunt begins"
    assert stream.finish() == b""


def test_overlapping_secrets_leave_no_rest() -> None:
    assert masked(["abcdef", "defghi"], b"xabcdefghix") == b"x***x"
    assert masked(["abcabc"], b"abcab", b"cabc", b"x") == b"***x"
    assert masked(["secret", "secretary"], b"secretary") == b"***"


@given(
    values=st.lists(st.text("ab", min_size=4, max_size=7), min_size=1, max_size=3),
    text=st.text("abc", max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_cutting_the_output_never_changes_what_is_masked(values: list[str], text: str, cuts: list[int]) -> None:
    raw = text.encode()
    places = sorted({0, len(raw), *(min(cut, len(raw)) for cut in cuts)})
    pieces = [raw[start:stop] for start, stop in pairwise(places)]
    said = masked(values, *pieces)
    assert said == masked(values, raw)
    assert not any(value.encode() in said for value in values)
    hidden = bytearray(len(raw))
    forms = Masker(values).forms
    for form in {*forms.exact, *(form.needle for form in forms.lines)}:
        for place in range(len(raw)):
            if raw.startswith(form, place):
                hidden[place : place + len(form)] = b"\1" * len(form)
    assert said.replace(b"***", b"") == bytes(byte for byte, hide in zip(raw, hidden, strict=True) if not hide)


def test_lines_of_a_longer_secret_are_masked_each() -> None:
    key = "-----BEGIN KEY-----\nMIIEvAIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----"
    assert masked([key], key.encode()) == b"***"
    assert masked([key], b"  MIIEvAIBADANBg\r\n  kqhkiG9w0BAQEF") == b"  ***\r\n  ***"


@pytest.mark.parametrize("value", ['pass"word\nsecond', "p&ss/wörd 1?", "token+/=~value", "abcd"])
def test_encoded_secrets_are_masked(value: str) -> None:
    raw = value.encode()
    forms = [json.dumps(value), urllib.parse.quote(value), urllib.parse.quote_plus(value), urllib.parse.quote(value, safe="")]
    forms += [base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()]
    if len(raw) > 8:
        forms += [base64.b64encode(prefix + b":" + raw + b"@host").decode() for prefix in (b"u", b"us", b"use")]
    for form in forms:
        assert "***" in Masker([value]).text(f"<{form}>"), form


def test_values_are_masked_in_keys_texts_and_numbers() -> None:
    masker = Masker(["hunter2", "123456"])
    value: JsonValue = {"hunter2": ["x hunter2", 123456, 12, True, None, 9123456.5], "lone": "\ud800"}
    assert masker.value(value) == {"***": ["x ***", "***", 12, True, None, "***"], "lone": "\ud800"}


def test_without_secrets_nothing_changes() -> None:
    assert masked([], b"any", b"thing") == b"anything"
    assert Masker().value({"a": [1, "b"]}) == {"a": [1, "b"]}


def test_references_are_joined_in_variables_and_arguments() -> None:
    held = {"TOKEN": "hunter2", "USER": "anna"}
    value: dict[str, JsonValue] = {
        "env": {"AUTH": {"$secret": ["Basic ", {"name": "USER"}, ":", {"name": "TOKEN"}]}},
        "argv": ["a", {"$secret": [{"name": "TOKEN"}]}, 3],
    }
    expected = {"env": {"AUTH": "Basic anna:hunter2"}, "argv": ["a", "hunter2", 3]}
    assert resolve(value, held.__getitem__) == expected
    assert resolve({"preview": value}, held.__getitem__) == {"preview": expected}


def test_a_value_from_outside_that_looks_like_a_reference_is_data() -> None:
    reference: JsonValue = {"$secret": [{"name": "TOKEN"}]}
    order: dict[str, JsonValue] = {"with": {"given": reference, "list": [reference]}, "set": {"x": reference}, "stdin": "x"}
    assert resolve(order, {"TOKEN": "hunter2"}.__getitem__) == order


def test_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "DEPLOY_TOKEN", "from the file\n", 0o600)
    source = SecretSource(tmp_path)
    assert source.secret("DEPLOY_TOKEN") == "from the file"
    monkeypatch.setenv("DEPLOY_TOKEN", "from the environment")
    assert source.secret("DEPLOY_TOKEN") == "from the environment"


def test_a_read_only_file_of_several_lines_is_a_secret(tmp_path: Path) -> None:
    write(tmp_path, "KEY", "one\ntwo\r\n", 0o400)
    assert SecretSource(tmp_path).secret("KEY") == "one\ntwo"


@pytest.mark.parametrize(
    ("name", "content", "mode", "sentence"),
    [
        ("OTHER", "x" * 10, 0o600, "The secret KEY is not set"),
        ("KEY", "x" * 10, 0o640, "others may get at .*mode 0640"),
        ("KEY", "x" * 10, 0o604, "mode 0604"),
        ("KEY", "abc\n", 0o600, "fewer than 4 characters"),
        ("KEY", "x" * 70_000, 0o600, "longer than 64 KiB"),
    ],
)
def test_what_cannot_be_used_is_explained(tmp_path: Path, name: str, content: str, mode: int, sentence: str) -> None:
    write(tmp_path, name, content, mode)
    source = SecretSource(tmp_path)
    with pytest.raises(MissingSecret, match=sentence):
        source.secret("KEY")
    with pytest.raises(MissingSecret, match=f"The workflow x lacks a secret. .*{sentence}"):
        source.require(["KEY"], "The workflow x")


def test_odd_files_and_names_are_refused(tmp_path: Path) -> None:
    source = SecretSource(tmp_path)
    (tmp_path / "secrets" / "FOLDER").mkdir(parents=True)
    (tmp_path / "secrets" / "BINARY").write_bytes(b"\xff\xfe\xfd\xfc")
    (tmp_path / "secrets" / "BINARY").chmod(0o600)
    for name in ("FOLDER", "BINARY", "../FOLDER", "a b", ""):
        with pytest.raises(MissingSecret):
            source.secret(name)


def test_only_what_is_there_is_masked(tmp_path: Path) -> None:
    write(tmp_path, "KEY", "hunter2", 0o600)
    source = SecretSource(tmp_path)
    source.require(["KEY"], "The workflow x")
    with pytest.raises(MissingSecret, match=r"lacks a secret\. The secret LOST is not set"):
        source.require(["KEY", "LOST"], "The workflow x")
    with pytest.raises(MissingSecret, match=r"lacks 2 secrets\. The secret AWAY is not set\. The secret LOST is not set\."):
        source.require(["LOST", "KEY", "AWAY"], "The workflow x")
    assert values_of(["KEY", "LOST"], source.secret) == {"KEY": "hunter2"}


def write(home: Path, name: str, content: str, mode: int) -> None:
    (home / "secrets").mkdir(exist_ok=True)
    (home / "secrets" / name).write_bytes(content.encode())
    (home / "secrets" / name).chmod(mode)
