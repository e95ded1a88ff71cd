"""Words for the mistakes that YAML and this format invite, and for what is planned but not there yet."""

from __future__ import annotations

import re
from typing import Final

QUOTE_IT: Final = "a text that begins with one of ! & * @ ` % must be put in quotes"
_FLOW: Final = re.compile(r"[{\[][^\"']*\$\{\{")
_AFTER_QUOTE: Final = re.compile(r"""^\s*(?:-\s+)?[\w-]+:\s+(?:"(?:[^"\\]|\\.)*"|'[^']*'|\[[^\]]*\])\s*[^\s#]""")

LATER_WORKFLOW: Final = frozenset({"schedule", "schedules", "trigger", "triggers", "on", "agents", "crews", "approvers"})
LATER_ACTIONS: Final = frozenset({"agent", "crew"})
LATER_STEP: Final = frozenset({"concurrency", "pool"})
LATER_GATE: Final = frozenset({"at"})


def later(word: str) -> str:
    """The sentence about something that this version does not have yet."""
    return f"{word!r} is planned, and this version does not have it yet"


def tag_hint(tag: str) -> str:
    """What to do about a tag."""
    if tag.startswith("!!"):
        return "leave the tag out"
    return "a text that begins with ! must be put in quotes, for example if: '!inputs.skip'"


def syntax_message(problem: str, context: str) -> str:
    """What is wrong with the YAML, in the words of people."""
    if context == "while scanning an alias":
        return "this is not YAML: a plain text cannot begin with *"
    if problem.startswith("mapping values are not allowed"):
        return "this is not YAML: a second ': ' stands in this line, or the indentation is wrong"
    if problem.startswith("found character"):
        return f"this is not YAML: {problem.removeprefix('found ').replace('that cannot start any token', 'cannot begin a value here')}"
    if problem == "unclosed":
        return f"this is not YAML: this {'quote' if 'quoted' in context else 'list [ ] or map { }'} is never closed"
    return f"this is not YAML: {problem}{f' ({context})' if context else ''}"


def syntax_hint(problem: str, context: str, lines: list[str]) -> str:
    """What to do about a mistake in the YAML.

    Args:
        problem: What the parser says.
        context: What it was reading.
        lines: The line of the problem first, then others that may have caused it.
    """
    if "'\\t'" in problem or (lines and "\t" in lines[0][: len(lines[0]) - len(lines[0].lstrip())]):
        return "indent with spaces, not with tabs"
    if any(_FLOW.search(line) for line in lines):
        return 'inside { } or [ ] an expression must be put in quotes: {url: "${{ x }}"}'
    if context == "while scanning an alias" or problem.startswith("found character"):
        return QUOTE_IT
    if problem.startswith("mapping values"):
        return "put a text with ': ' in it in quotes, and line up the keys of a map"
    if any(_AFTER_QUOTE.match(line) for line in lines):
        return 'put the whole value in quotes, for example \'"a" == "b"\''
    return ""
