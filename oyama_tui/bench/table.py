"""The table: every case of the budgets, what is measured in it, and what is wanted."""

from __future__ import annotations

from typing import Final

from oyama_tui.bench.figures import Case, Line, Part

WRITING: Final = (
    Case(
        "sequential",
        "1 run of 1,000 steps in a row, beside raw sqlite3 that writes the same rows with a commit for each step",
        (
            Line("P1", "1 run of 1,000 steps, rate", "ours.rate", "steps/s", 0.50, "raw.rate", "ratio", at_least=True),
            Line("P1", "its commits for each step", "ours.commits", "", 1.1),
            Line("P7", "bytes for each step", "ours.bytes", "bytes", 422),
        ),
        (Part("ours", "writing.sequential", 1000), Part("raw", "writing.raw", 1000)),
    ),
    Case(
        "concurrent",
        "100 runs of 10 steps at once, beside raw sqlite3 that writes the same rows in batches of 100 steps",
        (
            Line("P2", "100 runs of 10 steps at once, rate", "ours.rate", "steps/s", 0.20, "raw.rate", "ratio", at_least=True),
            Line("P2", "their commits for each step", "ours.commits", "", 0.1),
        ),
        (Part("ours", "writing.concurrent", 1000, least=10), Part("raw", "writing.raw-batches", 1000)),
    ),
    Case(
        "fan-out",
        "1 run that fans out to 1,000 steps and joins, beside raw sqlite3 that writes the same rows in batches of 100 steps",
        (
            Line("P2", "1 run that fans out to 1,000 steps, rate", "ours.rate", "steps/s", 0.30, "raw.rate", "ratio", at_least=True),
            Line("P2", "its commits for each step", "ours.commits", "", 0.1),
        ),
        (Part("ours", "writing.fan-out", 1000), Part("raw", "writing.raw-batches", 1000)),
    ),
    Case(
        "peak-memory",
        "sequential, concurrent and fan-out one after another in one process",
        (Line("P11", "peak memory after all of P1 and P2", "ours.memory", "MiB", 90),),
        (Part("ours", "writing.peak", 1000, least=10),),
    ),
    Case(
        "programs",
        '1 run that fans out to 200 steps `run: "true"`, 8 at once, beside the bare programs in sessions of their own',
        (Line("P12", "a step that runs a program", "ours.each", "ms", 1.3, "bare.each", "ratio"),),
        (Part("ours", "programs.steps", 200), Part("bare", "programs.bare", 200)),
    ),
)

ANSWERS: Final = (
    Case(
        "answers",
        "1,000 open gates are answered at once by the process that drives their runs, until all have completed",
        (Line("P4", "1,000 answers at once, in the process that drives", "ours.seconds", "s", 0.30),),
        (Part("ours", "answers.here", 1000),),
    ),
    Case(
        "answers-elsewhere",
        "1,000 open gates are answered at once by a process that drives nothing, until all runs have completed in the one that drives",
        (Line("P4", "1,000 answers at once, from another process", "ours.seconds", "s", 1.0),),
        (Part("waiting", "answers.waiting", 1000), Part("ours", "answers.elsewhere", 1000)),
    ),
    Case(
        "long-journal",
        "one answer to a run of 100,000 events, beside one to a run of few events",
        (
            Line("P4b", "one answer to 100,000 events, in the process that drives", "here.long", "ms", 1.2, "here.short", "ratio"),
            Line("P4b", "the first one from another process", "elsewhere.long", "ms", 1.2, "elsewhere.short", "ratio"),
            Line("P4b", "further ones from there", "elsewhere.long-again", "ms", 1.2, "elsewhere.short-again", "ratio"),
        ),
        (Part("here", "answers.one-here", 1), Part("elsewhere", "answers.one-elsewhere", 1)),
        before=(Part("fill", "answers.fill", 100_000),),
    ),
    Case(
        "restart",
        "an engine starts where 1,000 runs wait, until answers to the oldest, the middle and the newest have acted",
        (Line("P5", "a start with 1,000 waiting runs until answers act", "ours.seconds", "s", 0.4),),
        (Part("ours", "restart.acts", 1000),),
        before=(Part("waiting", "answers.waiting", 1000, least=20),),
    ),
    Case(
        "restart-10000",
        "an engine starts where 10,000 runs wait, until answers to the oldest, the middle and the newest have acted",
        (Line("P5", "a start with 10,000 waiting runs until answers act", "ours.seconds", "s", 1.2),),
        (Part("ours", "restart.acts", 10_000),),
        before=(Part("waiting", "answers.waiting", 10_000, least=20),),
    ),
    Case(
        "waiting-memory",
        "a process that drives 2,000 waiting runs, beside one that drives none",
        (Line("memory", "memory held for each waiting run", "ours.each", "KiB", 8, "bare.each", "difference"),),
        (Part("bare", "restart.memory", 2000, "bare"), Part("ours", "restart.memory", 2000)),
        before=(Part("waiting", "answers.waiting", 2000),),
    ),
)

COMMANDS: Final = (
    Case(
        "commands",
        "commands on an existing database, from the start of the process to its end, beside `python -c pass`",
        (
            Line("P6", "`oyama run` of one step that does nothing", "ours.run", "s", 0.45, "ours.python"),
            Line("P6", "`oyama approve ID`", "ours.approve", "s", 0.40, "ours.python"),
            Line("P6", "`oyama approvals`", "ours.approvals", "s", 0.35, "ours.python"),
            Line("P6", "`oyama list`", "ours.list", "s", 0.35, "ours.python"),
            Line("P6", "`oyama --help`", "ours.help", "s", 0.35, "ours.python"),
            Line("P6", "`oyama --version`", "ours.version", "s", 0.15, "ours.python"),
        ),
        (Part("ours", "commands.cold", 10),),
    ),
)

SCREENS: Final = (
    Case(
        "first-frame",
        "from the start of the process to the first frame of the screens, beside an app of Textual with one line",
        (Line("P8", "first frame of the screens", "ours.seconds", "s", 1.5, "bare.seconds", "ratio"),),
        (Part("ours", "frames.ours", 3), Part("bare", "frames.bare", 3)),
    ),
    Case(
        "history",
        "a history of 1,000,000 runs on the screens, from a key to the paint that shows what it does",
        (
            Line("P9", "opening a history of 1,000,000 runs", "ours.open", "ms", 100),
            Line("P9", "a key there, until it is painted", "ours.key", "ms", 8),
            Line("P9", "End and Home there, until painted", "ours.ends", "ms", 15),
            Line("P9", "the filter `status:failed` there, until painted", "ours.filter", "ms", 150),
        ),
        (Part("ours", "history.keys", 100, least=4),),
        before=(Part("fill", "past.fill", 1_000_000, least=200),),
    ),
    Case(
        "events",
        "an engine in another process writes 1,000 events a second, while the screens show it and keys are pressed",
        (
            Line("P10", "part of a core for Runs at 1,000 events/s", "many.load", "%", 35),
            Line("P10", "a key on Runs meanwhile, until painted", "many.key", "ms", 10),
            Line("P10", "part of a core for one run at 1,000 events/s", "one.load", "%", 35),
            Line("P10", "a key on that run meanwhile, until painted", "one.key", "ms", 10),
        ),
        (Part("many", "events.many", 10, "many"), Part("one", "events.one", 10, "one")),
    ),
    Case(
        "slowdown",
        "an engine at full speed with Runs open in another process, beside the engine alone",
        (Line("P10", "an engine at full speed beside the screens", "beside.seconds", "s", 1.15, "alone.seconds", "ratio"),),
        (Part("beside", "events.beside", 20_000, "beside"), Part("alone", "load.full", 20_000, "alone")),
    ),
)

CALLS: Final = (
    Case(
        "studio",
        "calls of the studio in one process, without a server",
        (
            Line("P13", "list 100 workflows", "ours.list", "ms", 5),
            Line("P13", "create a workflow", "ours.create", "ms", 2),
            Line("P13", "persist one transition", "ours.transition", "ms", 3),
            Line("P13", "list the open approvals", "ours.approvals", "ms", 2),
        ),
        (Part("ours", "studio.calls", 100),),
    ),
    Case(
        "api",
        "requests to `oyama serve` with 100 workflows, beside a server that answers with the same bytes and does nothing",
        (
            Line("API", "list 100 workflows by a request", "ours.list", "ms", 10, "ours.bare-list"),
            Line("API", "create a workflow by a request", "ours.create", "ms", 15, "ours.bare-create"),
            Line("API", "list the states by a request", "ours.states", "ms", 8, "ours.bare-states"),
            Line("API", "list the open approvals by a request", "ours.approvals", "ms", 7, "ours.bare-approvals"),
        ),
        (Part("ours", "api.requests", 100),),
        needs="uvicorn",
    ),
    Case(
        "api-load",
        "200 requests a second to `oyama serve` for 10 s while its engine runs workflows",
        (
            Line("API", "99 of 100 requests beside a running engine", "ours.p99", "ms", 100),
            Line("API", "requests that fail then", "ours.errors", "", 0),
        ),
        (Part("ours", "api.load", 10),),
        needs="uvicorn",
    ),
)

TABLE: Final = (*WRITING, *ANSWERS, *COMMANDS, *SCREENS, *CALLS)
"""All cases, in the order in which they are measured."""
