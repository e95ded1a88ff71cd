"""Themes that people have written themselves: a file of colours each."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from textual.color import Color, ColorParseError
from textual.theme import Theme

from oyama_tui.core.text import one_line
from oyama_tui.files import read_named
from oyama_tui.settings import config_path

MOST_BYTES: Final = 64 * 1024
MOST_FILES: Final = 200
MOST_SHOWN: Final = 60
"""Letters of a value from outside in a sentence about it."""
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
VARIABLES: Final = frozenset(Theme(name="any", primary="#000000").to_color_system().generate())
"""What a theme may set one by one."""


def _is_colour(value: str) -> str:
    """A colour that is the same on every terminal."""
    try:
        colour = Color.parse(value)
    except ColorParseError:
        raise ValueError(f"{one_line(value, MOST_SHOWN)!r} is no colour; write it like #7aa2c8") from None
    if colour.ansi is not None or colour.a != 1:
        raise ValueError(f"{one_line(value, MOST_SHOWN)!r} is not the same everywhere; write a colour like #7aa2c8")
    return colour.hex


def _are_known(variables: dict[str, str]) -> dict[str, str]:
    """Variables that a theme has."""
    for name in variables:
        if name not in VARIABLES or name.endswith("-style"):
            raise ValueError(f"there is no colour {one_line(name, MOST_SHOWN)!r}{_similar(name, VARIABLES)}")
    return variables


def _similar(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; do you mean {found[0]}?" if found else "; take it out"


Colour = Annotated[str, AfterValidator(_is_colour)]


class OwnTheme(BaseModel):
    """What stands in the file of a theme; whatever is not said is made from the rest."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    primary: Colour
    secondary: Colour | None = None
    accent: Colour | None = None
    warning: Colour | None = None
    error: Colour | None = None
    success: Colour | None = None
    foreground: Colour | None = None
    background: Colour | None = None
    surface: Colour | None = None
    panel: Colour | None = None
    dark: bool = True
    variables: Annotated[dict[str, Colour], AfterValidator(_are_known)] = Field(default_factory=dict)

    def named(self, name: str) -> Theme:
        """The theme that it is.

        Args:
            name: That of the file.
        """
        return Theme(
            name=name,
            primary=self.primary,
            secondary=self.secondary,
            accent=self.accent,
            warning=self.warning,
            error=self.error,
            success=self.success,
            foreground=self.foreground,
            background=self.background,
            surface=self.surface,
            panel=self.panel,
            dark=self.dark,
            variables=self.variables,
        )


class OwnThemes(NamedTuple):
    """The themes of a folder."""

    themes: tuple[Theme, ...]
    problems: tuple[str, ...]
    """A sentence for each file that is of no use: which, where in it, why, and what to do."""


def themes_folder() -> Path:
    """Where they are: `themes` beside the settings file."""
    return config_path().parent / "themes"


def own_themes(folder: Path) -> OwnThemes:
    """Read every theme of a folder; one that is of no use keeps none of the others away.

    Args:
        folder: With files such as `dusk.toml`, which is the theme `dusk`; it need not be there.
    """
    themes, problems = [], []
    try:
        paths = sorted(folder.glob("*.toml"))
    except OSError as error:
        return OwnThemes((), (f"The themes in {folder} cannot be read: {error.strerror}.",))
    for path in paths[:MOST_FILES]:
        try:
            themes.append(_theme(path))
        except OSError as error:
            problems.append(f"The theme {path} cannot be read: {error.strerror}.")
        except ValueError as error:
            problems.append(f"The theme {path} cannot be used: {error}.")
    if len(paths) > MOST_FILES:
        problems.append(f"Of the {len(paths)} themes in {folder} the first {MOST_FILES} are read.")
    return OwnThemes(tuple(themes), tuple(problems))


def _theme(path: Path) -> Theme:
    """Read one.

    Raises:
        OSError: The file cannot be read.
        ValueError: What is wrong with it.
    """
    if not _NAME.fullmatch(path.stem):
        raise ValueError("its name is to be of small letters, digits and hyphens, and to begin with a letter; rename it")
    content = read_named(path, MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES // 1024} KiB")
    try:
        given = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("it is no text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"it is no TOML: {one_line(str(error), MOST_BYTES)}") from None
    try:
        return OwnTheme.model_validate(given).named(path.stem)
    except ValidationError as error:
        raise ValueError("; ".join(_wrong(error))) from None


def _wrong(error: ValidationError) -> Iterator[str]:
    """What is wrong with each key."""
    for each in error.errors():
        where = ".".join(one_line(str(part), MOST_SHOWN) for part in each["loc"])
        if each["type"] == "extra_forbidden":
            yield f"there is no key {where}{_similar(where, OwnTheme.model_fields)}"
        elif each["type"] == "missing":
            yield f'{where} is missing; add a line like {where} = "#7aa2c8"'
        else:
            yield f"{where}: {str(each['msg']).removeprefix('Value error, ')}"
