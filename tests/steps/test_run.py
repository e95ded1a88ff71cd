"""Run steps: what they are given, what they give back, how their failures are told."""

from __future__ import annotations

import asyncio
import json
import os

import pytest
from pydantic import JsonValue

from tests.steps.attempts import IGNORES_TERM, Bench, session_lives, until


async def test_a_script_succeeds(bench: Bench) -> None:
    outcome = await bench.script("echo one; echo two >&2; false || true")
    assert (outcome.status, outcome.output, outcome.truncated, outcome.exit_code) == ("succeeded", "one\ntwo", False, 0)
    assert (outcome.node, outcome.attempt, outcome.started_at) == ("build#1", 2, 1_700_000_000_000)
    assert outcome.duration > 0
    assert bench.context.log_path().read_text() == "one\ntwo\n"
    assert [path.name for path in bench.files.iterdir()] == ["node.1.log"]
    assert bench.context.groups == set()


async def test_only_one_newline_is_cut(bench: Bench) -> None:
    assert (await bench.script("printf 'a\\n\\n'")).output == "a\n"


async def test_an_argument_vector_reaches_no_shell(bench: Bench) -> None:
    outcome = await bench.order("run", argv=["printf", "%s|", "$HOME", "a b", "`id`", 3, True])
    assert outcome.output == "$HOME|a b|`id`|3|true|"


async def test_another_shell_can_be_named(bench: Bench) -> None:
    assert (await bench.order("run", script="import sys; print(sys.argv)", shell=["python3", "-I", "-c"])).output == "['-c']"


async def test_the_environment_tells_about_the_attempt(bench: Bench) -> None:
    bench.inherit(FROM_OUTSIDE="yes")
    outcome = await bench.script(
        'echo "$OYAMA_RUN_ID $OYAMA_STEP_ID $OYAMA_ATTEMPT $OYAMA_IDEMPOTENCY_KEY"; echo "$FROM_OUTSIDE $N $T $LIST <$NONE>"',
        env={"N": 3, "T": True, "LIST": ["a", 1], "NONE": None},
    )
    assert outcome.output == 'release-1 build 2 release-1/build#1\nyes 3 true ["a",1] <>'


async def test_works_in_the_directory_and_below_it(bench: Bench) -> None:
    (bench.directory / "below").mkdir()
    assert (await bench.script("pwd -P")).output == os.path.realpath(bench.directory)
    assert (await bench.script("pwd -P", cwd="below")).output == os.path.realpath(bench.directory / "below")


async def test_input_comes_from_stdin(bench: Bench) -> None:
    text = "line one\n" * 30_000
    assert (await bench.script("wc -c", stdin=text)).output.strip() == str(len(text))
    assert (await bench.script("wc -c")).output.strip() == "0"


async def test_a_failure_names_code_and_last_line(bench: Bench) -> None:
    outcome = await bench.script("echo fine; printf '\\033[31mno such tag\\033[0m\\n\\n' >&2; exit 3")
    assert (outcome.status, outcome.kind, outcome.exit_code) == ("failed", "exit", 3)
    assert outcome.message == "Exit code 3: no such tag"
    assert outcome.output.startswith("fine\n")
    assert (await bench.script("exit 4")).message == "Exit code 4."


async def test_an_end_by_a_signal_is_named(bench: Bench) -> None:
    outcome = await bench.script("echo last words; kill -SEGV $$")
    assert (outcome.kind, outcome.exit_code, outcome.message) == ("exit", 139, "It was killed by SIGSEGV: last words")


async def test_timeouts_are_told(bench: Bench) -> None:
    outcome = await bench.script("echo begun; sleep 60", timeout=250)
    assert (outcome.kind, outcome.message) == ("timeout", "It took longer than 250ms and was ended.")
    assert (outcome.output, outcome.exit_code) == ("begun", None)
    outcome = await bench.script("sleep 60", idle=100)
    assert (outcome.kind, outcome.message) == ("timeout", "It wrote nothing for 100ms and was ended.")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"argv": ["no-such-program-here"]}, "There is no program 'no-such-program-here'; look at its spelling and at PATH."),
        ({"argv": ["true"], "cwd": "gone"}, "gone' does not exist or is no directory."),
    ],
)
async def test_what_cannot_start_fails_as_start(bench: Bench, given: dict[str, JsonValue], sentence: str) -> None:
    outcome = await bench.order("run", **given)  # type: ignore[arg-type]
    assert (outcome.status, outcome.kind) == ("failed", "start")
    assert outcome.message.endswith(sentence)


async def test_outputs_are_lines_of_keys_or_json(bench: Bench) -> None:
    script = """
    echo 'tag=v1=x ' >> "$OYAMA_OUTPUT"
    echo >> "$OYAMA_OUTPUT"
    echo '{"count": 3, "names": ["a", "b"], "tag": "v2"}' >> "$OYAMA_OUTPUT"
    printf 'last=no newline' >> "$OYAMA_OUTPUT"
    """
    outcome = await bench.script(script)
    assert outcome.outputs == {"tag": "v2", "count": 3, "names": ["a", "b"], "last": "no newline"}
    assert not list(bench.files.glob("*.outputs"))


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("echo a=1; echo nonsense", "line 2: write key=value, a JSON object, or key<<MARK and lines up to MARK"),
        ("echo 'a b=1'", "line 1: 'a b' is no name; use letters, digits and underscores"),
        ("echo '{\"a\": 1,}'", "line 1: column "),
        ("echo '{\"a-b\": 1}'", "line 1: 'a-b' is no name"),
        ("echo '{\"a\": NaN}'", "line 1: NaN is no JSON number"),
        ("printf 'a=\\377\\n'", "line 1: byte 3 is no UTF-8"),
        ("head -c 1100000 /dev/zero", "it is longer than 1024 KiB"),
        ('mkdir "$OYAMA_OUTPUT"', "it is a folder and no plain file"),
        ('mkfifo "$OYAMA_OUTPUT.x"; ln -s "$OYAMA_OUTPUT.x" "$OYAMA_OUTPUT"', "it is a link and no plain file"),
        ('mkfifo "$OYAMA_OUTPUT"', "it is a pipe and no plain file"),
        ("echo '{\"a\": 1e999}'", "line 1: the number '1e999' is too large"),
        ('echo \'{"a": {"b": 1, "b": 2}}\'', "line 1: the key 'b' stands twice in one map"),
        ('echo \'{"a": "\\ud800"}\'', "line 1: a text holds half of a character (\\ud800)"),
    ],
)
async def test_bad_outputs_are_a_failure_of_parsing(bench: Bench, script: str, sentence: str) -> None:
    outcome = await bench.script(script if "OYAMA_OUTPUT" in script else f'{{ {script}; }} > "$OYAMA_OUTPUT"')
    assert (outcome.status, outcome.kind) == ("failed", "parse")
    assert f"The file that OYAMA_OUTPUT names cannot be used: {sentence}" in outcome.message
    assert not list(bench.files.glob("*.outputs"))


async def test_outputs_of_an_earlier_try_do_not_count(bench: Bench) -> None:
    (bench.files / "node.1.outputs").write_text("old=1\n")
    assert (await bench.script('echo new=2 >> "$OYAMA_OUTPUT"')).outputs == {"new": "2"}
    (bench.files / "node.1.outputs").write_text("old=1\n")
    assert (await bench.script("true")).outputs == {}


async def test_json_is_read_from_standard_output_alone(bench: Bench) -> None:
    outcome = await bench.script('echo warning >&2; echo \'{"a": [1, "ü", 2.5]}\'', parse="json")
    assert outcome.result == {"a": [1, "ü", 2.5]}
    assert sorted(outcome.output.split("\n")) == ["warning", '{"a": [1, "ü", 2.5]}']
    assert (await bench.script("echo '{}'")).result is None


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("printf '{\\n  \"a\": x}'", "The standard output is no JSON: line 2, column 8: Expecting value."),
        ("true", "The standard output is no JSON: it is empty."),
        ("printf '\\377'", "The standard output is no JSON: byte 1 is no UTF-8."),
        ("echo Infinity", "The standard output is no JSON: Infinity is no JSON number."),
        ("head -c 100000 /dev/zero | tr '\\0' '['", "The standard output is no JSON: it is nested deeper than 64."),
        ("head -c 5000000 /dev/zero | tr '\\0' '1'", "The standard output is longer than 4 MiB, too long for a result."),
    ],
)
async def test_bad_json_is_a_failure_of_parsing(bench: Bench, script: str, sentence: str) -> None:
    outcome = await bench.script(script, parse="json")
    assert (outcome.status, outcome.kind, outcome.message) == ("failed", "parse", sentence)


async def test_secrets_reach_the_program_and_nothing_else(bench: Bench) -> None:
    bench.set_secret("TOKEN", "hunter2hunter2")
    reference: JsonValue = {"$secret": ["Bearer ", {"name": "TOKEN"}]}
    script = 'test "$AUTH" = "Bearer hunter2hunter2"; echo "$AUTH"; echo "a=$AUTH" >> "$OYAMA_OUTPUT"; exit $CODE'
    outcome = await bench.script(script, secrets=("TOKEN",), env={"AUTH": reference, "CODE": 0})
    assert (outcome.status, outcome.output, outcome.outputs) == ("succeeded", "Bearer ***", {"a": "Bearer ***"})
    assert bench.context.log_path().read_text() == "Bearer ***\n"
    outcome = await bench.script(script, secrets=("TOKEN",), env={"AUTH": reference, "CODE": 5})
    assert outcome.message == "Exit code 5: Bearer ***"
    outcome = await bench.order("run", None, ("TOKEN",), argv=["echo", json.dumps({"key": "x hunter2hunter2"})], parse="json")
    assert outcome.result == {"key": "x ***"}
    outcome = await bench.order("run", None, ("TOKEN",), argv=[{"$secret": ["no-", {"name": "TOKEN"}]}])
    assert outcome.message == "There is no program 'no-***'; look at its spelling and at PATH."


async def test_declared_secrets_do_not_leak_into_the_environment(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    assert (await bench.script("echo ${TOKEN-unset}", secrets=("TOKEN",))).output == "unset"
    named: JsonValue = {"TOKEN": {"$secret": [{"name": "TOKEN"}]}}
    assert (await bench.script("echo ${#TOKEN}", secrets=("TOKEN",), env=named)).output == "7"


async def test_a_missing_secret_is_a_failure_of_its_own_kind(bench: Bench) -> None:
    outcome = await bench.script("echo never", secrets=("TOKEN",), env={"A": {"$secret": [{"name": "TOKEN"}]}})
    assert (outcome.status, outcome.kind) == ("failed", "secret")
    assert outcome.message.startswith("The secret TOKEN is not set. Set the environment variable TOKEN, or write the value to ")
    assert not bench.context.log_path().exists()


async def test_cancelled_it_leaves_nothing(bench: Bench) -> None:
    task = asyncio.create_task(bench.order("run", argv=["python3", "-I", "-S", "-c", IGNORES_TERM]))
    await until(bench.context.log_path().exists)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not session_lives(bench.context.seen[0])
    assert [path.name for path in bench.files.iterdir()] == ["node.1.log"]


async def test_set_changes_the_context(bench: Bench) -> None:
    outcome = await bench.order("set", set={"channel": "beta", "n": 3})
    assert (outcome.status, outcome.context, outcome.node) == ("succeeded", {"channel": "beta", "n": 3}, "build#1")
