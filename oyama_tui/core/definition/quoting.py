"""Where the expressions of a shell script stand: a reader of POSIX quoting that stops trusting itself when shells differ."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

from oyama_tui.core.definition.expressions import Piece, secret_name, split_template

Context = Literal["word", "quoted", "refused"]
MARK: Final = "\0"
"""Stands for an expression while the script is read."""
USE_ENV: Final = 'put the value into env: and use "$NAME" in the script'
REASONS: Final = {
    "single": "inside single quotes the shell would not replace it",
    "dollar_single": "inside $'...' the shell would not replace it",
    "backtick": "inside backticks quoting is not reliable; $( ) would be",
    "arithmetic": "inside (( )) the shell would evaluate the value as code",
    "brace": "inside ${ } quoting is not reliable",
    "heredoc": "inside a heredoc it cannot be quoted",
    "comment": "inside a comment it has no meaning",
    "dollar": "right after a $ it would be read as a variable",
    "backslash": "right after a backslash its quotes would be broken",
    "secret": "a secret cannot stand in a script",
    "uncertain": "shells read the quoting before this place differently",
    "unclosed": "the quotes or brackets of this script do not close",
    "nul": "a script cannot hold a NUL character",
}


@dataclass(frozen=True, slots=True)
class Spot:
    """An expression in a script and how it may be replaced."""

    piece: Piece
    context: Context
    """`word`: it stands free; `quoted`: inside double quotes; `refused`: nowhere safe."""
    reason: str
    """A key of `REASONS` when refused."""
    command: str
    """The simple command up to this place, its first 1,000 characters, with marks for expressions."""


@dataclass(slots=True)
class _Frame:
    """One level of nesting."""

    kind: Literal["code", "double", "brace", "arithmetic"]
    in_double: bool = False
    parens: int = 0
    cases: int = 0
    substitution: bool = False
    """Its text becomes part of a word."""
    start: int = 0
    word: bool = True
    """The next character starts a word."""
    command: bool = True
    """The next word may be a keyword."""
    heredocs: list[tuple[str, bool, bool]] = field(default_factory=list)
    """Heredocs whose text begins on the next line: end word, tabs are cut, end word was quoted."""


_PLAIN: Final = re.compile(r"[^\\'\"`$#<>()\s;&|\0]+")
_QUOTED: Final = re.compile(r'[^\\"`$\0]+')
_HEREDOC: Final = re.compile(r"<<(-?)[ \t]*((?:\\.|'[^'\0]*'|\"[^\"$`\\\0]*\"|[^\s;&|<>()'\"\\`$\0])+)")
_SUBSCRIPT: Final = re.compile(r"(?:^|[\s;&|(])[A-Za-z_]\w*\[[^\]\s]*\Z")
_SIMPLE_QUOTES: Final = re.compile(r'"[^"\\$`}\'\0]*"')
_KEYWORDS: Final = frozenset({"then", "do", "else", "elif", "if", "while", "until", "!", "{", "time"})


class _Reader:
    """Reads a script in which every expression is one mark."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._stack = [_Frame("code")]
        self._uncertain = False
        self.found: list[tuple[Context, str, str]] = []

    def read(self) -> bool:
        """Read to the end; false when something is left open."""
        steps = {"code": self._code, "double": self._double, "brace": self._brace, "arithmetic": self._arithmetic}
        while self._at < len(self._text):
            frame = self._stack[-1]
            steps[frame.kind](frame, self._text[self._at])
        return len(self._stack) == 1 and not self._stack[0].heredocs

    def _record(self, context: Context, reason: str = "") -> None:
        if not reason and _SUBSCRIPT.search(self._text, max(0, self._at - 200), self._at):
            reason = "arithmetic"
        inside = next((frame.kind for frame in reversed(self._stack) if frame.kind in ("brace", "arithmetic")), "")
        why = reason or inside or ("uncertain" if self._uncertain else "")
        start = next(frame.start for frame in reversed(self._stack) if frame.kind == "code")
        self.found.append(("refused" if why else context, why, self._text[start : min(self._at, start + 1000)]))

    def _skip(self, end: int, reason: str) -> None:
        """Go on at `end`; expressions on the way are refused."""
        for _ in range(self._text.count(MARK, self._at, end)):
            self._record("refused", reason)
        self._at = end

    def _until(self, closing: str, reason: str) -> None:
        """Skip to after the next `closing`, from after the character here."""
        end = self._text.find(closing, self._at + 1)
        if end < 0:
            self._stack.append(_Frame("double"))
            self._skip(len(self._text), "unclosed")
        else:
            self._skip(end + 1, reason)

    def _backslash(self) -> None:
        following = self._text[self._at + 1 : self._at + 2]
        if following == "\n" and self._at and self._text[self._at - 1] in "$<(":
            self._uncertain = True
        if following == MARK:
            self._at += 1
            self._record("refused", "backslash")
            self._at += 1
        else:
            self._at += 2

    def _backtick(self) -> None:
        match = re.compile(r"`(?:[^`\\]|\\.)*`", re.DOTALL).match(self._text, self._at)
        if match is None:
            self._stack.append(_Frame("double"))
        self._skip(match.end() if match else len(self._text), "backtick")

    def _dollar(self, frame: _Frame) -> None:
        rest = self._text[self._at + 1 : self._at + 3]
        in_double = frame.kind == "double" or (frame.kind != "code" and frame.in_double)
        if rest == "((":
            self._stack.append(_Frame("arithmetic", in_double, parens=2))
            self._at += 3
        elif rest[:1] == "(":
            self._stack.append(_Frame("code", start=self._at + 2, substitution=True))
            self._at += 2
        elif rest[:1] == "{":
            self._stack.append(_Frame("brace", in_double))
            self._at += 2
        elif rest[:1] == MARK:
            self._at += 1
            self._record("refused", "dollar")
            self._at += 1
        elif rest[:1] == "'" and frame.kind != "double":
            self._uncertain = self._uncertain or in_double
            self._dollar_single()
        elif rest[:1] == "[":
            self._uncertain = True
            self._at += 2
        else:
            self._at += 2 if rest[:1] in ("$", "#", "?", "!", "*", "@", "-") and rest[:1] else 1

    def _dollar_single(self) -> None:
        match = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL).match(self._text, self._at)
        if match is None:
            self._stack.append(_Frame("double"))
            self._skip(len(self._text), "unclosed")
            return
        self._skip(match.end(), "dollar_single")
        self._uncertain = self._uncertain or "\\'" in match.group(1) or "\\\\" in match.group(1)

    def _code(self, frame: _Frame, character: str) -> None:
        starts_word, frame.word = frame.word, False
        if character == MARK:
            self._record("word")
            frame.command = False
            self._at += 1
        elif character in "\n;&|":
            self._separator(frame, character)
        elif character == ">":
            frame.word = True
            self._at += 2 if self._text[self._at + 1 : self._at + 2] in ("&", "|", ">") and self._at + 1 < len(self._text) else 1
        elif character.isspace():
            frame.word = True
            self._at += 1
        elif character == "\\":
            frame.word = starts_word and self._text.startswith("\\\n", self._at)
            self._backslash()
        elif character == "#" and starts_word:
            end = self._text.find("\n", self._at)
            self._skip(end if end >= 0 else len(self._text), "comment")
        elif character in "()":
            self._bracket(frame, character, starts_word)
        elif character == "<":
            self._redirection(frame)
        else:
            self._word(frame, character)

    def _separator(self, frame: _Frame, character: str) -> None:
        self._at += 1
        frame.word = frame.command = True
        frame.start = self._at
        if character == "\n":
            for end_word, tabs, quoted in frame.heredocs:
                self._heredoc(end_word, tabs, quoted)
            frame.heredocs.clear()
            frame.start = self._at

    def _word(self, frame: _Frame, character: str) -> None:
        if character in "'\"`$":
            frame.command = False
        if character == "'":
            self._until("'", "single")
        elif character == '"':
            self._stack.append(_Frame("double"))
            self._at += 1
        elif character == "`":
            self._backtick()
        elif character == "$":
            self._dollar(frame)
        elif character == "#":
            self._at += 1
        else:
            match = _PLAIN.match(self._text, self._at)
            self._at = match.end() if match else self._at + 1
            self._keyword(frame, match.group() if match else "")

    def _keyword(self, frame: _Frame, word: str) -> None:
        whole = self._text[self._at : self._at + 1] in ("", " ", "\t", "\n", ";", "&", "|", ")", "(")
        known = frame.command and whole
        if known and word == "case":
            frame.cases += 1
        elif known and word == "esac":
            frame.cases = max(0, frame.cases - 1)
        elif known and word in _KEYWORDS:
            frame.start = self._at
            return
        frame.command = whole and word == "in" and frame.cases > 0

    def _bracket(self, frame: _Frame, character: str, starts_word: bool) -> None:
        self._at += 1
        if character == "(" and starts_word and self._text.startswith("(", self._at):
            self._stack.append(_Frame("arithmetic", parens=2))
            self._at += 1
        elif character == "(":
            substitution = self._text[self._at - 2 : self._at - 1] in ("<", ">") and self._at > 1
            self._stack.append(_Frame("code", start=self._at, substitution=substitution))
        elif frame.cases or len(self._stack) == 1:
            frame.word = frame.command = True
            frame.start = self._at
        else:
            self._uncertain = self._uncertain or bool(frame.heredocs)
            self._stack.pop()
            self._stack[-1].word = not frame.substitution

    def _redirection(self, frame: _Frame) -> None:
        frame.word = True
        if self._text.startswith("<<<", self._at):
            self._at += 3
        elif self._text.startswith("<&", self._at):
            self._at += 2
        elif self._text.startswith("<<", self._at):
            match = _HEREDOC.match(self._text, self._at)
            if match is None or self._text[match.end() : match.end() + 1] in (MARK, "$", "`", "\\", "'", '"'):
                self._uncertain = True
                self._at += 2
                return
            word = match.group(2)
            frame.heredocs.append((re.sub(r"[\\'\"]", "", word), bool(match.group(1)), any(mark in word for mark in "\\'\"")))
            self._at = match.end()
        else:
            self._at += 1

    def _heredoc(self, end_word: str, tabs: bool, quoted: bool) -> None:
        continued = False
        while self._at < len(self._text):
            end = self._text.find("\n", self._at)
            end = end if end >= 0 else len(self._text)
            line = self._text[self._at : end]
            line = line.lstrip("\t") if tabs else line
            done = line == end_word and not continued
            if not done and len(self._stack) > 1 and line.strip().startswith(end_word):
                self._uncertain = True
            continued = not quoted and (len(line) - len(line.rstrip("\\"))) % 2 == 1
            self._skip(min(end + 1, len(self._text)), "heredoc")
            if done:
                return
        self._uncertain = True

    def _double(self, frame: _Frame, character: str) -> None:
        if character == MARK:
            self._record("quoted")
            self._at += 1
        elif character == "\\":
            self._backslash()
        elif character == '"':
            self._stack.pop()
            self._at += 1
        elif character == "`":
            self._backtick()
        elif character == "$":
            self._dollar(frame)
        else:
            match = _QUOTED.match(self._text, self._at)
            self._at = match.end() if match else self._at + 1

    def _brace(self, frame: _Frame, character: str) -> None:
        if character == "}":
            self._stack.pop()
            self._at += 1
        elif character == '"':
            match = _SIMPLE_QUOTES.match(self._text, self._at)
            if match is not None:
                self._at = match.end()
            else:
                self._uncertain = self._uncertain or frame.in_double
                self._stack.append(_Frame("double"))
                self._at += 1
        elif character == "'" and frame.in_double:
            self._uncertain = True
            self._at += 1
        else:
            self._inner(frame, character)

    def _arithmetic(self, frame: _Frame, character: str) -> None:
        frame.parens += {"(": 1, ")": -1}.get(character, 0)
        if frame.parens == 0:
            self._stack.pop()
            self._at += 1
        elif character == '"':
            self._uncertain = True
            self._stack.append(_Frame("double"))
            self._at += 1
        else:
            self._uncertain = self._uncertain or character in "'#\n"
            self._inner(frame, character)

    def _inner(self, frame: _Frame, character: str) -> None:
        if character == MARK:
            self._record("refused", frame.kind)
            self._at += 1
        elif character == "\\":
            self._backslash()
        elif character == "'":
            self._until("'", "single")
        elif character == "`":
            self._backtick()
        elif character == "$":
            self._dollar(frame)
        else:
            self._at += 1


@lru_cache(maxsize=512)
def find_spots(script: str) -> tuple[Spot, ...]:
    """Find where each expression of a shell script stands.

    Args:
        script: The template of a script.

    Raises:
        ExpressionError: A `${{` that is never closed.
    """
    parts = split_template(script)
    pieces = [part for part in parts if isinstance(part, Piece)]
    if not pieces:
        return ()
    if any(MARK in part for part in parts if isinstance(part, str)):
        return tuple(Spot(piece, "refused", "nul", "") for piece in pieces)
    reader = _Reader("".join(part if isinstance(part, str) else MARK for part in parts))
    closed = reader.read()
    spots: list[Spot] = []
    for piece, (context, reason, command) in zip(pieces, reader.found, strict=True):
        if context != "refused" and not closed:
            context, reason = "refused", "unclosed"
        if secret_name(piece.source):
            context, reason = "refused", "secret"
        spots.append(Spot(piece, context, reason, command))
    return tuple(spots)
