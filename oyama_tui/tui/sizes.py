"""The sizes of windows at which the screens are arranged otherwise."""

from __future__ import annotations

from typing import Final

LEAST_COLUMNS: Final = 40
LEAST_ROWS: Final = 12
"""Below this nothing can be shown whole, so nothing can be answered."""
