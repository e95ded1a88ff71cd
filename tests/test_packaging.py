"""What users install is whole, and works without the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pexpect
import pytest

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = """
id: installed
steps:
  - {id: shell, run: echo from the shell}
  - {id: function, python: "helper:double", with: {number: 21}}
  - {id: told, run: 'echo "twice is ${{ steps.function.result }}"'}
"""


def build(source: Path, target: str, folder: Path) -> Path:
    """Build a wheel or an sdist of a checkout."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)],
        cwd=source,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [made] = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


def files_under(folder: Path, name: str) -> dict[str, bytes]:
    """All files that belong to the package, by their path in the wheel."""
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {f"{name}/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in found}


def content(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_holds_the_package_and_the_styles_and_nothing_else(wheel: Path) -> None:
    package = files_under(ROOT / "oyama_tui", "oyama_tui")
    styles = files_under(ROOT / "styles", "oyama_tui/styles")
    assert content(wheel) == {**package, **styles}
    needed = ("py.typed", "steps/reaper.py", "steps/runner.py", "templates/demo/demo.yaml", "templates/demo/publish.sh", "styles/app.tcss")
    assert {f"oyama_tui/{name}" for name in (*needed, "store/migrations/script.py.mako")} <= set(content(wheel))
    assert any(name.startswith("oyama_tui/store/migrations/versions/") for name in package)


def test_a_wheel_made_from_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(build(ROOT, "sdist", tmp_path)) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    [source] = (tmp_path / "source").iterdir()
    assert content(build(source, "wheel", tmp_path)) == content(wheel)


class Installed:
    """The wheel in a fresh environment that reaches only the dependencies of this one."""

    def __init__(self, wheel: Path, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "venv" / "bin"
        venv.create(folder / "venv", with_pip=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OYAMA", "PYTHON", "VIRTUAL_ENV"))}
        self.env = {**kept, "OYAMA_HOME": str(folder / "home"), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        self.python("-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile", str(wheel))
        self.site = Path(self.python("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
        paths = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
        (self.site / "dependencies.pth").write_text("".join(f"{path}\n" for path in paths))

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> str:
        done = subprocess.run(
            words,
            cwd=self.folder,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def python(self, *words: str) -> str:
        return self.run(str(self.bin / "python"), *words)

    def oyama(self, *words: str) -> str:
        return self.run(str(self.bin / "oyama"), *words)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(wheel, tmp_path_factory.mktemp("installed"))


def test_the_installed_program_finds_its_own_files(installed: Installed) -> None:
    printed = (
        "from oyama_tui import resources as r; print(r.styles_path(), r.templates_path(), r.reaper_path(), r.runner_path(), sep='\\n')"
    )
    paths = [Path(line) for line in installed.python("-c", printed).splitlines()]
    assert [path.relative_to(installed.site).as_posix() for path in paths] == [
        "oyama_tui/styles",
        "oyama_tui/templates",
        "oyama_tui/steps/reaper.py",
        "oyama_tui/steps/runner.py",
    ]
    assert all(path.exists() for path in paths)


def test_the_installed_program_starts_and_knows_its_templates(installed: Installed) -> None:
    assert installed.oyama("--version").startswith("oyama ")
    for name in ("demo", "release"):
        told = installed.oyama("validate", str(installed.site / "oyama_tui" / "templates" / name / f"{name}.yaml"))
        assert f"{name} is valid" in told
    installed.oyama("init", "ops")
    assert "preview -> gate -> re-check -> action" in installed.oyama("run", "ops/release.yaml", "-i", "version=v1.0.0", "--dry-run")


def test_the_installed_program_runs_a_workflow(installed: Installed) -> None:
    (installed.folder / "installed.yaml").write_text(WORKFLOW)
    (installed.folder / "helper.py").write_text("def double(number):\n    return 2 * number\n")
    told = installed.oyama("run", "installed.yaml")
    assert "from the shell" in told
    assert "twice is 42" in told


def test_the_installed_program_opens_its_screens(installed: Installed) -> None:
    env = {**installed.env, "OYAMA_HOME": str(installed.folder / "another home")}
    screens = pexpect.spawn(
        str(installed.bin / "oyama"), cwd=str(installed.folder), env=env, encoding="utf-8", timeout=30, dimensions=(36, 120)
    )
    try:
        screens.expect("Oyama runs your steps")
        screens.send("q")
        screens.expect(pexpect.EOF)
        screens.wait()
        assert screens.exitstatus == 0, screens.before
    finally:
        screens.close(force=True)
