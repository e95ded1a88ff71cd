"""How notifiers are called: in the settings, which say where they are, and in definitions, which say who is told."""

from __future__ import annotations

from typing import Final

NOTIFIER: Final = r"^[a-z][a-z0-9_-]{0,63}$"
"""The pattern of a notifier's name."""
DEFAULT: Final = "default"
"""The notifier that is told of the questions of workflows that name none."""
