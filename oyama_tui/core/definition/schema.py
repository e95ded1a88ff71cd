"""What the definition format is, for editors (JSON Schema) and for people (the reference page); both come from the models."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, Final, TypeAlias

from pydantic import BaseModel, JsonValue

from oyama_tui.core.definition.base import MAX_BYTES, MAX_DEPTH, MAX_STEPS, InputField, format_duration
from oyama_tui.core.definition.compensation import Compensation
from oyama_tui.core.definition.concurrency import Concurrency
from oyama_tui.core.definition.functions import MEANINGS, to_text
from oyama_tui.core.definition.gate import Approvers, Escalation, SendBack
from oyama_tui.core.definition.going_back import Goto
from oyama_tui.core.definition.keep import Keep
from oyama_tui.core.definition.kind import StepKind
from oyama_tui.core.definition.schema_notes import NOTES
from oyama_tui.core.definition.step import KINDS, Defaults, FailureCodes, RetryPolicy, StepBase, StepTimeout
from oyama_tui.core.definition.visible import BLOCK_FIELDS, DECISION_FIELDS, END_FIELDS, RUN_FIELDS, STEP_FIELDS
from oyama_tui.core.definition.workflow import Handlers, RunTimeout, Workflow

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


_Section: TypeAlias = tuple[str, type[BaseModel], type[BaseModel] | None]


def heading_of(name: str) -> str:
    """A key as a heading: `for_each` is `For each`."""
    return name.replace("_", " ").capitalize()


def _sections_of(kinds: Iterable[StepKind[Any]]) -> Iterator[_Section]:
    """The sections of the step kinds; what stands in several kinds comes with the first one."""
    inside: set[type[BaseModel]] = set()
    for kind in kinds:
        yield f"{heading_of(kind.name)} step", kind.model, StepBase
        for key, model in kind.inside.items():
            if model not in inside:
                inside.add(model)
                yield heading_of(key), model, None


_SECTIONS: Final[tuple[_Section, ...]] = (
    ("Workflow", Workflow, None),
    ("Every step", StepBase, None),
    *_sections_of(KINDS.values()),
    ("Input field", InputField, None),
    ("Retry policy", RetryPolicy, None),
    ("Failure codes", FailureCodes, None),
    ("Timeouts", StepTimeout, None),
    ("Timeouts of a run", RunTimeout, None),
    ("Compensate", Compensation, None),
    ("Approvers", Approvers, None),
    ("Escalation", Escalation, None),
    ("Sending back", SendBack, None),
    ("Going back", Goto, None),
    ("Handlers", Handlers, None),
    ("Defaults", Defaults, None),
    ("Concurrency", Concurrency, None),
    ("Keep", Keep, None),
)
"""Heading, model, and the model whose keys are described elsewhere."""
_LINKS: Final = {model.__name__: heading for heading, model, _ in _SECTIONS}
_PLAIN_TYPES: Final = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}


@cache
def _own_docstrings(model: type[BaseModel]) -> Mapping[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(model)))
    except (OSError, TypeError, SyntaxError):
        return {}
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    found: dict[str, str] = {}
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            value = text.value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found[field.target.id] = inspect.cleandoc(value.value)
    return found


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """What each key of a model means, by its name in files; taken from the docstrings below the attributes.

    Args:
        model: A model of the definition format.
    """
    texts: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            texts.update(_own_docstrings(base))
    return {field.alias or name: texts.get(name, "") for name, field in model.model_fields.items()}


def json_schema() -> dict[str, JsonValue]:
    """The JSON Schema of a definition, with descriptions, for editors that check and complete YAML."""
    schema: dict[str, Any] = Workflow.model_json_schema(by_alias=True)
    parts: dict[str, Any] = schema["$defs"]
    for _, model, _ in _SECTIONS:
        part: dict[str, Any] = schema if model is Workflow else parts.get(model.__name__, {"properties": {}})
        for key, field in part["properties"].items():
            field["description"] = meanings(model)[key]
            if _is_duration(field) and isinstance(field.get("default"), int):
                field["default"] = format_duration(field["default"])
    schema["required"] = ["steps"]
    duration = next(choice for choice in parts["StepTimeout"]["properties"]["attempt"]["anyOf"] if choice.get("type") == "string")
    for name in ("RunTimeout", "StepTimeout"):
        parts[name] = {"anyOf": [duration, parts[name]], "description": parts[name].pop("description", "")}
    question = {key: value for key, value in parts["Gate"]["properties"]["title"].items() if key != "default"}
    parts["Gate"] = {"anyOf": [question, parts["Gate"]], "description": parts["Gate"].pop("description", "")}
    _take_items_alone(parts)
    return {"$schema": DIALECT, **schema, "title": "Oyama workflow"}


def _take_items_alone(parts: dict[str, Any]) -> None:
    """Let the items of a loop stand for the whole of it, as the model does; `_from_items` of `ForEach` says when."""
    short = [{"type": "string"}, {"type": "array"}]
    parts["ForEach"] = {"anyOf": [*short, parts["ForEach"]], "description": parts["ForEach"].pop("description", "")}


def _is_duration(part: Mapping[str, Any]) -> bool:
    return part.get("type") == "string" and bool(part.get("examples"))


def _type_words(part: Mapping[str, Any]) -> str:
    if "$ref" in part:
        name = str(part["$ref"]).rsplit("/", 1)[-1]
        heading = _LINKS.get(name)
        return f"[{heading.lower()}](#{heading.lower().replace(' ', '-')})" if heading else "any value"
    if "enum" in part or "const" in part:
        values = part.get("enum", [part.get("const")])
        return " \\| ".join(f"`{value if isinstance(value, str) else to_text(value)}`" for value in values)
    choices = part.get("anyOf") or part.get("oneOf")
    if choices:
        return " or ".join(dict.fromkeys(words for choice in choices if (words := _type_words(choice)) != "null"))
    if part.get("type") == "array" and "oneOf" in part.get("items", {}):
        return "list of [steps](#every-step)"
    if part.get("type") == "array":
        return f"list of {_type_words(part.get('items', {}))}"
    if part.get("type") == "object":
        return _map_words(part)
    if _is_duration(part):
        return "duration"
    return _PLAIN_TYPES.get(str(part.get("type")), "any value")


def _map_words(part: Mapping[str, Any]) -> str:
    inner: Any = part.get("additionalProperties") or next(iter(part.get("patternProperties", {}).values()), None)
    return f"map of {_type_words(inner)}" if isinstance(inner, dict) else "map"


def _default_words(part: Mapping[str, Any], required: bool) -> str:
    if required:
        return "required"
    value = part.get("default")
    if value in (None, "", [], {}):
        return ""
    if _is_duration(part) and isinstance(value, int):
        return f"`{format_duration(value)}`"
    shown = str(value).lower() if isinstance(value, bool) else f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)
    return "" if isinstance(value, dict) else f"`{shown}`"


def _table(heading: str, model: type[BaseModel], elsewhere: type[BaseModel] | None) -> Iterator[str]:
    schema = model.model_json_schema(by_alias=True)
    # A model that has itself in it is among its own definitions.
    schema = schema["$defs"][model.__name__] if "$ref" in schema else schema
    hidden = set(elsewhere.model_fields) - set(inspect.get_annotations(model)) if elsewhere else set()
    fields = {name: field.alias or name for name, field in model.model_fields.items() if name not in hidden}
    texts = meanings(model)
    yield f"## {heading}"
    yield ""
    yield inspect.cleandoc(model.__doc__ or "").split("\n")[0]
    if elsewhere:
        yield "It also takes the keys of [every step](#every-step)."
    yield ""
    if heading in NOTES:
        yield NOTES[heading]
    yield "| key | type | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for key in fields.values():
        part = schema["properties"][key]
        required = key in schema.get("required", ()) and (model, key) != (Workflow, "id")
        words = _type_words(part)
        yield f"| `{key}` | {words} | {_default_words(part, required)} | {texts[key].replace('|', chr(92) + '|')} |"
    yield ""


def reference_markdown() -> str:
    """The reference page of the definition format, in Markdown."""
    lines = [_INTRODUCTION]
    for heading, model, elsewhere in _SECTIONS:
        lines.extend(_table(heading, model, elsewhere))
    functions = "\n".join(f"| `{name}` | {text} |" for name, text in MEANINGS.items())
    lines.append(_EXPRESSIONS.replace("FUNCTIONS", functions))
    return "\n".join(lines)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


_INTRODUCTION: Final = f"""\
# Definition format

A definition is one YAML 1.2 file: `on`, `no` and `010` mean what they say. An unknown or doubled key,
an alias, a tag, a cycle or a reference to nothing is an error with file, line and column. A file has at
most {MAX_BYTES // 1_000_000} MB, {MAX_STEPS:,} steps and {MAX_DEPTH} levels. `oyama schema` prints the JSON Schema for editors.

```yaml
id: release
inputs: {{version: {{required: true, pattern: 'v\\d'}}}}
steps:
  - {{id: test, run: pytest -q, timeout: 10m}}
  - id: publish
    gate: {{title: "Publish ${{{{ inputs.version }}}}", preview: ./publish.sh --dry-run}}
    run: ./publish.sh "${{{{ inputs.version }}}}"
```

A duration is a number with its unit: `500ms`, `30s`, `10m`, `2h`, `1d`, `1h30m`.
"""

_EXPRESSIONS: Final = f"""\
## Expressions

`if` is a bare expression; elsewhere expressions stand in `${{{{ ... }}}}`. A text that is nothing but one
expression keeps the type of its value; in other texts null is empty, and lists and maps are compact JSON.
A value is filled in once and never read again. The language is CEL with JSON values: `==`, `!=`, `<`, `in`,
`&&`, `||`, `!`, `+`, `-`, `*`, `/`, `%`, `a ? b : c`, `x.y`, `x["y"]`, `x[0]`, `has(x.y)`, and `all`,
`exists`, `exists_one`, `filter`, `map` on lists: `inputs.files.all(f, f != "")`.

| name | what it holds |
| --- | --- |
| `inputs.NAME` | inputs of the run; null where nothing was given |
| `context.NAME` | variables, as they are when the step starts |
| `env.NAME` | values of the workflow's `env` that hold no expression |
| `run` | {_listed(RUN_FIELDS)}; in handlers also {_listed(END_FIELDS)} |
| `steps.ID` | of a step that is over before this one starts: {_listed(STEP_FIELDS)} |
| `steps.ID` | of a block: {_listed(BLOCK_FIELDS)}; of `for_each` also `items` |
| `steps.ID.decision` | of a step with a gate: {_listed(DECISION_FIELDS)}; the step's own action may use it too |
| `previous` | the step before, in sequential and conditional lists, where `needs` lets no step before it run beside it; \
in the first step of a block that of the block |
| `result` | in a step's own `outputs`: `output`, `value`, `exit_code`, `outputs`; of `for_each` it is `items`; \
a gate alone has its `steps.ID.decision` instead |
| `item`, `index` | in the steps of `for_each`; `item` has the name after `as`, if there is one; \
of a map it has `key` and `value` |
| `iteration` | in the steps of a block with `repeat`, and in its `until` and `while` |
| `event` | only in the `match` of a `wait`: the payload |
| `feedback` | in steps: what the person said who had the step begin once more, else empty |
| `secrets.NAME` | only as `${{{{ secrets.NAME }}}}` in `env`, arguments, and `url`, `headers`, `body`, `json` of `http` |

Steps of a block see the steps of the lists around it that are over before the block starts, and the answer of the block's gate,
but no other value of the block. From outside of a block its steps are not seen: its `outputs`, which may name them, are, and the
`items` of `for_each`. Where a branch of a `switch` was not taken, the values of its steps are null.

An action may use the answer of its own gate, in `run`, `with`, `http`, `set`, `env`, `stdin`, `interpreter`, `outputs`, and in `cwd`
when the gate has no preview. On the card such a place shows the expression; once there is an answer, only it is filled in. So the
expression uses nothing but the answer. The gate's own texts and preview come before the answer and cannot use it; variables that
do are not set for the preview.

`status` is one word for the step and its gate: `completed`, `failed`, `skipped`, `rejected` or `cancelled`; a step whose gate
fails has failed, one whose gate is rejected is rejected. Of a step that did not run every value is null, and so is whatever one
asks of it: `steps.ID.outputs.k` is null. A step that failed keeps the `outputs` that it had written; others are null.

What a program writes to the file that `OYAMA_OUTPUT` names becomes outputs too: lines `name=value`, JSON objects of one line, and
`name<<MARK` with the lines of a value up to `MARK`; see [hand values on](../howto/hand-values-on.md).

`until`, `while` and the `if` of a branch are bare expressions, too. The `if` of a step may also be `success`, `failure` or `always`,
but not in a sequential list, whose first failure ends the run or the block. In a conditional list they speak of the step before, and
a step with `if: failure` that succeeds makes up for the failure. In a graph or parallel list they speak of what the step `needs`,
directly or by way of others: it starts once all of that has settled, whatever came out, and the run or block fails nonetheless.
`fail_fast` ends it before such steps start.

| function | what it gives |
| --- | --- |
FUNCTIONS

## Expressions in scripts

In a `run` text an expression becomes an environment variable, so the shell never reads a value as code.
It may stand free or in double quotes. In single quotes, backticks, `$(( ))`, `${{ }}`, heredocs and comments
it is refused: put the value into `env:` and use `"$NAME"`. Programs that evaluate their arguments
(`ssh host "..."`, `sh -c`, `psql -c`, `eval`) still do; they get a warning. A value of more than 100 KiB,
or with a NUL in it, must go through `stdin:` or a file.
"""
