"""The question that a person is asked about a call."""

from __future__ import annotations

import re
from typing import Any, Final

from oyama_tui.agents.call import Call, Unreadable
from oyama_tui.agents.gates import BrokenGates, Mistake, Rule, strictest
from oyama_tui.agents.proposing import MOST_SHOWN, Proposal, covered, proposal_of
from oyama_tui.core.definition.base import NAME, InputField, InputType, parse_duration
from oyama_tui.core.definition.expressions import OPEN
from oyama_tui.core.questions import Question
from oyama_tui.core.text import one_line, shorten

LONGEST_TITLE: Final = 160
LONGEST_VALUE: Final = 2_000
"""Characters of one text that is kept with the question besides what is shown."""
EDITED: Final = "command"
"""The form's field in which a person changes the command."""
_TYPES: Final[dict[str, InputType]] = {"string": "string", "integer": "integer", "number": "number", "boolean": "boolean"}


def question_of(call: Call, rules: tuple[Rule, ...], *, key: str, redirects: bool) -> Question:
    """What a person is asked about a call.

    Args:
        call: What the agent is about to do.
        rules: Those that mean it.
        key: The same key again is the same question.
        redirects: The agent takes another command than its own.

    Raises:
        Unreadable: It cannot be shown, or not asked like this.
        BrokenGates: A rule has a duration that is out of range.
    """
    first = next(strictest(rules))
    common: dict[str, Any] = {
        "directory": call.directory,
        "risk": first.risk,
        "preview": next((rule.preview for rule in strictest(rules) if rule.preview), ""),
        "timeout": min((timeout for rule in rules if (timeout := _timeout(rule)) is not None), default=None),
        "key": key,
        "program": call.agent,
        "version": call.version,
        "session": call.session,
        "call": call.sameness,
        "mode": call.mode,
        "transcript": call.transcript,
        "input": _kept(call.input),
    }
    if call.moment == "elicitation":
        return _elicitation(call, common)
    proposal = proposal_of(call)
    return Question(
        **common,
        kind="tool_call",
        title=_title(f"{call.agent} wants to {proposal.title}"),
        tool=call.tool,
        words=_words(call),
        proposal=proposal.text,
        proposes=proposal.kind,
        covers=covered(call),
        form=_editable(call, proposal) if redirects and any(rule.edit for rule in rules) else {},
    )


def _title(text: str) -> str:
    """A text as one plain line: what cannot be printed is shown by its number."""
    line = one_line(text, LONGEST_TITLE)
    return "".join(letter if letter.isprintable() else f"<U+{ord(letter):04X}>" for letter in line)


def _timeout(rule: Rule) -> int | None:
    """How long a rule lets a question be open, in milliseconds.

    Raises:
        BrokenGates: It is out of range.
    """
    if not rule.timeout:
        return None
    try:
        return parse_duration(rule.timeout)
    except ValueError as wrong:
        raise BrokenGates([Mistake(rule.file, rule.line, 0, f"timeout: {wrong}")]) from None


def _words(call: Call) -> str:
    """Why, in the agent's own words."""
    found = call.input.get("description") or call.input.get("justification")
    return shorten(found, LONGEST_VALUE) if call.command and isinstance(found, str) else ""


def _kept(value: Any) -> Any:
    """What is given to the tool, long texts shortened: what a yes is bound to stands in the proposal and its digest."""
    if isinstance(value, dict):
        return {_plain(str(name))[:200]: _kept(inner) for name, inner in list(value.items())[:200]}
    if isinstance(value, list):
        return [_kept(inner) for inner in value[:200]]
    return shorten(_plain(value), LONGEST_VALUE) if isinstance(value, str) else value


def _plain(text: str) -> str:
    """A text that can be kept."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def _editable(call: Call, proposal: Proposal) -> dict[str, InputField]:
    if proposal.kind != "command" or OPEN in call.command:
        # A form takes no text that looks like a template of ours.
        return {}
    return {EDITED: InputField(default=call.command, description="What runs; change it and the agent runs that instead.")}


def _elicitation(call: Call, common: dict[str, Any]) -> Question:
    """What a server wants to know through an agent.

    Raises:
        Unreadable: Its form cannot be filled in here.
    """
    message = call.input["message"]
    if call.input["mode"] not in ("", "form"):
        raise Unreadable(f"the server {call.server} wants to know something outside of a form")
    if len(message) > MOST_SHOWN:
        raise Unreadable(f"what the server {call.server} says is too long to be shown")
    return Question(
        **common,
        kind="elicitation",
        title=_title(f"{call.server} asks through {call.agent}: {message}"),
        tool=call.server,
        proposal=_plain(message),
        proposes="text",
        form=_form(call),
    )


def _form(call: Call) -> dict[str, InputField]:
    """The form that a server asks to fill in.

    Raises:
        Unreadable: It has something that cannot be filled in here.
    """
    schema = call.input["requested_schema"]
    fields = schema.get("properties", {}) if isinstance(schema, dict) else None
    needed = schema.get("required", []) if isinstance(schema, dict) else None
    if not isinstance(fields, dict) or not isinstance(needed, list):
        raise Unreadable(f"the form of the server {call.server} cannot be read")
    made: dict[str, InputField] = {}
    for name, about in fields.items():
        kind = _TYPES.get(str(about.get("type"))) if isinstance(about, dict) else None
        if kind is None or re.fullmatch(NAME, name) is None:
            raise Unreadable(f"the form of the server {call.server} has a field that cannot be filled in here: {name[:60]!r}")
        options = about.get("enum") or [one.get("const") for one in about.get("oneOf") or () if isinstance(one, dict)]
        words = [text for text in (about.get("title"), about.get("description")) if isinstance(text, str) and text]
        try:
            made[name] = InputField(
                type=kind,
                required=name in needed,
                default=about.get("default"),
                options=tuple(options),
                min=about.get("minimum"),
                max=about.get("maximum"),
                description=shorten(": ".join(dict.fromkeys(words)), LONGEST_VALUE),
            )
        except ValueError as wrong:
            raise Unreadable(f"the form of the server {call.server} has a field that does not fit, {name!r}: {str(wrong)[:200]}") from None
    return made
