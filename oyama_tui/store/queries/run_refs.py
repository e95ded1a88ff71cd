"""Which runs a person's words mean."""

from __future__ import annotations

import re

import sqlalchemy as sa

from oyama_tui.store.queries.base import LAST_CHARACTER, REMOVED, STATES, escape_like

_NUMBERED = re.compile(r"^(?P<workflow>[^#@]+)(?:#(?P<number>[0-9]{1,18})|@(?P<latest>latest))$")
_IDS = sa.select(STATES.c.id).where(~sa.exists().where(REMOVED.c.run == STATES.c.key))
BY_ID = _IDS.where(STATES.c.id == sa.bindparam("text"))
BY_NUMBER = _IDS.where(STATES.c.workflow_id == sa.bindparam("workflow"), STATES.c.number == sa.bindparam("number"))
BY_NEWEST = _IDS.where(STATES.c.workflow_id == sa.bindparam("workflow")).order_by(STATES.c.number.desc()).limit(1)
BY_PREFIX = (
    _IDS.where(STATES.c.id >= sa.bindparam("text"), STATES.c.id < sa.bindparam("beyond"))
    .order_by(STATES.c.id.desc())
    .limit(sa.bindparam("limit"))
)
BY_SUFFIX = _IDS.where(STATES.c.id.like(sa.bindparam("pattern"), escape="\\")).order_by(STATES.c.id.desc()).limit(sa.bindparam("limit"))


def resolve_refs(connection: sa.Connection, text: str, limit: int = 6) -> list[str]:
    """The state ids that a text may mean: that id itself, `release#12`, `release@latest`, or else those with it as prefix or suffix.

    Args:
        connection: Where to read.
        text: A person's words.
        limit: The most ids; more than one means that the text is not clear.
    """
    text = text.strip()
    # SQLite compares by LIKE only as far as a NUL, so that one would fit whatever there is.
    if not text or "\0" in text:
        return []
    exact = connection.execute(BY_ID, {"text": text}).scalars().all()
    if exact:
        return list(exact)
    named = _NUMBERED.match(text)
    if named is not None:
        if named["latest"]:
            return list(connection.execute(BY_NEWEST, {"workflow": named["workflow"]}).scalars())
        return list(connection.execute(BY_NUMBER, {"workflow": named["workflow"], "number": int(named["number"])}).scalars())
    found = list(connection.execute(BY_PREFIX, {"text": text, "beyond": text + LAST_CHARACTER, "limit": limit}).scalars())
    # Nothing leads to the end of an id but a look at all of them (ids alone, from the index): only when no id begins like this.
    return found or list(connection.execute(BY_SUFFIX, {"pattern": f"%{escape_like(text)}", "limit": limit}).scalars())
