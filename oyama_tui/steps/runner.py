"""Calls one Python function for a step.

A stand-alone program on the standard library alone, which may run on another Python (3.8 or newer) than Oyama itself:
`python runner.py CALL RESULT`. CALL is a JSON file with `call` (`module:function`) and `with` (keyword arguments), RESULT is written
with `{"result": ...}`, or with `{"error": sentence}` and exit code 1. The module is found from the working directory.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable

# The folder of this file comes first otherwise, and its modules would hide those of the standard library.
HERE = os.path.dirname(os.path.abspath(__file__))
if __name__ == "__main__":
    sys.path[:] = [os.getcwd()] + [place for place in sys.path if os.path.abspath(place) != HERE]

MOST_FRAMES = 6
LONGEST_TEXT = 2000


class CallFailed(Exception):
    """The function could not be called, or did not return; the text is a sentence."""


def find(call: str) -> Callable[..., object]:
    """Import the function.

    Args:
        call: `module:function`; the function may lie in a class.

    Raises:
        CallFailed: There is no such module or function, or the import failed.
    """
    import importlib

    module_name, _, path = call.partition(":")
    try:
        found: object = importlib.import_module(module_name)
    except SystemExit as wrong:
        raise CallFailed(f"Importing {module_name} called sys.exit({wrong.code!r}).") from None
    except BaseException as wrong:
        if isinstance(wrong, ModuleNotFoundError) and wrong.name and (module_name + ".").startswith(wrong.name + "."):
            raise CallFailed(f"There is no module {wrong.name!r} in {os.getcwd()} or on the Python path.") from None
        raise CallFailed(f"Importing {module_name} failed. {told(wrong)}") from None
    for name in path.split("."):
        if not hasattr(found, name):
            raise CallFailed(f"The module {module_name} has no {path}.")
        found = getattr(found, name)
    if not callable(found):
        raise CallFailed(f"{call} is no function but of type {type(found).__name__}.")
    return found


def called(function: Callable[..., object], arguments: dict[str, object]) -> object:
    """Call the function, and await what it gives back if that can be awaited.

    Args:
        function: Any callable.
        arguments: Keyword arguments.

    Raises:
        CallFailed: It raised, or called `sys.exit`.
    """
    try:
        result = function(**arguments)
        if hasattr(result, "__await__"):
            import asyncio

            result = asyncio.run(awaited(result))
    except SystemExit as wrong:
        raise CallFailed(f"It called sys.exit({wrong.code!r}) instead of returning.") from None
    except BaseException as wrong:
        raise CallFailed(told(wrong)) from None
    return result


async def awaited(result: Awaitable[object]) -> object:
    """Wait for a result.

    Args:
        result: Anything that can be awaited.
    """
    return await result


def told(wrong: BaseException) -> str:
    """Tell an exception in a few lines: what it is, and the function's own frames.

    Args:
        wrong: The exception.
    """
    import traceback

    try:
        text = str(wrong)
    except Exception as worse:
        text = f"(its text cannot be made: {type(worse).__name__})"
    lines = [(f"{type(wrong).__name__}: {text[:LONGEST_TEXT]}").rstrip(": ")]
    lines += [f"  with {type(part).__name__}: {str(part)[:200]}" for part in getattr(wrong, "exceptions", ())[:3]]
    frames = [frame for frame in traceback.extract_tb(wrong.__traceback__) if is_theirs(frame.filename)]
    folder = os.path.join(os.getcwd(), "")
    for frame in frames[-MOST_FRAMES:]:
        name = frame.filename[len(folder) :] if frame.filename.startswith(folder) else frame.filename
        lines.append(f"  at {name}:{frame.lineno} in {frame.name}")
    return "\n".join(lines)


def is_theirs(filename: str) -> bool:
    """Whether a frame's file is neither this one nor the machinery of imports and event loops.

    Args:
        filename: As the traceback has it.
    """
    if filename.startswith("<frozen ") or os.path.abspath(filename) == os.path.abspath(__file__):
        return False
    standard = os.path.dirname(os.__file__)
    inside = os.path.relpath(filename, standard)
    return not inside.startswith((os.path.join("asyncio", ""), os.path.join("importlib", "")))


def written(result: object) -> str:
    """Write a result as JSON.

    Args:
        result: What the function returned.

    Raises:
        CallFailed: JSON cannot hold it.
    """
    import json

    try:
        return json.dumps({"result": result}, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as wrong:
        raise CallFailed("It returned what JSON cannot hold: %s." % (misfit(result, "result", 0) or wrong)) from None


def misfit(value: object, place: str, depth: int) -> str:
    """Say what JSON cannot hold; empty when nothing is found.

    Args:
        value: What to look through.
        place: Where it stands.
        depth: How deep that is.
    """
    if value is None or isinstance(value, (str, int)):
        return ""
    if isinstance(value, float):
        return "" if value - value == 0 else f"{place} is {value!r}"
    if depth > 100:
        return "{} is nested too deeply or holds itself".format(place.split(".")[0].split("[")[0])
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, (str, int, float, type(None))):
                return f"{place} has a key of type {type(key).__name__}"
            found = misfit(item, f"{place}.{key}", depth + 1)
            if found:
                return found
        return ""
    if isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            found = misfit(item, f"{place}[{number}]", depth + 1)
            if found:
                return found
        return ""
    return f"{place} is of type {type(value).__name__}"


def main() -> int:
    """Run the call and write its result; the answer is the exit code."""
    import json

    call_path, result_path = sys.argv[1:3]
    with open(call_path, encoding="utf-8") as file:
        order = json.load(file)
    sys.argv[:] = [order["call"]]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # What it prints is watched while it runs.
            stream.reconfigure(line_buffering=True)
    try:
        answer, code = written(called(find(order["call"]), order["with"])), 0
    except CallFailed as wrong:
        answer, code = json.dumps({"error": str(wrong)}), 1
    with open(result_path, "w", encoding="utf-8") as file:
        file.write(answer)
    return code


if __name__ == "__main__":
    sys.exit(main())
