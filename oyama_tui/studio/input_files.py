"""Files that people name as inputs and in forms: made absolute, and looked at before anything starts with them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from pydantic import JsonValue

from oyama_tui.core.definition import InputField
from oyama_tui.core.errors import InvalidInput, Problem
from oyama_tui.core.inputs import Place, coerce, has_files, map_files, place_text, with_default_files
from oyama_tui.files import why_unreadable
from oyama_tui.studio.paths import normal_path


async def with_files(
    fields: Mapping[str, InputField], given: Mapping[str, JsonValue], directory: str, *, noun: str = "input", folder: str = ""
) -> tuple[dict[str, JsonValue], list[Problem]]:
    """Given values in which every file has its absolute path.

    What was given is relative to the working directory of this process, a default to the workflow's own.

    Args:
        fields: What is declared, by name.
        given: As it was supplied.
        directory: The workflow's, for defaults.
        noun: What one of the values is called in messages.
        folder: What was given is relative to it instead, when it is not empty.

    Returns:
        The values, as they were given where no file is declared, and all problems with values, once any of them is a file.
    """
    if not any(has_files(field) for field in fields.values()):
        return dict(given), []
    return await asyncio.to_thread(_with_files, fields, given, directory, noun, folder)


def misfit(name: str, field: InputField, value: JsonValue, directory: str) -> str:
    """Why one value does not fit, as a sentence without its full stop that begins with the place; empty when it does.

    Args:
        name: The field's.
        field: What is declared.
        value: As it was given.
        directory: The workflow's, for defaults.
    """
    _, problems = _with_files({name: field}, {name: value}, directory, "field")
    return f"{problems[0].where} {problems[0].message}" if problems else ""


def _with_files(
    fields: Mapping[str, InputField], given: Mapping[str, JsonValue], directory: str, noun: str, folder: str = ""
) -> tuple[dict[str, JsonValue], list[Problem]]:
    def from_workflow(path: str, _: Place) -> JsonValue:
        try:
            return str(normal_path(path, directory))
        except InvalidInput:
            # Told below, where its place is known.
            return path

    anchored = {name: with_default_files(field, from_workflow) for name, field in fields.items()}
    values, problems = coerce(anchored, given, noun=noun)
    for name, field in fields.items():
        values[name] = map_files(field, values[name], partial(_found, name=name, problems=problems, folder=folder))
    return values, problems


def _found(path: str, place: Place, *, name: str, problems: list[Problem], folder: str) -> str:
    """The absolute path of a file; what keeps it from being read is added to the problems."""
    where = f"{name}{place_text(place)}"
    try:
        whole = normal_path(path, folder)
    except InvalidInput as error:
        problems.append(Problem(error.sentence.rstrip("."), where=where, hint=error.hint))
        return path
    reason = why_unreadable(whole)
    if reason:
        problems.append(Problem(f"the file {whole} cannot be read: {reason}", where=where, hint="Check the path."))
    return str(whole)
