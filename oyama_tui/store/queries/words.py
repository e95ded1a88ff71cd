"""How a word is sought in columns: as `core.text.folded` compares, and as fast as SQLite can where all is ASCII."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from oyama_tui.core.text import folded
from oyama_tui.store.queries.base import escape_like


def has_word(word: str, *columns: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether one of some columns has this text in it, in any case of letters.

    Args:
        word: Taken literally.
        columns: Of text, or of JSON as it is written.
    """
    sought = folded(word)
    pattern = f"%{escape_like(sought)}%"

    def has(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        text = sa.type_coerce(column, sa.Text)
        # Only texts with other letters pay for a function of ours; a word in ASCII may stand there too, as in `Straße`.
        is_other = sa.func.length(sa.cast(text, sa.LargeBinary)) > sa.func.length(text)
        others = sa.and_(is_other, sa.func.folded(text).like(pattern, escape="\\"))
        return sa.or_(text.like(pattern, escape="\\"), others) if sought.isascii() else others

    return sa.or_(*(has(column) for column in columns))
