"""Fields for the inputs of a workflow and the form of a gate."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pydantic import JsonValue
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Checkbox, Select, Static

from oyama_tui.core.definition import InputField
from oyama_tui.core.errors import Problem
from oyama_tui.core.inputs import example
from oyama_tui.core.text import shorten, written
from oyama_tui.tui.widgets.writing import OneLine, SeveralLines
from oyama_tui.tui.wording import display_line, line_of

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
BLANKS: Mapping[str, str] = {
    "integer": "a whole number",
    "number": "a number",
    "file": "the path of a file",
}
LONGEST_EXAMPLE = 200
"""Characters of an example of a value."""

MOST_TOLD = 3
"""So many problems of one value are told beside it."""


def blank_of(spec: InputField) -> str:
    """What stands in an empty field: how a value may be written.

    Args:
        spec: What is expected.
    """
    if spec.type in ("list", "map"):
        return line_of(f"a {spec.type}: {shorten(example(spec), LONGEST_EXAMPLE)}")
    return BLANKS.get(spec.type, "")


class OnOff(Checkbox):
    """Something to tick: what is off is empty."""

    @property
    def _button(self) -> Content:
        return Content.styled("[x]" if self.value else "[ ]", "$text-accent" if self.value else "$text-muted")


class Field(Vertical):
    """One value to fill in: its name, what it is for, the control, and what is wrong with it.

    Args:
        name: As the definition names it.
        spec: What is expected.
        value: To begin with; the default when none.
    """

    def __init__(self, name: str, spec: InputField, value: JsonValue = None) -> None:
        super().__init__(classes="field")
        self.field_name = name
        self.spec = spec
        self._first = spec.default if value is None else value

    def compose(self) -> ComposeResult:
        """Label, control, complaint."""
        needed = "" if not self.spec.required else "  needed"
        about = f"  {line_of(self.spec.description)}" if self.spec.description else ""
        label = Content.assemble((line_of(self.field_name), "$foreground"), (needed, "$text-accent"), (about, "$text-muted"))
        yield Static(label, classes="label", markup=False)
        yield self._control()
        yield Static("", classes="complaint", markup=False)

    def _control(self) -> Widget:
        if self.spec.type == "boolean":
            return OnOff(Content("yes"), value=self._first is True, compact=True, classes="control")
        if self.spec.options:
            options = [(Content(display_line(option)), index) for index, option in enumerate(self.spec.options)]
            index = self.spec.options.index(self._first) if self._first in self.spec.options else None
            return Select(
                options,
                prompt="choose one" if self.spec.required else "nothing",
                value=Select.NULL if index is None else index,
                allow_blank=index is None or not (self.spec.required or self.spec.default is not None),
                compact=True,
                classes="control",
            )
        if self.spec.type == "string":
            return SeveralLines(written(self._first) if isinstance(self._first, str) else "", classes="control")
        text = "" if self._first is None else display_line(self._first)
        return OneLine(value=text, placeholder=blank_of(self.spec), compact=True, classes="control", select_on_focus=False)

    @property
    def control_widget(self) -> Widget:
        """What takes the keys."""
        return self.query_one(".control")

    @property
    def value(self) -> JsonValue:
        """What is filled in: text as typed; none when it is empty."""
        control = self.control_widget
        if isinstance(control, Checkbox):
            return control.value
        if isinstance(control, Select):
            return self.spec.options[control.value] if isinstance(control.value, int) else None
        if isinstance(control, OneLine | SeveralLines):
            return control.value if control.value != "" else None
        return None

    def complain(self, words: str) -> None:
        """Say what is wrong with the value."""
        self.query_one(".complaint", Static).update(Content.styled(line_of(words), "$text-error"))
        self.set_class(bool(words), "-wrong")


def values_of(fields: Sequence[Field]) -> dict[str, JsonValue]:
    """What is filled in, by name; empty fields are left out."""
    return {field.field_name: value for field in fields if (value := field.value) is not None}


def show_problems(fields: Sequence[Field], problems: Sequence[Problem]) -> list[Problem]:
    """Say at each field what is wrong with it; returns the problems that belong to no field."""
    told: dict[str, list[str]] = {field.field_name: [] for field in fields}
    others: list[Problem] = []
    for problem in problems:
        # Behind the name of a field may stand the place inside its value.
        name = _NAME.match(problem.where)
        if name is None or name.group() not in told:
            others.append(problem)
        else:
            told[name.group()].append(f"{problem.where[name.end() :]} {problem.message}".strip())
    for field in fields:
        wrong = told[field.field_name]
        more = f"; and {len(wrong) - MOST_TOLD} more" if len(wrong) > MOST_TOLD else ""
        field.complain("; ".join(wrong[:MOST_TOLD]) + more)
    first = next((field for field in fields if told[field.field_name]), None)
    if first is not None:
        first.control_widget.focus()
    return others
