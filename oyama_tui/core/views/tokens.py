"""Tokens by which programs act for people over the API."""

from __future__ import annotations

from datetime import datetime

from oyama_tui.core.events.base import Frozen


class TokenView(Frozen):
    """One token, without its secret, which nobody can read any more."""

    id: str
    """By which it is revoked; the token itself has it in it."""
    person: str
    """For whom whoever shows it acts."""
    read_only: bool
    """It lets one look, and change nothing."""
    created_at: datetime
    """When it was made."""
    expires_at: datetime | None
    """From when on it counts no more; never when none."""

    def is_expired(self, now: int) -> bool:
        """Whether it counts no more.

        Args:
            now: Milliseconds since 1970 UTC.
        """
        return self.expires_at is not None and self.expires_at.timestamp() * 1000 <= now
