"""Use cases of tokens: each lets a program act for one person over the API.

A file beside the database has their hashes. A token has 256 random bits, so that a plain hash of it gives nothing away.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import Field, TypeAdapter

from oyama_tui.core.errors import FileProblem, InvalidInput, NotFound
from oyama_tui.core.events.base import Frozen
from oyama_tui.core.persons import require_person
from oyama_tui.core.views import TokenView
from oyama_tui.files import NotPlain, open_plain, plain_folder, read_plain, written_beside
from oyama_tui.studio.context import StudioContext

FILE: Final = "tokens.json"
LARGEST: Final = 4 * 1024 * 1024
"""The most bytes of the file that are read."""
_BEGINNING: Final = "oyama"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.@-]{0,63}")


class _Kept(Frozen):
    """A token as it is kept."""

    view: TokenView
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


_ALL: Final = TypeAdapter(tuple[_Kept, ...])


class Tokens:
    """What can be done with tokens."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context
        self._path: Path = context.settings.files_path / FILE
        self._read: tuple[tuple[int, int, int] | None, dict[str, _Kept]] = (None, {})

    async def create(self, person: str, *, expires: datetime | None = None, read_only: bool = False) -> tuple[TokenView, str]:
        """Make a token; only now it can be seen.

        Args:
            person: For whom whoever shows it acts: an account's name, or any other name of a person.
            expires: From when on it counts no more; never when none.
            read_only: It lets one look, and change nothing.

        Returns:
            The token as it is listed, and the text to show.

        Raises:
            NotAllowed: An agent or a step of a run wants it.
            InvalidInput: This is no name, or that moment is over.
            FileProblem: The file of tokens cannot be used.
        """
        require_person(self._context.principal)
        if not _NAME.fullmatch(person):
            raise InvalidInput(
                f"{person[:80]!r} is no name for a token.",
                "Give the name of an account or of a person: letters, digits, and any of _ . @ -",
            )
        now = self._context.clock()
        if expires is not None and expires.timestamp() * 1000 <= now:
            raise InvalidInput("The token would have expired already.", "Give a moment that is to come.")
        created = datetime.fromtimestamp(now / 1000, UTC)
        view = TokenView(id=secrets.token_hex(4), person=person, read_only=read_only, created_at=created, expires_at=expires)
        text = f"{_BEGINNING}_{view.id}_{secrets.token_urlsafe(32)}"
        kept = _Kept(view=view, sha256=_hash(text))
        await asyncio.to_thread(self._change, lambda known: {**known, view.id: kept})
        return view, text

    async def list(self) -> tuple[TokenView, ...]:
        """All tokens, the oldest first, expired ones too.

        Raises:
            FileProblem: The file of tokens cannot be used.
        """
        return tuple(kept.view for kept in (await asyncio.to_thread(self._known)).values())

    async def revoke(self, ref: str) -> tuple[TokenView, ...]:
        """Let tokens count no more, from now on and in every process.

        Args:
            ref: A token's id, or a person, all of whose tokens are meant.

        Returns:
            Those that are gone.

        Raises:
            NotFound: There is no such token.
            NotAllowed: An agent or a step of a run wants it.
            FileProblem: The file of tokens cannot be used.
        """
        require_person(self._context.principal)
        gone: list[TokenView] = []

        def without(known: dict[str, _Kept]) -> dict[str, _Kept]:
            gone[:] = [kept.view for kept in known.values() if ref in (kept.view.id, kept.view.person)]
            if not gone:
                raise NotFound(f"There is no token {ref[:80]!r}, and nobody of that name has one.", "See `oyama token list`.")
            return {name: kept for name, kept in known.items() if kept.view not in gone}

        await asyncio.to_thread(self._change, without)
        return tuple(gone)

    def holder(self, text: str) -> TokenView | None:
        """The token that somebody shows, as long as it counts; how long it takes tells nothing of the others.

        Args:
            text: What was shown.

        Raises:
            FileProblem: The file of tokens cannot be used, so that nobody is let in.
        """
        parts = text.split("_", 2)
        kept = self._known().get(parts[1]) if len(parts) == 3 and parts[0] == _BEGINNING else None
        same = hmac.compare_digest(_hash(text), kept.sha256 if kept is not None else _hash(""))
        if kept is None or not same or kept.view.is_expired(self._context.clock()):
            return None
        return kept.view

    def _known(self) -> dict[str, _Kept]:
        """All tokens by their ids; the file is read again when it has changed."""
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._trouble(error.strerror or str(error)) from None
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if self._read[0] != stamp:
            try:
                listed = _ALL.validate_json(read_plain(self._path, LARGEST))
            except NotPlain as error:
                raise self._trouble(f"it is {error.kind}") from None
            except OSError as error:
                raise self._trouble(error.strerror or str(error)) from None
            except ValueError:
                raise self._trouble("it is damaged") from None
            self._read = (stamp, {kept.view.id: kept for kept in listed})
        return self._read[1]

    def _change(self, change: Callable[[dict[str, _Kept]], dict[str, _Kept]]) -> None:
        with self._alone():
            listed = tuple(change(dict(self._known())).values())
            try:
                with written_beside(self._path, replace=True) as file:
                    file.write(_ALL.dump_json(listed, indent=1))
            except OSError as error:
                raise self._trouble(error.strerror or str(error)) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from changing the file meanwhile."""
        try:
            plain_folder(self._path.parent)
            descriptor = open_plain(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise self._trouble(error.strerror or str(error)) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _trouble(self, why: str) -> FileProblem:
        return FileProblem(
            f"The file of tokens {self._path} cannot be used: {why}.", "Move it away and make new tokens with `oyama token create`."
        )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
