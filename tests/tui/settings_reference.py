"""Writes `docs/reference/settings.md` from the model: `python -m tests.tui.settings_reference > docs/reference/settings.md`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oyama_tui.core.definition.schema import meanings
from oyama_tui.settings import Settings
from oyama_tui.tui.choices import commands, theme_names

INTRODUCTION = """\
# Settings

They stand in `config.toml` in the data directory (`OYAMA_HOME`) or, where that is not set, in the platform's folder for settings;
`OYAMA_CONFIG` names another file. Each can be set by a variable too, which wins; what stands on the command line wins over both.
`oyama config` prints what is in effect and where it comes from, and ends with 78 when a name in it is not known.

```toml
theme = "nord"
grace = 20

[keymap]
"approvals.approve" = "A"
```
"""
THEMES = """\
## Themes

A theme that is chosen in the palette (`:`) is kept in `screens.json` in the data directory, until the settings name another one;
the screens show each while the cursor is on it. Everything can be read in each of them: its colours are moved where that is needed. How to
[make one of your own](../howto/make-a-theme.md).
`ansi-dark` and `ansi-light` use the terminal's own colours.
"""


def page() -> str:
    """Every setting, theme and command."""
    lines = [INTRODUCTION, "| setting | variable | type | default | meaning |", "| --- | --- | --- | --- | --- |", *_settings(), ""]
    lines += [THEMES, ", ".join(f"`{name}`" for name in theme_names()) + ".", "", "## Commands", ""]
    lines += ["| id for `keymap` | keys | what it does |", "| --- | --- | --- |"]
    for command in commands():
        meaning = " ".join((command.__doc__ or "").split())
        lines.append(f"| `{command.room}.{command.action()}` | `{command.key}` | {meaning} |")
    return "\n".join(lines) + "\n"


def _settings() -> Iterator[str]:
    properties: dict[str, Any] = Settings.model_json_schema()["properties"]
    for name, meaning in meanings(Settings).items():
        field = Settings.model_fields[name]
        default = "" if field.is_required() or field.default_factory is not None else field.default
        shown = (
            ""
            if default in ("", None, {}) or isinstance(default, Path)
            else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        )
        yield f"| `{name}` | `OYAMA_{name.upper()}` | {_type(properties[name])} | {shown} | {meaning} |"


def _type(part: dict[str, Any]) -> str:
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    kinds = {"string": "text", "boolean": "true or false", "integer": "whole number", "number": "number", "object": "table"}
    return kinds[next(choice for choice in part.get("anyOf", [part]) if choice["type"] != "null")["type"]]


if __name__ == "__main__":
    print(page(), end="")
