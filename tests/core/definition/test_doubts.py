"""What is taken, and doubtful: numbers that are no longer what was written, and values that a program may read as code."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from oyama_tui.core.definition.loading import load_with_warnings
from oyama_tui.core.definition.schema import _SECTIONS


def warnings_of(text: str) -> list[str]:
    return [warning.message for warning in load_with_warnings(text, "f.yaml")[1]]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1.10", "1.1"),
        ("1.0", "1"),
        ("007", "7"),
        ("1e3", "1000"),
        ("0x1F", "31"),
        ("+5", "5"),
        ("0.1234567890123456789", "0.12345678901234568"),
    ],
)
@pytest.mark.parametrize(
    "text",
    ["context: {v: N}\nsteps: [{id: a, run: x}]", "steps: [{id: a, set: {v: [{w: N}]}}]", "steps: [{id: a, python: 'm:f', with: {v: N}}]"],
)
def test_a_number_that_is_not_kept_as_it_is_written_is_warned_of(text: str, written: str, value: str) -> None:
    assert warnings_of(text.replace("N", written)) == [f"{written} is a number here, and becomes {value}"]
    assert warnings_of(text.replace("N", f"'{written}'")) == []


@pytest.mark.parametrize("written", ["1.1", "0", "-7", "12", "0.5", "true", "1.2.3"])
def test_a_number_that_is_its_text_is_not_warned_of(written: str) -> None:
    assert warnings_of(f"context: {{v: {written}}}\nsteps: [{{id: a, run: x, retry: {{max_attempts: 2, factor: 2.0}}}}]") == []


CODE = ["python3 -c ${{ run.id }}", "python3 ${{ run.id }}", "perl -ne ${{ run.id }}", "node --eval ${{ run.id }}", "awk ${{ run.id }} f"]
CODE += [
    "sed -e ${{ run.id }} f",
    "sed 's/x/${{ run.id }}/' f",
    "jq .${{ run.id }}",
    'python3 -c "print(${{ run.id }})"',
    "cd x && ruby -e ${{ run.id }}",
]
PLAIN = [
    "python3 file.py ${{ run.id }}",
    "python3 -u 'my file.py' --name ${{ run.id }}",
    "python3 -c 'code' ${{ run.id }}",
    "node a.js ${{ run.id }}",
]
PLAIN += ["jq --arg v ${{ run.id }} .x", "sed s/a/b/ ${{ run.id }}", "awk '{print}' ${{ run.id }}", "python3 -m pytest ${{ run.id }}"]


@pytest.mark.parametrize(("command", "doubtful"), [*((one, True) for one in CODE if "'s/x" not in one), *((one, False) for one in PLAIN)])
def test_only_what_a_program_reads_as_code_is_warned_of(command: str, doubtful: bool) -> None:
    indented = f"steps:\n  - id: a\n    run: |\n      {command}\n"
    assert warnings_of(indented) == (["this program may read its argument as code"] if doubtful else [])


@pytest.mark.parametrize("model", [model for _, model, _ in _SECTIONS])
def test_no_text_stands_for_a_number_or_a_truth(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        kinds: tuple[Any, ...] = (field.annotation, *get_args(field.annotation))
        for kind, text in ((bool, "true"), (bool, 1), (int, "2"), (float, "2")):
            if kind not in kinds or "duration" in repr(field.metadata) + repr(get_args(field.annotation)):
                continue
            with pytest.raises(ValidationError) as refused:
                model.model_validate({field.alias or name: text})
            assert any(error["loc"][-1] == (field.alias or name) for error in refused.value.errors())
