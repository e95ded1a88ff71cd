"""Whether a database may be driven from here: whoever can write it can let anything run as the account that drives it."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from oyama_tui.core.errors import NotAllowed
from oyama_tui.settings import Settings


def refuse_shared(settings: Settings) -> None:
    """Refuse to drive what other accounts can change, unless the settings allow it.

    Args:
        settings: Where the database is, and whether it may be shared.

    Raises:
        NotAllowed: Its folder or one of its files belongs to another account, or may be written by others.
    """
    why = "" if settings.drive_shared else next(obstacles(settings.database_path, settings.files_path), "")
    if why:
        raise NotAllowed(
            f"No run is driven here: {why}. Whoever can write there can let anything run as this account.",
            "Take the right away (chmod go-w, chown), use another folder, or set `drive_shared = true` if all of them are trusted.",
        )


def obstacles(database: Path, files: Path) -> Iterator[str]:
    """What of a database other accounts can change, in words.

    Args:
        database: The database file.
        files: The folder beside it.
    """
    me = os.geteuid()
    beside = [database.with_name(database.name + suffix) for suffix in ("-wal", "-shm")]
    for path in (database.parent, database, *beside, files, files / "engines"):
        try:
            found = os.lstat(path)
        except OSError:
            continue
        if found.st_uid not in (me, 0) or (found.st_uid != me and path != database.parent):
            yield f"{path} belongs to {_account(found.st_uid)}"
        elif found.st_mode & stat.S_IWOTH and not _is_sticky(found):
            yield f"every account may write {path}"
        elif found.st_mode & stat.S_IWGRP and not _is_sticky(found) and not _is_private(found.st_gid, me):
            yield f"the group {_group(found.st_gid)} may write {path}"


def _is_sticky(found: os.stat_result) -> bool:
    """Whether a folder lets nobody remove or replace what belongs to others, as /tmp does."""
    return stat.S_ISDIR(found.st_mode) and bool(found.st_mode & stat.S_ISVTX)


def _is_private(group: int, account: int) -> bool:
    """Whether a group is the account's own and has nobody else in it, as many systems make one for each account."""
    try:
        owner, found = pwd.getpwuid(account), grp.getgrgid(group)
    except KeyError:
        return False
    return owner.pw_gid == group and found.gr_name == owner.pw_name and set(found.gr_mem) <= {owner.pw_name}


def _account(number: int) -> str:
    try:
        return f"the account {pwd.getpwuid(number).pw_name}"
    except KeyError:
        return f"the account {number}"


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
