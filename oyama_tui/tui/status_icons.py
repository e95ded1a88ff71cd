"""States as glyph, word and colour; the only place that knows the glyphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from textual.content import Content

from oyama_tui.core.views import waiting_for
from oyama_tui.tui.wording import line_of


@dataclass(frozen=True, slots=True)
class StatusIcon:
    """One state as it is drawn."""

    glyph: str
    """One cell wide."""
    word: str
    style: str
    """In theme variables."""

    @property
    def mark(self) -> Content:
        """The glyph in its colour."""
        return Content.styled(self.glyph, self.style)

    @property
    def full(self) -> Content:
        """Glyph and word in their colour."""
        return Content.styled(f"{self.glyph} {self.word}", self.style)

    def saying(self, word: str) -> StatusIcon:
        """The same state with another word."""
        return StatusIcon(self.glyph, line_of(word), self.style)


IN_ASCII: Final = str.maketrans(
    "│┃─━▌▐▏▕←↑→↓›·•–…▲▼◀▶▁▂▃▄▅▆▇█▔▎▍▋▊▉▓▒░▰▱┈┊╭╮╰╯├┤┬┴┼",
    "||-=||:|<^>v>-*-~^v<>########-||||##~.#..:+++++++++",
)
"""Signs of frames, lists and bars as ASCII letters, each of one cell; those of states have letters of their own."""
SPINNER: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SPINNER_IN_ASCII: Final = "|/-\\"
WAITS: Final = waiting_for("")
NEEDS_YOU: Final = "bold $text-warning"
_MUTED: Final = "$text-muted"
_PLAIN: Final = "$foreground"
_ACTIVE: Final = "$text-accent"

_TABLE: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "queued": ("○", "o", "queued", _MUTED),
    "pending": ("○", "o", "not yet", _MUTED),
    "ready": ("○", "o", "ready", _MUTED),
    "running": ("●", "*", "running", _ACTIVE),
    "needs you": ("◆", "@", "needs you", NEEDS_YOU),
    "waiting": ("◇", "~", "waiting", _PLAIN),
    "draining": ("‖", "=", "draining", _PLAIN),
    "paused": ("‖", "=", "paused", _PLAIN),
    "completed": ("✓", "+", "completed", "$text-success"),
    "approved": ("✓", "+", "approved", "$text-success"),
    "failed": ("✗", "x", "failed", "$text-error"),
    "rejected": ("⊘", "/", "rejected", "$text-error"),
    "cancelled": ("⊘", "/", "cancelled", _MUTED),
    "sent_back": ("↶", "<", "sent back", _MUTED),
    "said": ("·", ".", "said", _MUTED),
    "undoing": ("↶", "<", "undoing", _ACTIVE),
    "undone": ("↶", "<", "undone", _MUTED),
    "skipped": ("–", "-", "skipped", _MUTED),
    "retrying": ("↻", "%", "retrying", _ACTIVE),
    "expired": ("!", "!", "expired", "$text-error"),
    "draft": ("○", "o", "no run yet", _MUTED),
    "unknown": ("·", ".", "unknown", _MUTED),
}


_LOG_SIGNS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "error": ("█", "✗", "x", "$text-error"),
    "warning": ("▒", "▒", "!", "$foreground"),
    "found": ("█", "█", "*", "$text-accent"),
    "seen": ("▓", "▓", "#", "$text-muted"),
    "rest": ("░", "░", ".", "$border"),
}
"""What stands for lines of a log: where there are colours, where there are none, in ASCII; and the colour. What is in sight has the sign of
that in the colour of what is there, and without colours it is reversed."""


class LogSigns:
    """How a whole log is drawn on few cells.

    Args:
        ascii_only: Draw with ASCII letters.
    """

    def __init__(self, ascii_only: bool) -> None:
        self._ascii_only = ascii_only

    def of(self, sign: str, seen: bool, *, plain: bool) -> Content:
        """One cell.

        Args:
            sign: `error`, `warning`, `found`, `seen` or `rest`.
            seen: Some of what it stands for is in sight.
            plain: There are no colours that would tell one sign from another.
        """
        block, sign_alone, letter, style = _LOG_SIGNS[sign]
        if self._ascii_only or plain:
            return Content.styled(letter if self._ascii_only else sign_alone, f"{style} reverse" if seen else style)
        return Content.styled(_LOG_SIGNS["seen"][0] if seen else block, style)


class StatusIcons:
    """Every state's glyph, word and colour.

    Args:
        ascii_only: Draw with ASCII letters.
    """

    def __init__(self, ascii_only: bool = False) -> None:
        self.ascii_only = ascii_only
        self._icons = {
            name: StatusIcon(plain if ascii_only else glyph, word, style) for name, (glyph, plain, word, style) in _TABLE.items()
        }
        self.pinned = self.marked = "#" if ascii_only else "■"
        self.arrow = "->" if ascii_only else "→"
        self.chevron = ">" if ascii_only else "›"
        self.opened, self.folded = ("v", ">") if ascii_only else ("▾", "▸")
        self.cursor, self.cursor_elsewhere = (">", ":") if ascii_only else ("▌", "▏")
        self.log = LogSigns(ascii_only)
        self.spark = " .:-=+*#%@" if ascii_only else " ▁▂▃▄▅▆▇█"

    def of(self, state: str) -> StatusIcon:
        """The icon of the word that people read of a run, a step or a workflow, or of an approval's status.

        Args:
            state: Any of those words; one that is not known is drawn as itself with a dot.
        """
        if state.startswith(WAITS):
            return self._icons["waiting"].saying(state)
        known = self._icons.get(state)
        return known if known is not None else self._icons["unknown"].saying(state)

    def moving(self, state: str, now: datetime) -> StatusIcon:
        """The icon of a state, which moves once a second where something is under way.

        Args:
            state: As for `of`.
            now: The present.
        """
        icon = self.of(state)
        if state != "running":
            return icon
        frames = SPINNER_IN_ASCII if self.ascii_only else SPINNER
        return StatusIcon(frames[int(now.timestamp()) % len(frames)], icon.word, icon.style)

    def bar(self, done: int, total: int, width: int, style: str = "$text-accent") -> Content:
        """A thin progress bar.

        Args:
            done: Steps that are over.
            total: All steps.
            width: Cells.
            style: Colour of what is done.
        """
        full, rest = ("=", "-") if self.ascii_only else ("━", "─")
        filled = min(width, round(width * done / total)) if total else 0
        return Content.assemble((full * filled, style), (rest * (width - filled), "$text-disabled"))

    def share(self, share: float, width: int) -> Content:
        """How much of its usual time something has taken.

        Args:
            share: 1 for all of it.
            width: Cells.
        """
        full, rest = ("#", ".") if self.ascii_only else ("▓", "░")
        filled = min(width, round(width * share))
        return Content.assemble((full * filled, "$text-accent"), (rest * (width - filled), "$text-disabled"))

    def column(self, value: int, greatest: int) -> str:
        """A value as a column of one cell, below the highest one: that would touch the line above.

        Args:
            value: 0 or more.
            greatest: The greatest of those beside it.
        """
        return self.spark[max(1, round(value / greatest * (len(self.spark) - 2))) if greatest else 1]

    def sparkline(self, values: tuple[int, ...]) -> str:
        """Values as little columns, the greatest one highest."""
        top = max(values, default=0)
        steps = len(self.spark) - 1
        return "".join(self.spark[max(1, round(value / top * steps)) if top else 1] for value in values)
