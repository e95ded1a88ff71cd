"""What an executor is given, in lines for people: every value of an order, so that nothing reaches an action unseen."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import JsonValue

from oyama_tui.core.definition.base import format_duration
from oyama_tui.core.definition.kinds.run import DEFAULT_SHELL
from oyama_tui.core.definition.shell import VARIABLE
from oyama_tui.core.definition.step import KINDS
from oyama_tui.core.events import ApprovalContent
from oyama_tui.core.format import as_text

_VARIABLE: Final = re.compile(rf"\$\{{({VARIABLE}\d+)\}}")


def order_lines(order: Mapping[str, JsonValue], *, said: frozenset[str] = frozenset()) -> tuple[tuple[str, str], ...]:
    """Every value of an order with its name, in the order's own sequence; the entries of maps each have a line.

    Args:
        order: `ApprovalContent.order` or `preview_order`.
        said: Names that are shown otherwise, such as the script that is the action's own text, or `env NAME` for one entry. Only these
            are left out: a name that nobody has thought of is shown.
    """
    return tuple(line for line in _lines(order) if line[0] not in said and line[0].split(" ")[0] not in said)


def _lines(order: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    for name, value in order.items():
        if isinstance(value, dict) and "$secret" not in value and value:
            for key, inner in value.items():
                yield from _lines({f"{name} {key}": inner}) if name == "preview" else ((f"{name} {key}", value_text(inner)),)
        elif name in ("idle", "silence") and isinstance(value, int):
            yield name, format_duration(value)
        else:
            yield name, value_text(value)


def said_by_action(content: ApprovalContent) -> frozenset[str]:
    """The names of those lines of a content's order that its action and its working directory say already.

    Args:
        content: What is asked.
    """
    kind = KINDS.get(content.kind)
    said = set(kind.said) if kind is not None else set()
    if content.order.get("shell") == list(DEFAULT_SHELL):
        said.add("shell")
    script = content.order.get("script")
    used = _VARIABLE.findall(script) if isinstance(script, str) else []
    # The action shows the values of the variables that stand for its expressions; one that somebody has written out is still there.
    return frozenset(said | {f"env {name}" for name in used if f"${{{name}}}" not in content.action})


def from_answer_names(content: ApprovalContent) -> frozenset[str]:
    """The names of the lines of a content's order that the answer fills in.

    Args:
        content: What is asked.
    """
    return frozenset(
        f"{place[0]} {place[1]}" if isinstance(content.order.get(str(place[0])), dict) else str(place[0]) for place in content.from_answer
    )


def preview_lines(content: ApprovalContent) -> tuple[tuple[str, str], ...]:
    """What the preview got besides its command, as far as it is not the same for the action.

    Args:
        content: What is asked.
    """
    order, action = content.preview_order, dict(order_lines(content.order))
    preview = order.get("preview")
    if not isinstance(preview, dict):
        return ()
    used = _VARIABLE.findall(str(preview.get("script", "")))
    said = {"preview script", "preview argv", "files", *(f"preview env {name}" for name in used)}
    if preview.get("shell") == list(DEFAULT_SHELL):
        said.add("preview shell")
    lines = order_lines(order, said=frozenset(said))
    return tuple((name, text) for name, text in lines if action.get(name.removeprefix("preview ")) != text)


def command_text(order: Mapping[str, JsonValue]) -> str:
    """A command as people would type it, with the values of its expressions; empty when the order has none.

    Args:
        order: Has `script` and `env`, or `argv`; the order of a gate has it as its `preview`.
    """
    argv, script, env = order.get("argv"), order.get("script"), order.get("env")
    if isinstance(argv, list):
        return " ".join(quoted(part) for part in argv)
    values = env if isinstance(env, dict) else {}
    if not isinstance(script, str):
        return ""
    return _VARIABLE.sub(lambda found: value_text(values[found[1]]) if found[1] in values else found[0], script).strip()


def order_words(kind: str, order: Mapping[str, JsonValue]) -> str:
    """What an order does, in words that people would type; secrets show their names.

    Args:
        kind: The kind of step.
        order: What its executor gets.
    """
    if kind == "http":
        return f"{order.get('method', '')} {value_text(order.get('url', ''))}"
    if kind not in ("python", "use"):
        return command_text(order)
    given = order.get("with")
    values = given.items() if isinstance(given, dict) else ()
    return f"{order.get('call', order.get('use', ''))}({', '.join(f'{name}={value_text(value)}' for name, value in values)})"


def quoted(value: JsonValue) -> str:
    """One argument as people would type it; a secret shows its name only.

    Args:
        value: A text, or one with secrets in it.
    """
    return value_text(value) if isinstance(value, dict) else shlex.quote(str(value))


def value_text(value: JsonValue) -> str:
    """One value as people read it: texts as they are, secrets by name, everything else as JSON."""
    if isinstance(value, dict) and isinstance(parts := value.get("$secret"), list):
        return "".join(part if isinstance(part, str) else f"${{{part['name']}}}" if isinstance(part, dict) else "" for part in parts)
    if isinstance(value, list) and any(isinstance(part, dict) and "$secret" in part for part in value):
        return as_text([value_text(part) for part in value])
    return as_text(value)
