"""What a command is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType


class Command:
    """One thing that people can do: the class's name is its label and its action, its docstring the explanation."""

    key: ClassVar[str]
    """The keys, comma separated."""
    label: ClassVar[str] = ""
    """In the footer; the class's name in words when empty."""
    display: ClassVar[str | None] = None
    """How the key is written, when not as it is."""
    room: ClassVar[str] = "everywhere"
    """Where it is valid: the first part of its id."""
    shown: ClassVar[bool] = False
    """It is among the few in the footer."""
    first: ClassVar[bool] = False
    """It comes before what the focused widget and an open dialog make of the key."""
    does: ClassVar[str] = ""
    """The action with its parameters, when it is not just the class's name."""

    @classmethod
    def action(cls) -> str:
        """The name of the method that does it, without `action_`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def binding(cls) -> Binding:
        """The command as Textual wants it; its id is what `keymap` overrides."""
        return Binding(
            key=cls.key,
            action=cls.does or cls.action(),
            description=cls.label or cls.action().replace("_", " "),
            show=cls.shown,
            key_display=cls.display,
            priority=cls.first,
            tooltip=" ".join((cls.__doc__ or "").split()),
            id=cls.id(),
        )

    @classmethod
    def id(cls) -> str:
        """What `keymap` calls it."""
        return f"{cls.room}.{cls.action()}"

    @classmethod
    def keys(cls, app: App[Any]) -> tuple[str, ...]:
        """The keys that it has now, in Textual's words: its own, or those that `keymap` gives it.

        Args:
            app: Knows the keymap.
        """
        return tuple(app._keymap.get(cls.id(), cls.key).split(","))

    @classmethod
    def key_said(cls, app: App[Any]) -> str:
        """Its first key as sentences name it.

        Args:
            app: Knows the keymap.
        """
        return name_of_key(cls.keys(app)[0])


def bindings(*commands: type[Command]) -> list[BindingType]:
    """The bindings of some commands, in their order."""
    return [command.binding() for command in commands]


def name_of_key(key: str) -> str:
    """How a key is written for people: `question_mark` is `?`.

    Args:
        key: One key in Textual's words.
    """
    names = {
        "question_mark": "?",
        "exclamation_mark": "!",
        "colon": ":",
        "slash": "/",
        "asterisk": "*",
        "at": "@",
        "plus": "+",
        "left_square_bracket": "[",
        "right_square_bracket": "]",
        "left_curly_bracket": "{",
        "right_curly_bracket": "}",
        "escape": "esc",
        "space": "space",
        "up": "↑",
        "down": "↓",
        "left": "←",
        "right": "→",
        "pageup": "pgup",
        "pagedown": "pgdn",
        "shift+tab": "shift+tab",
    }
    if key in names:
        return names[key]
    return key.upper() if re.fullmatch(r"f\d+", key) else key


def keys_of(commands: Iterable[type[Command]]) -> dict[str, str]:
    """Every command's keys by the id of its binding."""
    return {command.id(): command.key for command in commands}
