"""The versions that the tests are run with are named, exact, and those that users may get."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DECLARED = [Requirement(text) for text in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"])]
LINES = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
TESTED = {canonicalize_name(name): number for name, _, number in (line.partition("==") for line in LINES)}


def test_constraints_are_names_and_exact_versions() -> None:
    assert sorted(LINES, key=str.lower) == LINES
    assert [line for line in LINES if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.!+]*", line)] == []
    assert len(TESTED) == len(LINES)


@pytest.mark.parametrize("needed", DECLARED, ids=lambda needed: str(needed.name))
def test_what_the_project_needs_has_a_tested_version_that_it_allows(needed: Requirement) -> None:
    tested = TESTED[canonicalize_name(needed.name)]
    assert needed.specifier.contains(tested, prereleases=True), f"{needed} does not allow {tested}"
    assert version(needed.name), "it is installed"


def test_every_extra_has_code_that_uses_it() -> None:
    assert set(PROJECT["optional-dependencies"]) == {"api", "http", "mcp", "notify", "test"}
