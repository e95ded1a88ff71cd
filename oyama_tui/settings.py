"""Settings: read once, by whoever puts the program together."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import platformdirs
from pydantic import Field, PrivateAttr, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from oyama_tui.core.errors import InvalidInput, Problem
from oyama_tui.core.notifiers import NOTIFIER
from oyama_tui.home import APP, default_home

_COMMAND: Final = re.compile(r"`oyama(?=[ `])")
"""How a command begins in a hint."""
NotifierName = Annotated[str, Field(pattern=NOTIFIER)]
_PLAIN_WORD: Final = re.compile(r"[\w@%+=:,./-][\w@%+=:,./#-]*", re.ASCII)


def config_path() -> Path:
    """The settings file: `OYAMA_CONFIG`, else `config.toml` in `OYAMA_HOME` or in the platform's place for settings."""
    given = os.environ.get("OYAMA_CONFIG")
    if given:
        return Path(given).expanduser()
    home = os.environ.get("OYAMA_HOME")
    return (Path(home).expanduser() if home else Path(platformdirs.user_config_dir(APP))) / "config.toml"


class Settings(BaseSettings):
    """What a person can set, in a TOML file or as `OYAMA_*` variables; a variable wins."""

    model_config = SettingsConfigDict(env_prefix="OYAMA_", env_ignore_empty=True, extra="forbid", frozen=True)

    home: Path = Field(default_factory=default_home)
    """The data directory."""
    database: Path | None = None
    """The database file; `oyama.db` in the data directory when it is not set."""
    theme: str = "oyama-dark"
    """The theme of the screens until another one is chosen there; see [themes](#themes)."""
    ascii: bool = False
    """Draw with ASCII letters only."""
    bell: bool = True
    """Ring when a gate opens."""
    toast: bool = True
    """Show a line on the screens when a gate opens; see [be told](../howto/be-told.md)."""
    title: bool = True
    """Let the terminal's title say how many questions wait."""
    desktop: Literal["auto", "osc9", "osc777", "both", "off"] = "auto"
    """The sequence by which the terminal tells of a new question outside of its window while it does not have the focus."""
    notify: dict[NotifierName, SecretStr] = {}
    """Where messages about new questions go: Apprise URLs by name; `default` for workflows that name none. They are never printed."""
    keymap: dict[str, str] = {}
    """Other keys for the [commands](#commands) of the screens, by id; several keys are separated by commas."""
    groups: dict[str, tuple[str, ...]] = {}
    """Groups of people for `approvers`, by name: the accounts in each; a group of the system counts where none of this name is here."""
    grace: float = Field(default=5.0, ge=0, le=600)
    """Seconds between asking a step's processes to end and ending them."""
    max_processes: int = Field(default=64, ge=1, le=10_000)
    """The most steps of this engine that run processes at the same time; further ones queue."""
    drive_shared: bool = False
    """Drive runs even where other accounts may write the database or its folder, or own them: they decide what runs as this account."""
    busy_timeout: float = Field(default=20.0, gt=0, le=600)
    """Seconds to wait for a locked database."""
    log_quota: int = Field(default=64 * 1024 * 1024, ge=64 * 1024)
    """The most bytes of live output kept on disk for one attempt."""
    snapshots_shown: int = Field(default=50, ge=1, le=100_000)
    """The most points of a run that are listed when it is not said how many; those with a name always are."""
    keep_newest: int | None = Field(default=None, ge=0)
    """How many of the newest runs of each workflow are kept, whatever their age; see [cleanup](../howto/keep-the-database-small.md)."""
    keep_days: float | None = Field(default=None, ge=0, le=36_500)
    """Days after its end when a run is removed; never when it is not set."""
    keep_failed_days: float | None = Field(default=None, ge=0, le=36_500)
    """The same for runs that failed, were rejected, cancelled or undone; as `keep_days` when it is not set."""
    keep_bytes: int | None = Field(default=None, ge=0)
    """The most bytes that all runs may take together; the oldest are removed until it is so."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """How much goes to the log file `oyama.log` in the data directory."""

    _chosen: bool = PrivateAttr(default=False)
    """The database was named on the command line, so every command that people copy must name it too."""

    def command(self, *words: str) -> str:
        """A command that does in any folder and on the same database what it says.

        Args:
            words: The words after the program's name; none for the screens.
        """
        return " ".join(map(_quoted, (*self._program(), *words)))

    def addressed(self, text: str) -> str:
        """A hint whose commands, which stand in backticks, are for the same database.

        Args:
            text: Such as ``See `oyama runs`.``
        """
        program = " ".join(map(_quoted, self._program()))
        return _COMMAND.sub(lambda _: f"`{program}", text)

    def _program(self) -> tuple[str, ...]:
        """The program as it is found from here, with the option that names the database where that is needed."""
        started = sys.argv[0]
        name = APP if shutil.which(APP) or Path(started).name != APP else started
        return (name, "--database", str(self.database_path)) if self._chosen else (name,)

    @cached_property
    def database_path(self) -> Path:
        """The database file in use, by the one name that it has: links are followed once, so that everything beside it has one place."""
        given = (self.database or self.home / "oyama.db").expanduser().absolute()
        try:
            return given.resolve()
        except (OSError, RuntimeError):
            # Links that lead round in a circle: who opens the file is told so.
            return given

    @property
    def files_path(self) -> Path:
        """The folder beside the database for live output, locks and side files."""
        path = self.database_path
        return path.with_name(path.name + ".files")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config_path())


def _quoted(word: str) -> str:
    """A word as a shell reads it back; `release#12` needs no quotes, since a comment begins only at the beginning of a word."""
    return word if _PLAIN_WORD.fullmatch(word) else shlex.quote(word)


OTHER_VARIABLES: Final = frozenset(
    {
        "OYAMA_CONFIG",
        "OYAMA_RUN_ID",
        "OYAMA_STEP_ID",
        "OYAMA_ATTEMPT",
        "OYAMA_IDEMPOTENCY_KEY",
        "OYAMA_OUTPUT",
        "OYAMA_TEST_SEED",
        "OYAMA_APPROVAL_ID",
        "OYAMA_APPROVAL_RUN",
        "OYAMA_APPROVAL_WORKFLOW",
        "OYAMA_APPROVAL_TITLE",
        "OYAMA_APPROVAL_RISK",
        "OYAMA_APPROVAL_DEADLINE",
    }
)
"""Variables that begin like those of settings and are none: the place of the settings file, and what steps, tests and commands of
`oyama approvals --exec` are told."""


def known_variables() -> frozenset[str]:
    """The environment variables of this program, those of all settings among them."""
    return OTHER_VARIABLES | {f"OYAMA_{name.upper()}" for name in Settings.model_fields}


def load_settings(**given: Any) -> Settings:
    """Read the settings.

    Args:
        given: Values from the command line; those that are None are passed over.

    Raises:
        InvalidInput: The file or a variable has a value that does not fit.
    """
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
        settings._chosen = given.get("database") is not None
        return settings
    except ValidationError as error:
        problems = tuple(Problem(str(each["msg"]), ".".join(str(part) for part in each["loc"])) for each in error.errors())
        listed = "; ".join(f"{problem.where}: {problem.message}" for problem in problems)
        raise InvalidInput(
            f"The settings cannot be used: {listed}.", f"Look at {config_path()} and at the OYAMA_* variables.", problems
        ) from None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"The settings file {config_path()} cannot be read: {error}.", "Mend or remove it.") from None
