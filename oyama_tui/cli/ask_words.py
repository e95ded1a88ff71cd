"""The words of `oyama ask`: fields of a form, environment variables and durations, as they are typed."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, get_args

from oyama_tui.core.definition.base import NAME, InputField, InputType, parse_duration
from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.inputs import BadValue, read_value

_NAME: Final = re.compile(NAME)
TYPES: Final[tuple[str, ...]] = get_args(InputType)


def form_fields(specs: Sequence[str]) -> dict[str, InputField]:
    """The form of a question from words like `reason:string` and `hosts:list=["a"]`.

    Args:
        specs: Each a name, a type and maybe a default; one without a default is required.

    Raises:
        InvalidInput: One of them is none.
    """
    fields: dict[str, InputField] = {}
    for spec in specs:
        head, has_default, default = spec.partition("=")
        name, _, kind = head.partition(":")
        kind = kind or "string"
        if _NAME.fullmatch(name) is None:
            raise InvalidInput(
                f"--field {spec[:80]!r} is not of the form NAME:TYPE[=DEFAULT].", f"For example: --field reason:string; {_types()}"
            )
        if kind not in TYPES:
            raise InvalidInput(f"--field {spec[:80]!r}: there is no type {kind[:40]!r}.", _types())
        if name in fields:
            raise InvalidInput(f"--field {name} is given twice.")
        fields[name] = _field(spec, kind, default if has_default else None)
    return fields


def _types() -> str:
    return f"A type is one of {', '.join(TYPES)}."


def _field(spec: str, kind: str, default: str | None) -> InputField:
    field = InputField.model_validate({"type": kind, "required": default is None})
    if default is None:
        return field
    try:
        return field.model_copy(update={"default": read_value(field, default)})
    except BadValue as error:
        raise InvalidInput(f"--field {spec[:80]!r}: the default {error.message}.", error.hint) from None


def environment(words: Sequence[str], *, runs: bool) -> dict[str, str]:
    """What the command gets: the PATH of this process, and the variables that were named.

    Args:
        words: `NAME` for a variable as it is here, `NAME=VALUE` for another value.
        runs: Something runs at all.

    Raises:
        InvalidInput: A name is none, or is not set here.
    """
    path = os.environ.get("PATH")
    made = {"PATH": path} if runs and path is not None else {}
    for word in words:
        name, equals, value = word.partition("=")
        if _NAME.fullmatch(name) is None:
            raise InvalidInput(
                f"--env {word[:80]!r} is not of the form NAME or NAME=VALUE.", "For example: --env CI --env STAGE=production"
            )
        if not equals and name not in os.environ:
            raise InvalidInput(f"--env {name}: this variable is not set here.", f"Set it, or give its value: --env {name}=VALUE")
        made[name] = value if equals else os.environ[name]
    if words and not runs:
        raise InvalidInput("--env is for a command or a preview, and nothing runs here.", "Put the command after --.")
    return made


def milliseconds(text: str) -> int | None:
    """How long a question stays open; none when nothing was said.

    Raises:
        InvalidInput: It is no duration.
    """
    if not text:
        return None
    try:
        made = parse_duration(text)
    except ValueError as error:
        raise InvalidInput(f"--timeout {text[:40]!r}: {error}.", "For example: --timeout 4h") from None
    if made <= 0:
        raise InvalidInput("--timeout must be longer than nothing.", "For example: --timeout 4h")
    return made


def current_directory() -> str:
    """The directory that is shown and in which the command runs.

    Raises:
        InvalidInput: It is gone.
    """
    try:
        return str(Path.cwd())
    except OSError:
        raise InvalidInput("The current directory is not there any more.", "Go to one that exists, and ask again.") from None
