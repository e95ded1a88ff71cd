"""What the settings of the screens may name: themes, and the ids of commands for `keymap`."""

from __future__ import annotations

from collections.abc import Iterator

from textual.theme import BUILTIN_THEMES

from oyama_tui.tui.commands import Command, global_commands, output_commands, past_commands, screen_commands, workflow_commands
from oyama_tui.tui.themes import THEMES


def theme_names() -> tuple[str, ...]:
    """Every theme, the house's own first."""
    own = [theme.name for theme in THEMES]
    return tuple(dict.fromkeys((*own, *sorted(BUILTIN_THEMES))))


def commands() -> tuple[type[Command], ...]:
    """Every command of the screens, by the module that has it, in its order there."""
    modules = (global_commands, screen_commands, output_commands, workflow_commands, past_commands)
    return tuple(command for module in modules for command in _commands_of(module))


def _commands_of(module: object) -> Iterator[type[Command]]:
    for found in vars(module).values():
        if isinstance(found, type) and issubclass(found, Command) and hasattr(found, "key"):
            yield found


def command_ids() -> tuple[str, ...]:
    """The ids that `keymap` may name."""
    return tuple(dict.fromkeys(f"{command.room}.{command.action()}" for command in commands()))
