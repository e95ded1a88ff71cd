"""The house rules: budgets, directions of imports, words, and what must not exist at import."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from tests.source import PACKAGE, ROOT, Module, bases, cycle, files, imports, methods, modules, whole_methods, words

MOST_LINES: Final = 400
MOST_SCREEN_LINES: Final = 250
MOST_FUNCTION_LINES: Final = 50
MOST_METHODS: Final = 20
MOST_PROTOCOL_METHODS: Final = 8
MOST_WHOLE_METHODS: Final = 40
"""With those that a class inherits from others of ours: what somebody has to know who changes it."""
FORBIDDEN_WORDS: Final = frozenset({"manager", "helper", "helpers", "util", "utils", "handler", "handlers", "data", "info"})
SINGLETONS: Final = frozenset({"engine", "settings", "registry", "session", "store", "studio", "database", "connection"})
EXCEPTIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "oyama_tui/core/definition/workflow.py:Handlers",
            "oyama_tui/core/events/handler.py:handler",
            "oyama_tui/core/events/handler.py:HandlerStarted",
            "oyama_tui/core/events/handler.py:HandlerSettled",
            "oyama_tui/core/evolve/handlers.py:handlers",
            "tests/core/test_handlers.py:test_handlers",
        ),
        "`handlers` is a key of the format: what runs when everything else of a run is over",
    ),
    "oyama_tui/steps/reaper.py:process_table": "the table of processes: here the word is a noun",
    "oyama_tui/store/json_text.py:process_bind_param": "SQLAlchemy's name",
    "oyama_tui/store/json_text.py:process_result_value": "SQLAlchemy's name",
}
"""What is over a budget on purpose: its name, as a violation names it, and the reason."""
WIDE: Final[Mapping[str, int]] = {
    "OutputPane": 86,
    "LogFinder": 80,
    "LogReader": 77,
    "LogTail": 63,
    "LogPager": 55,
    "LogText": 45,
    "Card": 46,
    "PagedRows": 48,
    "Rows": 41,
    "Queue": 41,
    "ReadText": 41,
    "RunScreen": 64,
    "RunsScreen": 56,
    "WorkflowsScreen": 53,
    "HistoryScreen": 52,
    "HomeScreen": 46,
    "WorkflowScreen": 54,
    "ComparisonScreen": 45,
    "ApprovalsScreen": 53,
    "FindingScreen": 48,
    "RunCommands": 46,
    "FilteredScreen": 42,
    "AnsweringScreen": 46,
    "PastScreen": 58,
    "PastMoves": 47,
    "PagedScreen": 50,
    "SortedScreen": 43,
    "PastApprovalsScreen": 51,
}
"""Classes that are still wider than that, and how wide: these numbers may only fall. Output stands on seven floors, one for each thing that
it can do, and a screen on four; Textual's hooks and the actions of keys are among the methods."""
TEXTS: Final = frozenset({".py", ".md", ".toml", ".tcss", ".yaml", ".yml", ".json", ".cfg", ".txt", ".sh", ""})


def expect_none(found: Iterator[tuple[str, str]]) -> None:
    """Fail with every violation that is no exception."""
    violations = [f"{name}: {excess}" for name, excess in found if name not in EXCEPTIONS]
    assert not violations, "\n" + "\n".join(violations)


def over_budget(module: Module) -> Iterator[tuple[str, str]]:
    """What in a module is larger than its budget: its name, and by how much."""
    screen = module.path.parent == PACKAGE / "tui" / "screens"
    most = MOST_SCREEN_LINES if screen else MOST_LINES
    if module.lines > most:
        yield module.place, f"{module.lines} lines, at most {most}"
    for function in module.functions():
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > MOST_FUNCTION_LINES:
            yield f"{module.place}:{function.name}", f"{lines} lines, at most {MOST_FUNCTION_LINES}"
    for owner in module.classes():
        count, allowed = len(methods(owner)), MOST_PROTOCOL_METHODS if "Protocol" in bases(owner) else MOST_METHODS
        if count > allowed:
            yield f"{module.place}:{owner.name}", f"{count} methods, at most {allowed}"


def badly_named(module: Module) -> Iterator[tuple[str, str]]:
    """Classes, functions and modules whose names say nothing."""
    for name in (module.path.stem, *(owner.name for owner in module.classes())):
        for word in sorted(words(name) & FORBIDDEN_WORDS):
            yield f"{module.place}:{name}", f"is called {word}"
    for function in module.functions():
        if function.name.lstrip("_").startswith(("process_", "do_")):
            yield f"{module.place}:{function.name}", "does not say what it does"


def made_at_import(module: Module) -> Iterator[tuple[str, str]]:
    """Objects with a life of their own that exist as soon as the module is imported."""
    for statement in module.tree.body:
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        if not isinstance(value, ast.Call):
            continue
        assert isinstance(statement, ast.Assign | ast.AnnAssign)
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for name in (target.id for target in targets if isinstance(target, ast.Name)):
            called = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
            if (words(name) | (words(called) if called[:1].isupper() or called.startswith(("open_", "create_")) else set())) & SINGLETONS:
                yield f"{module.place}:{name}", f"is made by {called} at import"


def test_everything_stays_within_its_budget() -> None:
    expect_none(excess for module in modules(tests=True) for excess in over_budget(module))


def test_classes_stay_within_their_budget_with_what_they_inherit() -> None:
    known = {module.name: module for module in modules()}
    found = {owner.name: len(whole_methods(module, owner, known)) for module in known.values() for owner in module.classes()}
    assert {name: count for name, count in found.items() if count > MOST_WHOLE_METHODS} == dict(WIDE)


def test_inherited_methods_are_counted_once_and_in_the_class_that_is_meant() -> None:
    base = module_of("class A:\n    def f(self): ...\n    def g(self): ...\nclass B(A):\n    def g(self): ...", "base.py")
    text = "from oyama_tui.base import B\nclass A:\n    def x(self): ...\nclass C(B, Other[A]):\n    def h(self): ..."
    module = module_of(text, "sample.py")
    [_, owner] = module.classes()
    assert sorted(whole_methods(module, owner, {one.name: one for one in (base, module)})) == ["f", "g", "h"]


def test_names_say_what_things_are() -> None:
    expect_none(wrong for module in modules(tests=True) for wrong in badly_named(module))


def test_nothing_with_a_life_of_its_own_is_made_at_import() -> None:
    expect_none(made for module in modules() for made in made_at_import(module))


def test_every_exception_is_needed_and_has_its_reason() -> None:
    checks = (over_budget, badly_named, made_at_import)
    needed = {name for module in modules(tests=True) for check in checks for name, _ in check(module)}
    assert [name for name, reason in EXCEPTIONS.items() if name not in needed or not reason.strip()] == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    known = {module.name for module in modules()}
    found = cycle({module.name: imports(module, known) for module in modules()})
    assert not found, " -> ".join(found)


def test_layers_point_downwards_only() -> None:
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def machine_place(line: str) -> str:
    """A path in a line that exists on somebody's machine only; the homes of invented people are none."""
    invented = "|".join(("ana", "ben", "oyama"))
    homes = rf"(?:{'|'.join(('home', 'Users'))})/(?!(?:{invented})/)[a-z]\w*/"
    checkouts = rf"(?:w{'ork'}|t{'mp'})/(?:wt|venv|shared|main)\b"
    found = re.search(rf"(?<![\w.~$}}])/(?:{homes}|root/|{checkouts})", line)
    return found.group() if found else ""


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    expect_none(
        (f"{path.relative_to(ROOT)}:{number}", found)
        for path in files()
        if path.suffix in TEXTS
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if (found := machine_place(line))
    )


def test_places_on_machines_are_told_from_others() -> None:
    home = "/" + "home"
    assert [machine_place(f"cd {path}") for path in (f"{home}/ana/shop", "/etc/passwd", "~/ben/x", f"${home}/carl/x")] == [""] * 4
    assert machine_place(f"see {home}/carl/project") == f"{home}/carl/"


def module_of(text: str, name: str = "sample.py") -> Module:
    return Module(PACKAGE / name, ast.parse(text), len(text.splitlines()))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("def f():\n" + "    x = 1\n" * 49, 0),
        ("def f():\n" + "    x = 1\n" * 50, 1),
        ("class C:\n" + "".join(f"    def m{n}(self): ...\n" for n in range(20)), 0),
        ("class C:\n" + "".join(f"    def m{n}(self): ...\n" for n in range(21)), 1),
        ("class P(Protocol):\n" + "".join(f"    def m{n}(self): ...\n" for n in range(9)), 1),
        ("class P(Protocol[T]):\n" + "".join(f"    def m{n}(self): ...\n" for n in range(9)), 1),
        ("x = 1\n" * 400, 0),
        ("x = 1\n" * 401, 1),
    ],
)
def test_the_budgets_are_counted_rightly(text: str, count: int) -> None:
    assert len(list(over_budget(module_of(text)))) == count


def test_a_screen_has_the_smaller_budget() -> None:
    assert len(list(over_budget(module_of("x = 1\n" * 251, "tui/screens/sample.py")))) == 1


def test_bad_names_and_things_made_at_import_are_found() -> None:
    bad = module_of("class RunManager: ...\nclass DataTable2: ...\ndef process_run(): ...\ndef _do_it(): ...\nclass Database: ...")
    assert [name.partition(":")[2] for name, _ in badly_named(bad)] == ["RunManager", "DataTable2", "process_run", "_do_it"]
    made = module_of("ENGINE = create_engine('x')\nsettings: Settings = Settings()\nstore = None\nLIMIT = int('3')\nx = LocalEngine()")
    assert [name.partition(":")[2] for name, _ in made_at_import(made)] == ["ENGINE", "settings", "x"]


def test_a_cycle_is_found_through_type_only_imports_too() -> None:
    one = module_of("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from oyama_tui import two", "one.py")
    two = module_of("def f():\n    import oyama_tui.one", "two.py")
    known = {"oyama_tui.one", "oyama_tui.two"}
    assert cycle({module.name: imports(module, known) for module in (one, two)}) == ["oyama_tui.one", "oyama_tui.two", "oyama_tui.one"]
