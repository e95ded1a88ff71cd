"""Values that JSON cannot hold, from real programs: the step fails with a sentence, and the journal stays as it was played."""

from __future__ import annotations

import pytest

from tests.cli.program import Oyama

STEPS = {
    "parsed output": ("""{id: a, parse: json, run: 'echo "{\\"n\\": [1, 1e999]}"'}""", "no JSON: the number '1e999'"),
    "file of outputs": ("""{id: a, run: 'echo "{\\"n\\": [1, -1e999]}" > "$OYAMA_OUTPUT"'}""", "line 1: the number '-1e999'"),
    "long number in parsed output": (
        '{id: a, parse: json, run: \'printf "["; printf "%05000d" 7 | tr 0 9; echo "]"\'}',
        "7' has more than 1,000 digits",
    ),
    "long number in the file of outputs": (
        """{id: a, run: '{ printf "{\\"n\\": -"; printf "%05000d" 7 | tr 0 9; echo "}"; } > "$OYAMA_OUTPUT"'}""",
        "7' has more than 1,000 digits",
    ),
    "long number from python": ("""{id: a, python: "numbers_of:long"}""", "result.n is a whole number of more than 1,000 digits"),
    "python": ("""{id: a, python: "numbers_of:large"}""", "0' has more than 1,000 digits"),
}


@pytest.mark.parametrize(("step", "words"), STEPS.values(), ids=STEPS)
def test_a_number_that_json_cannot_hold_fails_the_step_and_the_journal_stays_sound(oyama: Oyama, step: str, words: str) -> None:
    oyama.file("numbers_of.py", "def large(): return {'n': [1, 10**1200]}\ndef long(): return {'n': -10**5000}\n")
    oyama.file("large.yaml", f"steps:\n  - {step}\n  - {{id: b, run: 'echo ${{{{ steps.a.status }}}}'}}\n")
    told = oyama("run", "large.yaml", code=1)
    assert words in told.out + told.err
    oyama("verify", code=0)


def test_a_large_whole_number_of_another_program_is_kept_to_the_digit(oyama: Oyama) -> None:
    oyama.file(
        "large.yaml",
        """steps:
  - {id: a, parse: json, run: 'echo "{\\"n\\": 18446744073709551615}"'}
  - {id: b, run: 'echo "is ${{ steps.a.result.n }}"'}
""",
    )
    assert "is 18446744073709551615" in oyama("run", "large.yaml", code=0).out
    oyama("verify", code=0)
