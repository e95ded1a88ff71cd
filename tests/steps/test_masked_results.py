"""What a step leaves is masked before anything is read from it, cut or told: names, errors, and what a failed step has left."""

from __future__ import annotations

import base64
import json
import textwrap

import pytest
from pydantic import JsonValue

from oyama_tui.core.commands import Outcome
from oyama_tui.steps.forms import SHORTEST_PART
from oyama_tui.steps.masking import Masker
from tests.steps.attempts import Bench

DSN = "postgres://app:hunter2secret@db.example:5432/app?sslmode=require"
LONG = "AKIAEXAMPLEEXAMPLE-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789"
ENCODED = "QWxhZGRpbjpvcGVuIHNlc2FtZQ="
KEY = "-----BEGIN KEY-----\nMIIEvAIBADANBg'kqh\"kiG9w0B$AQ\\EF\nüñí<&>/+x\n-----END KEY-----"


def pieces_of(secret: str, text: str) -> list[str]:
    return [secret[at : at + SHORTEST_PART] for at in range(len(secret) - SHORTEST_PART + 1) if secret[at : at + SHORTEST_PART] in text]


async def left_by(bench: Bench, secret: str, script: str, **given: str) -> Outcome:
    bench.set_secret("S", secret)
    outcome = await bench.script(script, None, ("S",), env={"S": {"$secret": [{"name": "S"}]}}, **given)
    log = bench.context.log_path()
    told = outcome.model_dump_json() + (log.read_text() if log.exists() else "")
    assert not pieces_of(secret, told)
    return outcome


@pytest.mark.parametrize("secret", [DSN, LONG, ENCODED])
@pytest.mark.parametrize(
    "script",
    [
        'echo "$S" > "$OYAMA_OUTPUT"',
        'echo "$S=1" > "$OYAMA_OUTPUT"',
        'echo "{\\"$S\\": 1}" > "$OYAMA_OUTPUT"',
        'echo "{\\"${S%=}\\": 1}" > "$OYAMA_OUTPUT"',
        'echo "{\\"a\\": {\\"$S\\": 1}}" > "$OYAMA_OUTPUT"',
        'echo "{\\"a\\": {\\"$S\\": 1, \\"$S\\": 2}}" > "$OYAMA_OUTPUT"',
        'printf "%060d%s" 0 "$S" > "$OYAMA_OUTPUT"',
        'printf "%0299d%s" 0 "$S" >&2; exit 3',
        'echo "$S" > "$OYAMA_OUTPUT"; exit 3',
    ],
)
async def test_no_name_and_no_error_holds_a_part_of_a_secret(bench: Bench, secret: str, script: str) -> None:
    await left_by(bench, secret, script)


async def test_outputs_of_a_failed_step_are_kept(bench: Bench) -> None:
    outcome = await left_by(bench, DSN, 'printf "tag=v1\\nurl=%s\\nwrong\\nlast=2" "$S" > "$OYAMA_OUTPUT"; exit 3')
    assert (outcome.status, outcome.kind, outcome.outputs) == ("failed", "exit", {"tag": "v1", "url": "***", "last": "2"})
    assert outcome.message.startswith("Exit code 3.\nThe file that OYAMA_OUTPUT names cannot be used: line 3: write key=value")
    bad = await left_by(bench, DSN, 'printf "tag=v1\\nwrong\\n" > "$OYAMA_OUTPUT"')
    assert (bad.status, bad.kind, bad.outputs) == ("failed", "parse", {"tag": "v1"})
    bench.write("shop.py", "import os\ndef f():\n    open(os.environ['OYAMA_OUTPUT'], 'w').write('n=1')\n    raise ValueError('no')\n")
    called = await bench.call("shop:f", {})
    assert (called.status, called.outputs) == ("failed", {"n": "1"})


async def test_numbers_and_whole_parts_of_a_document_become_texts(bench: Bench) -> None:
    outcome = await left_by(bench, "12345678", 'echo \'{"n": 12345678, "m": [1, -912345678.5, 2]}\'', parse="json")
    assert outcome.result == {"n": "***", "m": [1, "***", 2]}
    outcome = await left_by(bench, '{"user": "anna", "key": "hunter2"}', 'echo "{\\"login\\": $S}"', parse="json")
    assert outcome.result == {"login": "***"}


@pytest.mark.parametrize("step", [1, 2])
async def test_escapes_in_a_document_hide_no_secret(bench: Bench, step: int) -> None:
    """Of a text in which only some characters are escaped, nobody knows what it is but whoever reads the document."""
    hidden = "".join(f"\\u{ord(letter):04X}" if place % step == 0 else letter for place, letter in enumerate(LONG))
    bench.write("hidden.json", f'{{"a": "{hidden}", "{hidden}": 1}}')
    assert (await left_by(bench, LONG, "cat hidden.json", parse="json")).result == {"a": "***", "***": 1}


@pytest.mark.parametrize("cut", [140, 185, 193, 1950, 1985, 1999])
async def test_errors_of_functions_are_masked_before_they_are_cut(bench: Bench, cut: int) -> None:
    bench.set_secret("S", LONG)
    bench.write(
        "shop.py",
        f"""
import os
def one(): raise ValueError("x" * {cut} + os.environ["S"] + "y" * 3000)
def several(): raise ExceptionGroup("x" * {cut} + os.environ["S"], [ValueError("x" * {cut} + os.environ["S"]), KeyError(os.environ["S"])])
def leaves():
    import sys
    sys.exit("x" * {cut} + os.environ["S"])
def returns(): return {{"x" * {cut} + os.environ["S"]: {{1}}}}
""",
    )
    for name in ("one", "several", "leaves", "returns"):
        outcome = await bench.order("python", None, ("S",), call=f"shop:{name}", env={"S": {"$secret": [{"name": "S"}]}})
        assert outcome.status == "failed"
        assert "xxx" in outcome.message or (name == "returns" and "is of type set" in outcome.message)
        assert len(outcome.message) < 8000
        assert not pieces_of(LONG, outcome.model_dump_json())


async def test_a_program_that_does_not_start_is_told_without_the_secret(bench: Bench) -> None:
    for secret in (LONG, 'it\'s "so" $(secret) \\ here'):
        bench.set_secret("S", secret)
        argv: JsonValue = [{"$secret": ["no'such\"", {"name": "S"}]}]
        outcome = await bench.order("run", None, ("S",), argv=argv)
        assert outcome.kind == "start"
        assert not pieces_of(secret, outcome.message)


async def test_a_secret_of_another_step_is_masked_and_not_in_the_environment(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_TOKEN", LONG)
    bench.write("left.txt", LONG)
    outcome = await bench.script("cat left.txt; env | grep -c OTHER_TOKEN || true", None, ("OTHER_TOKEN",))
    assert outcome.output == "***0"


def folded(text: str, width: int, newline: str) -> str:
    return newline.join(text[at : at + width] for at in range(0, len(text), width))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\n    ", "\r\n\t", "\\n", "\\r\\n"])
@pytest.mark.parametrize("width", [1, 2, 3, 7, 19, 64, 76])
@pytest.mark.parametrize("secret", [LONG, KEY, "hunter2!"])
def test_folded_encodings_are_masked(secret: str, width: int, newline: str) -> None:
    raw = secret.encode()
    masker = Masker([secret])
    for before in ("", "u:", "us:"):
        for encoded in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encoded(before.encode() + raw).decode()
            said = masker.text(f"<{folded(whole, width, newline)}>")
            left = "".join(said.replace("***", "").replace("\\n", "").replace("\\r", "").split())
            assert len(left) <= len("<>") + 2 * len(before) + 4, said
    for digits in (raw.hex(), raw.hex().upper(), raw.hex(":"), raw.hex(":").upper(), raw.hex(" ")):
        said = masker.text(f"<{folded(digits, width if ':' not in digits and ' ' not in digits else 3 * width, newline)}>")
        assert said == "<***>", said


@pytest.mark.parametrize("piece", [1, 3, 10, 61, 4096])
def test_a_folded_secret_is_masked_however_it_comes(piece: int) -> None:
    raw = ("begin 6\n" + textwrap.fill(base64.b64encode(KEY.encode()).decode(), 40, initial_indent="  ") + "\nend\n").encode()
    stream = Masker([KEY]).stream()
    said = b"".join(stream.feed(raw[at : at + piece]) for at in range(0, len(raw), piece)) + stream.finish()
    assert said.startswith(b"begin 6\n")
    assert said.endswith(b"\nend\n")
    encoded = base64.b64encode(KEY.encode()).decode()
    assert not pieces_of(encoded, "".join(said.decode().split()))


def test_a_line_is_not_held_for_its_last_character() -> None:
    stream = Masker(["6hunter2-and-more"]).stream()
    assert stream.feed(b"step 6\n") == b"step 6\n"
    assert stream.feed(b"hunter2-and-more!\n") == b"***!\n"


@pytest.mark.parametrize("secret", [KEY, 'it\'s "quoted" $HOME `x` \\ back!', "a/b+c=d&e f<g>%20", "passwörd-ñandú-日本"])
def test_escapes_of_languages_and_shells_are_masked(secret: str) -> None:
    masker = Masker([secret])
    raw = secret.encode()
    forms = [
        json.dumps(secret),
        json.dumps(secret, ensure_ascii=False),
        repr(secret),
        repr(raw),
        ascii(secret),
        json.dumps(secret).replace("/", "\\/"),
    ]
    for form in forms:
        assert not pieces_of(form, masker.text(f"<{form}>").replace("***", "\0")), form


def test_a_secret_that_is_cut_off_at_the_end_is_masked() -> None:
    stream = Masker([LONG]).stream()
    assert stream.feed(b"it is " + LONG[:70].encode()) + stream.finish() == b"it is ***"


@pytest.mark.parametrize("width", [5, 40])
def test_patient_masking_does_not_depend_on_how_output_comes(width: int) -> None:
    raw = f"begin\n{folded(base64.b64encode(LONG.encode()).decode(), width, chr(10))}\nend 6\n{LONG}".encode()
    masker = Masker([LONG])
    said = set()
    for piece in (1, 2, 7, 64, 5000):
        stream = masker.stream(patient=True)
        said.add(b"".join(stream.feed(raw[at : at + piece]) for at in range(0, len(raw), piece)) + stream.finish())
    assert len(said) == 1
