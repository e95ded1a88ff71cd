"""What all screens and dialogs share: the studio, the news from it, and how states are drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from pydantic import JsonValue
from textual.signal import Signal

from oyama_tui.core.views import Change, SystemView
from oyama_tui.studio import Studio
from oyama_tui.tui.status_icons import StatusIcons


@dataclass
class AppContext:
    """Handed to every screen and dialog."""

    studio: Studio
    icons: StatusIcons
    changed: Signal[Change]
    """Published at most 15 times a second, and more rarely when it costs much: read again what you show."""
    whole: Signal[SystemView]
    """Published when the totals in the status bar are different."""
    system: SystemView | None = None
    lost: str = ""
    """Why the database cannot be read; empty while it can."""
    remembered: dict[str, dict[str, JsonValue]] = field(default_factory=dict)
    """What was last typed into a workflow's form, by workflow."""
    typed_at: Callable[[], float] = monotonic
    """When the input that is carried out now was typed."""
    demo_run: str = ""
    """The run that shows how it works, when there is one."""

    @property
    def standstill(self) -> str:
        """Why no engine drives what there is to drive; empty while all is well."""
        return self.system.trouble if self.system is not None else ""

    def command(self, *words: str) -> str:
        """A command for a shell, on the same database."""
        return self.studio.settings.command(*words)
