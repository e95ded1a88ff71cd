"""Where data files live; the only place that knows."""

from __future__ import annotations

from pathlib import Path, PurePath

PACKAGE = Path(__file__).resolve().parent


def styles_path() -> Path:
    """The folder with the style sheets: the installed package's own, else the checkout's."""
    installed = PACKAGE / "styles"
    return installed if installed.is_dir() else PACKAGE.parent / "styles"


def style_files() -> list[str | PurePath]:
    """All style sheets: what holds everywhere, then each screen's own; those name their screen, so all can be read at once at the start."""
    styles = styles_path()
    return [styles / "app.tcss", *sorted((styles / "screens").glob("*.tcss"))]


def templates_path() -> Path:
    """The folder with the ready workflows."""
    return PACKAGE / "templates"


def runner_path() -> Path:
    """The stand-alone program that calls a Python function for a step; it imports nothing of Oyama."""
    return PACKAGE / "steps" / "runner.py"


def reaper_path() -> Path:
    """The stand-alone program that ends an engine's processes when the engine dies; it imports nothing of Oyama."""
    return PACKAGE / "steps" / "reaper.py"
