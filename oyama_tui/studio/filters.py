"""Filters as people type them: `status:failed since:7d words`; the histories of runs and of approvals read them alike."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from oyama_tui.core.errors import InvalidInput
from oyama_tui.studio.periods import EXAMPLES, may_become_period, period


def read_filter(text: str, keys: Collection[str]) -> tuple[dict[str, list[tuple[str, str]]], tuple[str, ...]]:
    """The values of each key in their order, each with the word as it was typed; and the other words, those with another key too.

    Args:
        text: As typed; quotation marks keep words together.
        keys: Those that are known.
    """
    try:
        parts = shlex.split(text)
    except ValueError:
        parts = text.split()
    values: dict[str, list[tuple[str, str]]] = {key: [] for key in keys}
    words: list[str] = []
    for part in parts:
        key, colon, value = part.partition(":")
        if colon and key.casefold() in values:
            values[key.casefold()].append((part, value))
        else:
            words.append(part)
    return values, tuple(words)


def one_of(what: str, given: str, known: Sequence[str]) -> str:
    """A value as it is known; a dash stands for a blank in it.

    Args:
        what: What it is, for the message.
        given: As typed.
        known: All that there are.

    Raises:
        InvalidInput: It is none of them.
    """
    word = given.casefold().replace("-", " ")
    for each in known:
        if word == each.replace("_", " "):
            return each
    listed = ", ".join(each.replace(" ", "-").replace("_", "-") for each in known)
    raise InvalidInput(f"There is no {what} {given!r}.", f"Use one of {listed}.")


def time_span(part: str, value: str, now: datetime) -> tuple[datetime, datetime]:
    """The beginning and the end of a time as people name it.

    Args:
        part: The whole word or option, for the message.
        value: The time.
        now: The present, with its time zone.

    Raises:
        InvalidInput: It is no time.
    """
    try:
        return period(value, now)
    except ValueError:
        raise InvalidInput(f"{part} is no time.", EXAMPLES) from None


def may_become(text: str, choices: Mapping[str, Sequence[str]]) -> bool:
    """Whether the last word of a filter that is being typed has a value that is none yet, but may become one.

    Args:
        text: As far as it has been typed; what ends in a blank has been typed whole.
        choices: What the keys with a fixed set of values know.
    """
    key, colon, value = text[text.rfind(" ") + 1 :].partition(":")
    newest = value.rpartition(",")[2].casefold()
    if not colon:
        return False
    if key.casefold() in choices:
        return any(each.replace(" ", "-").replace("_", "-").startswith(newest) for each in choices[key.casefold()])
    return key.casefold() in ("since", "until") and may_become_period(value)
