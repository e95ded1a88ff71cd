"""The step kind `wait`: a length of time, a point in time, or an event that somebody sends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import Field, JsonValue, model_validator

from oyama_tui.core.definition.base import DefinitionModel, Duration, Expression, format_duration, json_type
from oyama_tui.core.definition.document import Document, Path
from oyama_tui.core.definition.expressions import OPEN, ExpressionError, evaluate
from oyama_tui.core.definition.kind import StepKind, Words
from oyama_tui.core.definition.step_base import StepBase

EVENT_NAME: Final = r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$"
EVENT_NAME_HINT: Final = "letters, digits, _, - and ., a letter first, at most 64 characters"
WAYS: Final = ("for", "until", "event")
"""What a wait has one of."""
ZONE_HINT: Final = "write the time with its zone, such as 2030-01-31T08:00:00Z or 2030-01-31T08:00:00+01:00"
_TIME: Final = re.compile(r"\s*\d{4}-\d\d-\d\d")
"""How a time begins that is written out; as an expression it would be a subtraction."""
_LATEST: Final = 253_402_300_799
"""The last second of the year 9999."""


class WaitSpec(DefinitionModel):
    """What a wait step waits for: one of `for`, `until` and `event`."""

    for_: Duration | None = Field(default=None, alias="for")
    """A length of time."""
    until: Expression | None = None
    """A point in time: ISO 8601 with a zone as it is, or a bare expression that gives such a text, or seconds since 1970."""
    event: Annotated[str, Field(pattern=EVENT_NAME)] | None = None
    """The name of an event that somebody sends with `oyama send`; its payload is the step's `result`."""
    match: Expression | None = None
    """A bare expression about `event`, the payload: only an event for which it is true is taken."""
    timeout: Duration | None = None
    """How long it waits for the event at the most; then the step fails."""

    @model_validator(mode="after")
    def _one_way(self) -> WaitSpec:
        if sum(way is not None for way in (self.for_, self.until, self.event)) != 1:
            raise ValueError(f"a wait needs one of {', '.join(WAYS)}")
        return self


class WaitStep(StepBase):
    """Wait for some time, until some time, or for an event; the wait survives a restart."""

    wait: WaitSpec
    """What to wait for."""


def awaited_event(step: StepBase) -> str:
    """The event that a step waits for; empty when it waits for none.

    Args:
        step: A step of any kind.
    """
    return step.wait.event or "" if isinstance(step, WaitStep) else ""


def is_time(text: str) -> bool:
    """Whether a text is a time that is written out, sound or not, and no expression."""
    return _TIME.match(text) is not None


def read_time(value: JsonValue) -> int:
    """A point in time in milliseconds since 1970 UTC.

    Args:
        value: ISO 8601 with a zone, or seconds since 1970 UTC as a number or as its text.

    Raises:
        ValueError: It is none; the rest of a sentence about it.
    """
    if isinstance(value, str) and not re.fullmatch(r"\s*\d+(\.\d+)?\s*", value):
        return _read_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"is no time but of type {json_type(value)}; {ZONE_HINT}")
    seconds = float(value)
    if not 0 <= seconds <= _LATEST:
        many = "; as milliseconds since 1970 it must be divided by 1000" if 0 <= seconds / 1000 <= _LATEST else ""
        raise ValueError(f"is no time: a number is seconds since 1970, up to the year 9999{many}")
    return round(seconds * 1000)


def _read_text(text: str) -> int:
    shown = repr(text.strip()[:40])
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{shown} is no time; {ZONE_HINT}") from None
    if found.tzinfo is None:
        raise ValueError(f"{shown} has no zone; {ZONE_HINT}")
    try:
        seconds = found.astimezone(UTC).timestamp()
    except OverflowError:
        seconds = -1
    if not 0 <= seconds <= _LATEST:
        raise ValueError(f"{shown} is out of range; a time lies between the years 1970 and 9999")
    return round(seconds * 1000)


def until_of(source: str, scope: Mapping[str, Any]) -> int:
    """Until when a wait lasts, in milliseconds since 1970 UTC.

    Args:
        source: What stands behind `until`.
        scope: The values that an expression may use.

    Raises:
        ExpressionError: It cannot be evaluated, or gives no time.
    """
    value: JsonValue = source if is_time(source) else evaluate(source, scope)
    try:
        return read_time(value)
    except ValueError as wrong:
        raise ExpressionError(f"until {wrong}") from None


def _check(document: Document, path: Path, data: Mapping[str, Any]) -> None:
    """Refuse a wait that says not what for, or says it twice, and times that are none."""
    wait = data.get("wait")
    if not isinstance(wait, dict):
        return
    place, given = (*path, "wait"), [key for key in WAYS if wait.get(key) is not None]
    if not given:
        hint = "write for: 10m, until: 2030-01-31T08:00:00Z, or event: deployed"
        document.add(place, "this wait does not say what for", hint)
    elif len(given) > 1:
        document.add(place, f"a wait is for one thing, and this one has {' and '.join(given)}", "make two steps of it")
    for key in ("match", "timeout") if "event" not in wait else ():
        if key in wait:
            document.add((*place, key), f"{key} belongs to a wait for an event", "add event: with its name", key=True)
    until = wait.get("until")
    if isinstance(until, str) and is_time(until):
        try:
            read_time(until)
        except ValueError as wrong:
            message, _, hint = str(wrong).partition("; ")
            document.add((*place, "until"), message, hint)


def _describe(step: WaitStep, words: Words) -> str:
    wait = step.wait
    if wait.for_ is not None:
        return f"wait {format_duration(wait.for_)}"
    if wait.until is not None:
        return f"wait until {wait.until.strip() if is_time(wait.until) else words.text(f'{OPEN} {wait.until} }}}}')}"
    fits = f" with {wait.match}" if wait.match is not None else ""
    most = f", at most {format_duration(wait.timeout)}" if wait.timeout is not None else ""
    return f"wait for event {wait.event}{fits}{most}"


def _conditions(step: WaitStep) -> tuple[str, ...]:
    until = step.wait.until if step.wait.until is not None and not is_time(step.wait.until) else None
    return tuple(source for source in (until, step.wait.match) if source is not None)


WAIT = StepKind(
    name="wait",
    model=WaitStep,
    templates={"wait": {"for": "plain", "until": "time", "event": "plain", "match": "event", "timeout": "plain"}},
    describe=_describe,
    inside={"wait": WaitSpec},
    conditions=_conditions,
    check=_check,
)
"""The kind."""
