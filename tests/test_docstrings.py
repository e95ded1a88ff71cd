"""What docstrings say of arguments is what the signatures say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from tests.source import PACKAGE, Module, modules

TEXTUALS_OWN: Final = frozenset({"id", "classes", "name", "disabled"})
"""Parameters that every widget has and Textual explains."""
EXCEPTIONS: Final[Mapping[str, str]] = {}
"""Whose `Args:` differ from its signature on purpose: its name, as a violation names it, and the reason."""


def documented(docstring: str) -> list[str] | None:
    """The names under `Args:` in their order; none when the docstring has no such section."""
    lines = iter(docstring.splitlines())
    if not any(line.strip() == "Args:" for line in lines):
        return None
    names = []
    for line in lines:
        if not line.strip():
            break
        found = re.match(r" {4}\*{0,2}(\w+):", line)
        if found:
            names.append(found[1])
    return names


def fields(owner: ast.ClassDef) -> list[str]:
    """What a dataclass or a model is made with."""
    annotated = (node for node in owner.body if isinstance(node, ast.AnnAssign) and not ast.unparse(node.annotation).startswith("ClassVar"))
    return [node.target.id for node in annotated if isinstance(node.target, ast.Name)]


def accepted(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[str]:
    """The names of what a function takes, or of what an object of a class is made with."""
    if isinstance(node, ast.ClassDef):
        makers = [m for m in node.body if isinstance(m, ast.FunctionDef) and m.name in ("__init__", "__new__")]
        return accepted(makers[0]) if makers else fields(node)
    taken = node.args
    found = [*taken.posonlyargs, *taken.args, taken.vararg, *taken.kwonlyargs, taken.kwarg]
    return [one.arg for one in found if one is not None and one.arg not in ("self", "cls")]


def drifted(module: Module) -> Iterator[tuple[str, str]]:
    """Functions and classes of a module whose `Args:` are not what they take, in the same order."""
    for node in module.definitions():
        said = documented(ast.get_docstring(node) or "")
        if said is None:
            continue
        takes = accepted(node)
        needed = [name for name in takes if name in said or name not in TEXTUALS_OWN]
        if said != needed:
            yield f"{module.place}:{node.name}", f"documents {', '.join(said)}; takes {', '.join(takes)}"


def test_documented_arguments_are_those_of_the_signature() -> None:
    found = [(name, excess) for module in modules() for name, excess in drifted(module)]
    assert not [f"{name}: {excess}" for name, excess in found if name not in EXCEPTIONS]
    assert EXCEPTIONS.keys() <= {name for name, _ in found}


def sample(head: str, *said: str) -> Module:
    """A function or class with these lines under `Args:`."""
    lines = [
        head,
        '    """Do.',
        "",
        "    Args:",
        *(f"        {line}" for line in said),
        "",
        "    Raises:",
        "        Gone: Never.",
        '    """',
    ]
    return Module(PACKAGE / "sample.py", ast.parse("\n".join(lines)), len(lines))


@pytest.mark.parametrize(
    ("head", "said", "fits"),
    [
        ("def f(a, *b, c=1, **d):", ["a: One.", "b: Two.", "*c: Three.", "**d: Four."], True),
        ("def f(self, a):", ["a: One,", "    with more: of it."], True),
        ("def f(a, id=''):", ["a: One."], True),
        ("def f(a, b):", ["a: One."], False),
        ("def f(a, b):", ["b: Two.", "a: One."], False),
        ("def f(a):", ["a: One.", "gone: Two."], False),
    ],
)
def test_a_drifted_docstring_is_found(head: str, said: list[str], fits: bool) -> None:
    assert (not list(drifted(sample(head, *said)))) == fits


def test_a_class_documents_what_it_is_made_with() -> None:
    text = 'class C:\n    """It.\n\n    Args:\n        a: One.\n    """\n'
    made = [
        text + "    def __init__(self, a, *, classes=''): ...",
        text + "    a: int\n    b: ClassVar[int] = 1",
        text + "    a: int\n    b: int",
    ]
    assert [len(list(drifted(Module(PACKAGE / "sample.py", ast.parse(one), 1)))) for one in made] == [0, 0, 1]
