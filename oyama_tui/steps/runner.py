"""Calls one Python function for a step.

A stand-alone program on the standard library alone, which may run on another Python (3.8 or newer) than Oyama itself:
`python runner.py CALL RESULT`. CALL is a JSON file with `call` (`module:function`) and `with` (keyword arguments). RESULT gets a line
`result` and what the function returned as JSON, or a line `error`, a JSON list of texts, each with the most characters that are to be
shown of it, and exit code 1.

Modules are found in Python's own library first, then in the working directory, then on the rest of the path: a file `json.py` or
`types.py` beside a step hides nothing that this program, Python or an installed package needs.
"""

from __future__ import annotations

import os
import sys

# The folder of this file comes first otherwise, and its modules would hide those of the standard library.
HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARY = os.path.dirname(os.path.abspath(os.__file__))


def is_own(place: str) -> bool:
    """Whether a place on the path holds Python's own library.

    Args:
        place: An entry of `sys.path`.
    """
    path = os.path.abspath(place) if place else ""
    zipped = os.path.dirname(path) == os.path.dirname(LIBRARY) and os.path.basename(path).startswith("python") and path.endswith(".zip")
    return path in (LIBRARY, os.path.join(LIBRARY, "lib-dynload")) or zipped


if __name__ == "__main__":
    OTHERS = [place for place in sys.path if not is_own(place) and os.path.abspath(place) != HERE]
    sys.path[:] = [place for place in sys.path if is_own(place)]

import importlib  # noqa: E402
import json  # noqa: E402
import linecache  # noqa: E402, F401  (tracebacks need it when the path may not lead to it any more)
import traceback  # noqa: E402
from collections.abc import Awaitable, Callable  # noqa: E402

if __name__ == "__main__":
    sys.path += [os.getcwd(), *OTHERS]

MOST_FRAMES = 6
LONGEST_NUMBER = 3322
"""Bits of a whole number with 1,000 digits."""
LONGEST_TEXT = 2000
LONGEST_PART = 200
WHOLE = 500_000
"""Characters of a text that are handed on, so that secrets in it are found before it is cut to what is shown."""


class CallFailed(Exception):
    """The function could not be called, or did not return.

    Args:
        texts: Lines, each with the most characters that are to be shown of it.
    """

    def __init__(self, *texts: tuple[str, int]) -> None:
        super().__init__(*texts)
        self.texts = [(text[:WHOLE], limit) for text, limit in texts]


def failed(sentence: str) -> CallFailed:
    """A failure that one sentence tells.

    Args:
        sentence: What is wrong.
    """
    return CallFailed((sentence, LONGEST_TEXT))


def find(call: str) -> Callable[..., object]:
    """Import the function.

    Args:
        call: `module:function`; the function may lie in a class.

    Raises:
        CallFailed: There is no such module or function, or the import failed.
    """
    module_name, _, path = call.partition(":")
    try:
        found: object = importlib.import_module(module_name)
    except SystemExit as error:
        raise failed(f"Importing {module_name} called sys.exit({error.code!r}).") from None
    except BaseException as error:
        if isinstance(error, ModuleNotFoundError) and error.name and (module_name + ".").startswith(error.name + "."):
            raise failed(f"There is no module {error.name!r} in {os.getcwd()} or on the Python path.") from None
        raise CallFailed(*told(error, f"Importing {module_name} failed. ")) from None
    for name in path.split("."):
        if not hasattr(found, name):
            raise failed(f"The module {module_name} has no {path}.{hidden(module_name)}")
        found = getattr(found, name)
    if not callable(found):
        raise failed(f"{call} is no function but of type {type(found).__name__}.{hidden(module_name)}")
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
    except SystemExit as error:
        raise failed(f"It called sys.exit({error.code!r}) instead of returning.") from None
    except BaseException as error:
        raise CallFailed(*told(error)) from None
    return result


async def awaited(result: Awaitable[object]) -> object:
    """Wait for a result.

    Args:
        result: Anything that can be awaited.
    """
    return await result


def hidden(module_name: str) -> str:
    """A sentence about a module of Python's own that comes before a file of the same name; empty when there is none.

    Args:
        module_name: As the call names it.
    """
    first = module_name.partition(".")[0]
    own = getattr(sys.modules.get(first), "__file__", None)
    mine = [name for name in (first + ".py", first) if os.path.exists(os.path.join(os.getcwd(), name))]
    if not mine or (own and os.path.abspath(own).startswith(os.path.join(os.getcwd(), ""))):
        return ""
    return f" Python has a module {first} of its own, which comes before {mine[0]} in {os.getcwd()}; give the file another name."


def told(wrong: BaseException, before: str = "") -> list[tuple[str, int]]:
    """Tell an exception in a few lines: what it is, and the function's own frames.

    Args:
        wrong: The exception.
        before: What the first line begins with.
    """
    try:
        text = str(wrong)
    except Exception as worse:
        text = f"(its text cannot be made: {type(worse).__name__})"
    first = f"{before}{type(wrong).__name__}: "
    lines = [(f"{first}{text}".rstrip(": "), len(first) + LONGEST_TEXT)]
    for part in getattr(wrong, "exceptions", ())[:3]:
        begin = f"  with {type(part).__name__}: "
        lines.append((f"{begin}{part}", len(begin) + LONGEST_PART))
    frames = [frame for frame in traceback.extract_tb(wrong.__traceback__) if is_theirs(frame.filename)]
    folder = os.path.join(os.getcwd(), "")
    for frame in frames[-MOST_FRAMES:]:
        name = frame.filename[len(folder) :] if frame.filename.startswith(folder) else frame.filename
        lines.append((f"  at {name}:{frame.lineno} in {frame.name}", LONGEST_TEXT))
    return lines


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
    try:
        text = json.dumps(result, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise failed("It returned what JSON cannot hold: %s." % (misfit(result, "result", 0) or error)) from None
    return text


def misfit(value: object, place: str, depth: int) -> str:
    """Say what JSON cannot hold; empty when nothing is found.

    Args:
        value: What to look through.
        place: Where it stands.
        depth: How deep that is.
    """
    if isinstance(value, str):
        halves = [letter for letter in value if "\ud800" <= letter <= "\udfff"]
        return f"{place} holds half of a character (\\u{ord(halves[0]):04x})" if halves else ""
    if isinstance(value, int) and value.bit_length() > LONGEST_NUMBER:
        return f"{place} is a whole number of more than 1,000 digits"
    if value is None or isinstance(value, int):
        return ""
    if isinstance(value, float):
        return "" if value - value == 0 else f"{place} is {value!r}"
    if depth > 100:
        return "{} is nested too deeply or holds itself".format(place.split(".")[0].split("[")[0])
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, (str, int, float, type(None))):
                return f"{place} has a key of type {type(key).__name__}"
            found = misfit(key, f"a key of {place}", depth + 1) or misfit(item, f"{place}.{key}", depth + 1)
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
    call_path, result_path = sys.argv[1:3]
    with open(call_path, encoding="utf-8") as file:
        order = json.load(file)
    sys.argv[:] = [order["call"]]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # What it prints is watched while it runs.
            stream.reconfigure(line_buffering=True)
    try:
        word, answer, code = "result", written(called(find(order["call"]), order["with"])), 0
    except CallFailed as error:
        # Halves of characters, which UTF-8 cannot hold, are written as such here: an error may hold anything.
        texts = [(text.encode("utf-8", "backslashreplace").decode(), limit) for text, limit in error.texts]
        word, answer, code = "error", json.dumps(texts), 1
    with open(result_path, "w", encoding="utf-8") as file:
        file.write(word + "\n" + answer)
    return code


if __name__ == "__main__":
    sys.exit(main())
