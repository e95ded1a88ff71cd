"""The commands that a line for a shell holds, as far as its text tells: compound commands, substitutions and scripts in quotes.

It is for gates, so it rather finds a command too many than one too few. What only the running shell knows, such as the value of a
variable, counts as any word.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

UNKNOWN: Final = "\ue000"
"""Stands in a word for what only the running shell knows; a character of no script, which no command holds by chance."""
MOST_CHARACTERS: Final = 256 * 1024
MOST_COMMANDS: Final = 10_000
MOST_DEPTH: Final = 16

_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*(\[[^]]*\])?\+?=")
_VARIABLE: Final = re.compile(r"[A-Za-z_]\w*|[0-9@*#?$!-]")
_ESCAPE: Final = re.compile(r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[0-7]{1,3}|.)", re.DOTALL)
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}
_KEYWORDS: Final = frozenset(
    {
        "!",
        "{",
        "}",
        "if",
        "then",
        "else",
        "elif",
        "fi",
        "do",
        "done",
        "while",
        "until",
        "for",
        "case",
        "esac",
        "select",
        "function",
        "coproc",
    }
)
_SHELLS: Final = frozenset({"sh", "bash", "dash", "zsh", "ksh", "fish", "ash", "busybox"})
WRAPPERS: Final = _SHELLS | {
    *("sudo", "doas", "su", "env", "nohup", "time", "nice", "ionice", "timeout", "xargs", "command", "exec", "builtin", "eval", "stdbuf"),
    *("setsid", "ssh", "find", "watch", "parallel", "chroot", "script", "flock", "unshare", "nsenter", "docker", "podman", "kubectl"),
    *("systemd-run", "strace", "entr", "trap", "npx", "uv", "poetry", "pipenv", "nix", "direnv", "op", "caffeinate", "arch"),
}
"""Programs that start others: what stands behind them counts as a command too."""


class Commands(NamedTuple):
    """What a text for a shell starts."""

    words: tuple[tuple[str, ...], ...]
    """Each command's words, the program first, without assignments and redirections."""
    clear: bool
    """Whether the text could be read to its end; where not, a quote is open or there is too much of it."""


def commands_of(text: str) -> Commands:
    """The commands that a text for a shell starts, those inside of quotes and substitutions too.

    Args:
        text: As an agent gives it to its shell.
    """
    reading = _Reading()
    if len(text) > MOST_CHARACTERS:
        return Commands((), False)
    reading.script(text, 0)
    if any(_bare_shell(words) for words in reading.found):
        # Something is fed to a shell: what the others print may be commands.
        for words in tuple(reading.found):
            reading.script(" ".join(words[1:]), 1)
    return Commands(tuple(dict.fromkeys(reading.found)), reading.clear)


def program(word: str) -> str:
    """The name of a program without the folder that it is called from."""
    return word.rpartition("/")[2] or word


def _bare_shell(words: tuple[str, ...]) -> bool:
    return program(words[0]) in _SHELLS and all(word.startswith("-") for word in words[1:])


class _Reading:
    """Collects the commands of one text and of the texts inside it."""

    def __init__(self) -> None:
        self.found: list[tuple[str, ...]] = []
        self.clear = True

    def script(self, text: str, depth: int) -> None:
        """Read a text as a shell would."""
        if depth > MOST_DEPTH or len(self.found) > MOST_COMMANDS:
            self.clear = False
            return
        scanner = _Scanner(text)
        scanner.run()
        self.clear = self.clear and scanner.clear
        for words in scanner.commands:
            self._command(words, depth)
        for inner in scanner.inner:
            self.script(inner, depth + 1)

    def _command(self, words: list[str], depth: int) -> None:
        start = 0
        while start < len(words) and (words[start] in _KEYWORDS or _ASSIGNMENT.match(words[start])):
            start += 1
        left = words[start:]
        if not left:
            return
        self.found.append(tuple(left))
        if program(left[0]) not in WRAPPERS:
            return
        if program(left[0]) == "eval":
            self.script(" ".join(left[1:]), depth + 1)
        for place in range(1, len(left)):
            word = left[place]
            if re.search(r"[\s;|&`]", word):
                self.script(word, depth + 1)
            elif not word.startswith("-") and not _ASSIGNMENT.match(word):
                self.found.append(tuple(left[place:]))
            if len(self.found) > MOST_COMMANDS:
                self.clear = False
                return


class _Scanner:
    """Splits one text into commands of words."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.clear = text, 0, True
        self.commands: list[list[str]] = []
        self.inner: list[str] = []
        """Texts that a shell runs besides: substitutions, and what is fed to programs."""
        self._words: list[str] = []
        self._word: list[str] | None = None
        self._awaits = ""
        """The redirection whose target comes next."""
        self._here: list[tuple[str, bool]] = []
        """Ends of the texts that begin after this line."""

    def run(self) -> None:
        """Read the whole text."""
        text = self.text
        while self.at < len(text):
            letter = text[self.at]
            if letter in " \t":
                self._end_word()
                self.at += 1
            elif letter == "\n":
                self._end_command()
                self.at += 1
                self._read_here()
            elif letter == "#" and self._word is None:
                end = text.find("\n", self.at)
                self.at = len(text) if end < 0 else end
            elif letter in "<>" or text.startswith("&>", self.at):
                self._redirect()
            elif letter in ";&|()":
                self._end_command()
                self.at += 1
            else:
                self._piece(letter)
        self._end_command()
        self.clear = self.clear and not self._here

    def _put(self, piece: str) -> None:
        if self._word is None:
            self._word = []
        self._word.append(piece)

    def _end_word(self) -> None:
        if self._word is None:
            return
        word, self._word = "".join(self._word), None
        if self._awaits in ("<<", "<<-"):
            self._here.append((word, self._awaits == "<<-"))
        elif self._awaits == "<<<":
            self.inner.append(word)
        elif not self._awaits:
            self._words.append(word)
        self._awaits = ""

    def _end_command(self) -> None:
        self._end_word()
        self._awaits = ""
        if self._words:
            self.commands.append(self._words)
            self._words = []

    def _read_here(self) -> None:
        """Read the texts whose ends were named in the line before."""
        for end, indented in self._here:
            lines: list[str] = []
            while self.at < len(self.text):
                stop = self.text.find("\n", self.at)
                stop = len(self.text) if stop < 0 else stop
                line, self.at = self.text[self.at : stop], min(stop + 1, len(self.text))
                if (line.lstrip("\t") if indented else line) == end:
                    break
                lines.append(line)
            # Prose with an odd apostrophe is no open quote of the command, so each line stands for itself too.
            self.inner += lines
        self._here = []

    def _redirect(self) -> None:
        if self._word is not None and "".join(self._word).isdigit():
            self._word = None
        self._end_word()
        for operator in ("<<<", "<<-", "<<", "<(", ">(", "&>>", "&>", ">>", ">&", "<&", ">|", "<>", "<", ">"):
            if self.text.startswith(operator, self.at):
                break
        self.at += len(operator)
        if operator in ("<(", ">("):
            self.inner.append(self._until_closed())
            self._put(UNKNOWN)
        else:
            self._awaits = operator

    def _piece(self, letter: str) -> None:
        """Read a part of a word."""
        text = self.text
        if letter == "\\":
            following = text[self.at + 1 : self.at + 2]
            self.at += 2
            if following != "\n":
                self._put(following)
        elif letter == "'":
            self._put(self._quoted("'"))
        elif letter == '"':
            self.at += 1
            self._double()
        elif text.startswith("$'", self.at):
            self.at += 1
            self._put(_ESCAPE.sub(_unescaped, self._quoted("'", escapes=True)))
        elif letter in "$`":
            self._dollar()
        else:
            end = self.at + 1
            while end < len(text) and text[end] not in " \t\n\\'\"$`;&|()<>":
                end += 1
            self._put(text[self.at : end])
            self.at = end

    def _quoted(self, quote: str, *, escapes: bool = False) -> str:
        """What stands in single quotes."""
        end = self.at + 1
        while end < len(self.text) and self.text[end] != quote:
            end += 2 if escapes and self.text[end] == "\\" else 1
        inside, self.at = self.text[self.at + 1 : end], end + 1
        self.clear = self.clear and end < len(self.text)
        return inside

    def _double(self) -> None:
        """Read what stands in double quotes."""
        self._put("")
        text = self.text
        while self.at < len(text) and text[self.at] != '"':
            if text[self.at] == "\\" and text[self.at + 1 : self.at + 2] in ("$", "`", '"', "\\", "\n"):
                self._put(text[self.at + 1].replace("\n", ""))
                self.at += 2
            elif text[self.at] in "$`":
                self._dollar()
            else:
                end = self.at + 1
                while end < len(text) and text[end] not in '\\$`"':
                    end += 1
                self._put(text[self.at : end])
                self.at = end
        self.clear = self.clear and self.at < len(text)
        self.at += 1

    def _dollar(self) -> None:
        """Read what only the running shell knows."""
        text = self.text
        if text[self.at] == "`":
            end = self.at + 1
            while end < len(text) and text[end] != "`":
                end += 2 if text[end] == "\\" else 1
            self.inner.append(text[self.at + 1 : end].replace("\\`", "`"))
            self.clear, self.at = self.clear and end < len(text), end + 1
            self._put(UNKNOWN)
        elif text.startswith("$(", self.at):
            self.at += 2
            self.inner.append(self._until_closed())
            self._put(UNKNOWN)
        elif text.startswith("${", self.at):
            self.at += 2
            # What stands in place of an empty variable may be a word, and may hold a substitution.
            self.inner.append(self._until_closed("{", "}").partition("-")[2])
            self._put(UNKNOWN)
        elif (name := _VARIABLE.match(text, self.at + 1)) is not None:
            self.at = name.end()
            self._put(UNKNOWN)
        else:
            self._put("$")
            self.at += 1

    def _until_closed(self, opening: str = "(", closing: str = ")") -> str:
        """The text up to the bracket that closes the one before it."""
        text, start, depth = self.text, self.at, 1
        while self.at < len(text):
            letter = text[self.at]
            if letter == "\\":
                self.at += 1
            elif letter == "'":
                self._quoted("'")
                continue
            elif letter == '"':
                self._skip_double()
                continue
            elif letter == opening:
                depth += 1
            elif letter == closing:
                depth -= 1
                if depth == 0:
                    self.at += 1
                    return text[start : self.at - 1]
            self.at += 1
        self.clear = False
        return text[start:]

    def _skip_double(self) -> None:
        """Pass over double quotes, whose content is read when the text around them is."""
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] != '"':
            if self.text[self.at] == "\\":
                self.at += 2
            elif self.text.startswith("$(", self.at):
                self.at += 2
                self._until_closed()
            else:
                self.at += 1
        self.clear = self.clear and self.at < len(self.text)
        self.at += 1


def _unescaped(found: re.Match[str]) -> str:
    letters = found.group(1)
    if letters[0] in "xuU" and len(letters) > 1:
        code = int(letters[1:], 16)
        return chr(code) if code < 0x110000 else ""
    if letters[0] in "01234567":
        return chr(int(letters, 8) & 0xFF)
    return _LETTERS.get(letters, letters)
