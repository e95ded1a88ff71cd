"""Python steps: a function in a process of its own, and every way in which that can go wrong."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import JsonValue

from oyama_tui import resources
from tests.steps.attempts import Bench, session_lives

MODULE = """
import asyncio, os, sys, time

class Shop:
    @staticmethod
    def price(item): return {"item": item, "price": 3.5}

def add(a, b=1):
    print("adding", a, b)
    return a + b

async def later(word):
    await asyncio.sleep(0.01)
    return [word, "ü"]

def outer(): inner()
def inner(): raise ValueError("no such tag\\nat all")
async def async_outer(): inner()
def several(): raise ExceptionGroup("two", [ValueError("one"), KeyError("other")])
def leaves(): sys.exit(3)
def vanishes(): os._exit(0)
def crashes():
    print("last words", flush=True)
    os._exit(9)
def returns_set(): return {"items": [1, (2, {3})]}
def returns_nan(): return [float("nan")]
def returns_itself():
    found = []
    found.append(found)
    return found
def returns_tuple_key(): return {(1, 2): 3}
def returns_much(): return "x" * 5_000_000
def returns_bytes(): return b"x"
def returns_half(): return "\\ud800"
def returns_half_key(): return {"a": {"\\udfff": 1}}
def returns_two_keys(): return {1: "a", "1": "b"}
def returns_infinity(): return {"a": 1e999}
def returns_nothing(): pass
def secrets_of_python():
    import secrets, random, tempfile
    return secrets.token_hex(2) != ""
def slowly():
    print("begun")
    time.sleep(60)
def reads(): return [sys.stdin.read(), os.getcwd(), sys.argv, os.environ["OYAMA_STEP_ID"], __name__]
def writes():
    with open(os.environ["OYAMA_OUTPUT"], "a") as file:
        print("count=3", file=file)
def tells(): raise RuntimeError(os.environ["TOKEN"])
number = 3
"""


@pytest.fixture
def shop(bench: Bench) -> Bench:
    bench.write("shop.py", MODULE)
    bench.write("broken.py", "import shop\n\n\ndef f(:\n")
    bench.write("needy.py", "import no_such_module_here\n")
    bench.write("leaving.py", "import sys\nsys.exit('bye')\n")
    bench.write("failing.py", "1 / 0\n")
    return bench


async def test_a_function_gives_back_json(shop: Bench) -> None:
    outcome = await shop.call("shop:add", {"a": 2, "b": 3})
    assert (outcome.status, outcome.result, outcome.output, outcome.exit_code) == ("succeeded", 5, "adding 2 3", 0)
    assert [path.name for path in shop.files.iterdir()] == ["node.1.log"]
    assert (await shop.call("shop:later", {"word": "a"})).result == ["a", "ü"]
    assert (await shop.call("shop:Shop.price", {"item": "x"})).result == {"item": "x", "price": 3.5}
    assert (await shop.order("python", call="shop:returns_nothing")).result is None


async def test_a_function_is_called_where_the_workflow_lies(shop: Bench) -> None:
    outcome = await shop.order("python", call="shop:reads")
    assert outcome.result == ["", str(shop.directory.resolve()), ["shop:reads"], "build", "shop"]
    assert (await shop.order("python", call="shop:writes")).outputs == {"count": "3"}


async def test_modules_of_steps_hide_no_others(shop: Bench) -> None:
    assert (await shop.order("python", call="shop:secrets_of_python")).result is True


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("shop:outer", "ValueError: no such tag\nat all\n  at shop.py:16 in outer\n  at shop.py:17 in inner"),
        ("shop:async_outer", "ValueError: no such tag\nat all\n  at shop.py:18 in async_outer\n  at shop.py:17 in inner"),
        ("shop:leaves", "It called sys.exit(3) instead of returning."),
        ("shop:vanishes", "The process ended before the function returned, as if nothing were wrong (exit code 0)."),
        ("shop:crashes", "The process ended before the function returned. Exit code 9: last words"),
        ("shop:returns_set", "It returned what JSON cannot hold: result.items[1][1] is of type set."),
        ("shop:returns_bytes", "It returned what JSON cannot hold: result is of type bytes."),
        ("shop:returns_half", "It returned what JSON cannot hold: result holds half of a character (\\ud800)."),
        ("shop:returns_half_key", "It returned what JSON cannot hold: a key of result.a holds half of a character (\\udfff)."),
        ("shop:returns_two_keys", "What the function returned cannot be used: the key '1' stands twice in one map."),
        ("shop:returns_infinity", "It returned what JSON cannot hold: result.a is inf."),
        ("shop:returns_nan", "It returned what JSON cannot hold: result[0] is nan."),
        ("shop:returns_itself", "It returned what JSON cannot hold: result is nested too deeply or holds itself."),
        ("shop:returns_tuple_key", "It returned what JSON cannot hold: result has a key of type tuple."),
        ("shop:returns_much", "What the function returned cannot be used: it is longer than 4096 KiB."),
        ("shop:missing", "The module shop has no missing."),
        ("shop:number", "shop:number is no function but of type int."),
        ("leaving:f", "Importing leaving called sys.exit('bye')."),
        ("failing:f", "Importing failing failed. ZeroDivisionError: division by zero\n  at failing.py:1 in <module>"),
        (
            "needy:f",
            "Importing needy failed. ModuleNotFoundError: No module named 'no_such_module_here'\n  at needy.py:1 in <module>",
        ),
    ],
)
async def test_every_failure_is_told(shop: Bench, call: str, message: str) -> None:
    outcome = await shop.order("python", call=call)
    assert (outcome.status, outcome.kind) == ("failed", "python")
    assert outcome.message == message


async def test_other_failures_are_told_too(shop: Bench) -> None:
    messages = [(await shop.order("python", call=call)).message for call in ("nowhere:f", "shop.sub:f", "broken:f", "shop:several")]
    assert messages[0].startswith("There is no module 'nowhere' in ")
    assert messages[1].startswith("There is no module 'shop.sub' in ")
    assert messages[2].startswith("Importing broken failed. SyntaxError: ")
    assert "(broken.py, line 4)" in messages[2]
    assert "  with ValueError: one\n  with KeyError: 'other'" in messages[3]
    wrong = await shop.call("shop:add", {"c": 1})
    assert wrong.message == "TypeError: add() got an unexpected keyword argument 'c'"


async def test_what_is_printed_is_seen_while_it_runs_and_timeouts_hold(shop: Bench) -> None:
    outcome = await shop.order("python", 2000, call="shop:slowly")
    assert (outcome.kind, outcome.output) == ("timeout", "begun")
    assert not session_lives(shop.context.seen[0])


async def test_secrets_are_masked_in_errors(shop: Bench) -> None:
    shop.set_secret("TOKEN", "hunter2")
    outcome = await shop.order("python", None, ("TOKEN",), call="shop:tells", env={"TOKEN": {"$secret": [{"name": "TOKEN"}]}})
    assert outcome.message.startswith("RuntimeError: ***\n")


async def test_another_interpreter_can_be_named(shop: Bench) -> None:
    assert (await shop.call("shop:add", {"a": 1}, interpreter=sys.executable)).result == 2
    outcome = await shop.order("python", call="shop:add", interpreter="no-such-python")
    assert (outcome.kind, outcome.message) == ("start", "There is no program 'no-such-python'; look at its spelling and at PATH.")


def test_the_programs_that_stand_alone_are_plain_python() -> None:
    for path in (resources.runner_path(), resources.reaper_path()):
        tree = ast.parse(path.read_text(), feature_version=(3, 8))
        imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert {name.split(".")[0] for name in imported} <= {*sys.stdlib_module_names, "__future__"}


def test_the_runner_needs_no_oyama(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text("def f(a): return a * 2\n")
    (tmp_path / "call").write_text('{"call": "work:f", "with": {"a": 21}}')
    command = [sys.executable, "-I", "-S", str(resources.runner_path()), "call", "result"]
    since = time.monotonic()
    subprocess.run(command, cwd=tmp_path, check=True, env={})
    assert time.monotonic() - since < 5
    assert (tmp_path / "result").read_text() == "result\n42"


@pytest.mark.parametrize(
    "name", ["json", "types", "enum", "signal", "queue", "asyncio", "traceback", "linecache", "importlib", "secrets", "run"]
)
async def test_files_named_like_modules_of_python_hide_nothing(bench: Bench, name: str) -> None:
    bench.write(f"{name}.py", "raise RuntimeError('this file is not to be loaded')\n")
    bench.write(
        "work.py", "import enum, json, queue, types\nasync def f(a): return json.loads('[1]') + [a]\ndef g(): raise ValueError('no')\n"
    )
    settings: tuple[dict[str, JsonValue], ...] = ({}, {"PYTHONPATH": str(bench.directory)}, {"PYTHONSAFEPATH": "1"})
    for env in settings:
        outcome = await bench.call("work:f", {"a": 2}, env=env)
        assert (outcome.status, outcome.result) == ("succeeded", [1, 2]), outcome.message
        assert (await bench.call("work:g", {}, env=env)).message == "ValueError: no\n  at work.py:3 in g"


async def test_a_call_of_a_file_that_python_hides_says_so(bench: Bench) -> None:
    bench.write("json.py", "def f(): return 1\n")
    outcome = await bench.call("json:f", {})
    place = bench.directory.resolve()
    reason = f"Python has a module json of its own, which comes before json.py in {place}; give the file another name."
    assert outcome.message == f"The module json has no f. {reason}"
