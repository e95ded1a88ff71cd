"""The file that OYAMA_OUTPUT names: `key=value`, JSON lines, and values of several lines, mixed."""

from __future__ import annotations

import pytest

from tests.steps.attempts import Bench
from tests.steps.test_masked_results import DSN, KEY, left_by

MIXED = """
cat >> "$OYAMA_OUTPUT" <<'END'
plain=one << two = three
notes<<EOF
# Title

{"no": "output"}
a=b <<EOF
  EOF
EOF
{"count": 3, "tags": ["a"], "text": "x<<EOF"}
empty << NOTHING
NOTHING
spaced <<  END OF IT
last line
END OF IT
after=1
END
"""


async def test_the_forms_stand_beside_each_other(bench: Bench) -> None:
    outcome = await bench.script(MIXED)
    assert (outcome.status, outcome.message) == ("succeeded", "")
    assert outcome.outputs == {
        "plain": "one << two = three",
        "notes": '# Title\n\n{"no": "output"}\na=b <<EOF\n  EOF',
        "count": 3,
        "tags": ["a"],
        "text": "x<<EOF",
        "empty": "",
        "spaced": "last line",
        "after": "1",
    }


@pytest.mark.parametrize(
    ("content", "outputs", "words"),
    [
        ("a=1\\nb<<EOF\\nx\\nc=2\\n", {"a": "1"}, "line 2: the value of b has no end: no line after it is 'EOF' and nothing else"),
        ("b<<EOF", {}, "line 1: the value of b has no end"),
        ("b<<EOF\\nEOF \\n", {}, "line 1: the value of b has no end"),
        ("b<<\\nx\\n", {}, "line 1: write key=value, a JSON object, or key<<MARK"),
        ("1x<<EOF\\na=1\\nEOF\\nc=2\\nwrong\\n", {"c": "2"}, "line 1: '1x' is no name"),
        ("<<EOF\\na=1\\nEOF\\n", {}, "line 1: '' is no name"),
        ("a<<EOF\\nx\\n\\377\\nEOF\\nc=2\\n", {"c": "2"}, "line 1: byte 3 is no UTF-8"),
        ("a<<EOF\\nx\\ny\\nEOF\\nwrong\\n", {"a": "x\ny"}, "line 5: write key=value"),
        ("a<<EOF\\r\\nx\\r\\nEOF\\r\\n{\\n", {"a": "x"}, "line 4: column 2"),
    ],
)
async def test_what_cannot_be_read_is_told_with_its_line_and_the_rest_is_kept(
    bench: Bench, content: str, outputs: dict[str, str], words: str
) -> None:
    outcome = await bench.script(f"printf '{content}' > \"$OYAMA_OUTPUT\"")
    assert (outcome.status, outcome.kind, outcome.outputs) == ("failed", "parse", outputs)
    assert f"The file that OYAMA_OUTPUT names cannot be used: {words}" in outcome.message


@pytest.mark.parametrize("secret", [DSN, KEY])
async def test_a_value_of_several_lines_is_masked_before_it_is_read(bench: Bench, secret: str) -> None:
    outcome = await left_by(bench, secret, 'printf "a<<EOF\\nbefore\\n%s\\nafter\\nEOF\\nb=2\\n" "$S" > "$OYAMA_OUTPUT"')
    assert (outcome.status, outcome.outputs["b"]) == ("succeeded", "2")
    lines = str(outcome.outputs["a"]).split("\n")
    assert (lines[0], lines[-1]) == ("before", "after")
    assert "***" in lines[1]


async def test_a_mark_and_a_name_that_are_secrets_are_masked_too(bench: Bench) -> None:
    outcome = await left_by(bench, "hunter2secret", 'printf "%s<<%s\\nx\\n%s\\n" "$S" "$S" "$S" > "$OYAMA_OUTPUT"')
    assert (outcome.status, outcome.kind) == ("failed", "parse")
    assert "line 1: '***' is no name" in outcome.message
    outcome = await left_by(bench, "hunter2secret", 'printf "a<<%s\\nx\\n%s\\n" "$S" "$S" > "$OYAMA_OUTPUT"')
    assert outcome.outputs == {"a": "x"}


async def test_python_functions_write_the_same_file(bench: Bench) -> None:
    bench.write("notes.py", "import os\ndef f():\n    open(os.environ['OYAMA_OUTPUT'], 'w').write('n<<E\\n1\\n2\\nE\\n')\n")
    assert (await bench.call("notes:f", {})).outputs == {"n": "1\n2"}
