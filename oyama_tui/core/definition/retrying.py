"""Attempts: how long they may take, which failures are tried again, when, and how often."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args

from pydantic import BeforeValidator, Discriminator, Field, JsonValue, Tag, WithJsonSchema, model_validator

from oyama_tui.core.definition.base import DefinitionModel, Duration, Flag, Number, Whole, parse_duration

FailureKind = Literal["exit", "timeout", "start", "python", "parse", "http", "network", "child"]
EVERY_KIND: Final[tuple[FailureKind, ...]] = ("exit", "timeout", "start", "python", "parse")
"""What `on` holds when nothing is written: it stands for every kind. The list stays what it was when there were no others, so that a stored
revision says the same for ever."""
_RANGE: Final = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
OF_PROGRAMS: Final = frozenset({"exit", "python"})
"""The kinds of failure that have an exit code."""


def bounds_of(code: int | str) -> tuple[int, int]:
    """The least and the greatest code that `75` or `100-110` names.

    Args:
        code: Checked.
    """
    if isinstance(code, int):
        return code, code
    least, _, most = code.partition("-")
    return int(least), int(most or least)


def _checked(value: object, least: int, most: int, noun: str) -> int | str:
    """One code or a range of them, as it is written.

    Raises:
        ValueError: It is neither, is empty or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{noun} is a whole number, or a range such as {least + 99}-{least + 109}")
    found = _RANGE.fullmatch(value.strip()) if isinstance(value, str) else None
    if isinstance(value, str) and found is None:
        hint = "; leave the quotes out" if value.strip().isdigit() else ""
        raise ValueError(f"{value[:40]!r} is no range; write it as {least + 99}-{least + 109}{hint}")
    first, last = (int(found[1]), int(found[2])) if found else (int(value), int(value))
    if first > last:
        raise ValueError(f"the range {first}-{last} is empty; write {last}-{first}")
    if first < least or last > most:
        why = ", and 0 is no failure" if (first, noun) == (0, "an exit code") else ""
        raise ValueError(f"{noun} lies between {least} and {most}{why}; it is {first if first < least else last}")
    return value if isinstance(value, int) else f"{first}-{last}"


def _exit_code(value: object) -> int | str:
    return _checked(value, 1, 255, "an exit code")


def _status_code(value: object) -> int | str:
    return _checked(value, 100, 599, "an HTTP status")


def _code_schema(least: int, most: int) -> WithJsonSchema:
    return WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": least, "maximum": most}, {"type": "string", "pattern": "^ *[0-9]{1,9}-[0-9]{1,9} *$"}]}
    )


ExitCode = Annotated[int | str, BeforeValidator(_exit_code), _code_schema(1, 255)]
"""An exit code, or a range of them such as `100-110`."""
StatusCode = Annotated[int | str, BeforeValidator(_status_code), _code_schema(100, 599)]
"""An HTTP status, or a range of them such as `500-599`."""


class FailureCodes(DefinitionModel):
    """Failures by their codes."""

    exit: Annotated[tuple[ExitCode, ...], Field(min_length=1, max_length=255)] | None = None
    """Exit codes of programs, and ranges of them: `[75, 100-110]`."""
    status: Annotated[tuple[StatusCode, ...], Field(min_length=1, max_length=500)] | None = None
    """Statuses of HTTP answers, and ranges of them: `[429, 500-599]`."""

    @model_validator(mode="after")
    def _name_some(self) -> FailureCodes:
        if self.exit is None and self.status is None:
            raise ValueError("name exit codes or statuses, such as {exit: [75]}")
        return self

    def has(self, kind: str, exit_code: int | None, status: JsonValue) -> bool:
        """Whether a failure has one of these codes."""
        return (kind in OF_PROGRAMS and _among(exit_code, self.exit)) or (kind == "http" and _among(status, self.status))


def _among(code: JsonValue, codes: Iterable[int | str] | None) -> bool:
    return isinstance(code, int) and any(least <= code <= most for least, most in map(bounds_of, codes or ()))


def _form(value: Any) -> str:
    return "[codes]" if isinstance(value, dict | FailureCodes) else "[word]"


Failures: TypeAlias = Annotated[Annotated[FailureKind, Tag("[word]")] | Annotated[FailureCodes, Tag("[codes]")], Discriminator(_form)]
"""A kind of failure, or codes."""


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class RetryPolicy(DefinitionModel):
    """How often and when a failed attempt is tried again."""

    max_attempts: Whole = Field(default=1, ge=1, le=1000)
    """Attempts in all, the first one included."""
    interval: Duration = 1_000
    """The pause before the second attempt."""
    factor: Number = Field(default=2.0, ge=1.0, le=100.0)
    """Each further pause is this many times the one before."""
    max_interval: Duration = 60_000
    """No pause is longer."""
    max_elapsed: Duration | None = None
    """No new attempt starts later than this after the first one started."""
    jitter: Flag = True
    """Spread the pauses by up to a quarter, always the same for the same attempt."""
    on: Annotated[tuple[Failures, ...], Field(json_schema_extra=_without_default)] = EVERY_KIND
    """The failures that are tried again, by kind or by code: `[timeout, {exit: [75, 100-110]}]`; all when nothing is written."""
    not_on: Annotated[tuple[Failures, ...], Field(min_length=1)] | None = None
    """Those among them that are not: `[{exit: [64-78]}]`."""

    def covers(self, kind: str, exit_code: int | None = None, status: JsonValue = None) -> bool:
        """Whether a failure is one that is tried again.

        Args:
            kind: Its kind.
            exit_code: Of its program, if it has one.
            status: Of the HTTP answer, if there was one.
        """
        every = self.on == EVERY_KIND and kind in get_args(FailureKind)
        return (every or _fits(self.on, kind, exit_code, status)) and not _fits(self.not_on or (), kind, exit_code, status)


class StepTimeout(DefinitionModel):
    """How long a step may take."""

    attempt: Duration | None = None
    """One attempt."""
    total: Duration | None = None
    """All attempts and pauses together."""
    idle: Duration | None = None
    """Without a byte of output."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        """Let `timeout: 10m` stand for `timeout: {attempt: 10m}`."""
        if isinstance(value, str):
            parse_duration(value)
            return {"attempt": value}
        return value


def _fits(failures: Iterable[FailureKind | FailureCodes], kind: str, exit_code: int | None, status: JsonValue) -> bool:
    return any(failure.has(kind, exit_code, status) if isinstance(failure, FailureCodes) else failure == kind for failure in failures)


def contradictions(retry: Mapping[str, Any]) -> list[tuple[tuple[str | int, ...], str]]:
    """What a written policy both tries again and does not.

    Args:
        retry: Its data, not known to be sound.

    Returns:
        The place within it and a sentence, for each item of `not_on` that cannot be meant.
    """
    on, not_on = ([item for item in _list(retry.get(key))] for key in ("on", "not_on"))
    words = {item for item in on if isinstance(item, str)}
    found: list[tuple[tuple[str | int, ...], str]] = []
    for index, item in enumerate(not_on):
        if isinstance(item, str):
            code = {"exit": "exit", "http": "status"}.get(item, "")
            if item in words:
                found.append((("not_on", index), f"{item!r} stands in on and in not_on"))
            elif any(isinstance(other, dict) and code in other for other in on):
                found.append((("not_on", index), f"{item!r} takes back the codes that on names"))
        elif isinstance(item, dict):
            found += [(("not_on", index, *place), message) for place, message in _shared(item, on)]
    return found


def _shared(item: Mapping[str, Any], on: Iterable[Any]) -> list[tuple[tuple[str | int, ...], str]]:
    """The codes of an item of `not_on` that stand in `on` too."""
    wanted = [named for part in on if isinstance(part, dict) for named in _codes(part)]
    found: list[tuple[tuple[str | int, ...], str]] = []
    for key, place, (least, most) in _codes(item):
        both = [max(least, first) for name, _, (first, last) in wanted if name == key and max(least, first) <= min(most, last)]
        if both:
            found.append((place, f"the {'exit code' if key == 'exit' else 'status'} {both[0]} stands in on and in not_on"))
    return found


def _codes(item: Mapping[str, Any]) -> list[tuple[str, tuple[str | int, ...], tuple[int, int]]]:
    """Every sound code of an item: its key, its place, its bounds."""
    found: list[tuple[str, tuple[str | int, ...], tuple[int, int]]] = []
    for key, check in (("exit", _exit_code), ("status", _status_code)):
        for index, code in enumerate(_list(item.get(key))):
            try:
                found.append((key, (key, index), bounds_of(check(code))))
            except ValueError:
                continue
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
