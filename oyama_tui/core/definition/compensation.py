"""Compensations: what undoes a step."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, model_validator

from oyama_tui.core.definition.base import CALL, PLUGIN_NAME, EnvAndSecrets, Text, Values
from oyama_tui.core.definition.http_request import HttpRequest
from oyama_tui.core.definition.retrying import RetryPolicy, StepTimeout

OWN_KEYS: Final = {
    "run": frozenset({"run", "shell", "cwd", "stdin"}),
    "python": frozenset({"python", "with", "interpreter", "cwd"}),
    "http": frozenset({"http"}),
    "use": frozenset({"use", "with"}),
}
"""By action, the keys that belong to it."""
_EVERY_KEY: Final = frozenset().union(*OWN_KEYS.values())


class Compensation(EnvAndSecrets):
    """Undoes a step: one action, as a step of its own would have it."""

    when: Literal["started", "finished"] = "started"
    """What is undone: every attempt that has begun, for it may be half done, or only a step that succeeded."""
    run: Text | tuple[Text, ...] | None = Field(default=None, min_length=1)
    """A shell script, or a program and its arguments."""
    shell: tuple[str, ...] | None = Field(default=None, min_length=1)
    """The program and arguments before the script, when `run` is a string."""
    stdin: Text | None = None
    """What the program reads on its standard input."""
    python: str | None = Field(default=None, pattern=CALL, max_length=300)
    """`module:function`; the module is found from the working directory."""
    with_: Values | None = Field(default=None, alias="with")
    """Arguments of `python` or `use`."""
    interpreter: Text | None = None
    """Another Python; the one that runs Oyama when empty."""
    cwd: Text | None = None
    """Working directory, relative to the definition file's."""
    http: HttpRequest | None = None
    """A request."""
    use: str | None = Field(default=None, pattern=PLUGIN_NAME)
    """The name of an installed step kind."""
    retry: RetryPolicy | None = None
    """Try again after a failure."""
    timeout: StepTimeout | None = None
    """How long it may take."""

    @property
    def kind(self) -> str:
        """What kind of step does the same."""
        return next(name for name in OWN_KEYS if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _has_one_action(self) -> Compensation:
        given = [name for name in OWN_KEYS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"compensate needs one of {', '.join(OWN_KEYS)}, and {'two are' if given else 'none is'} there")
        written = {(field.alias or name) for name, field in type(self).model_fields.items() if getattr(self, name) is not None}
        strange = sorted((written & _EVERY_KEY) - OWN_KEYS[given[0]])
        if strange:
            raise ValueError(f"{strange[0]!r} does nothing beside {given[0]!r} in compensate")
        return self
