"""What figures depend on besides the program: the machine, the disk, the versions."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import time
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psutil

SYNCS: Final = 50


def conditions(folder: Path) -> dict[str, str]:
    """What the figures of a run of the benchmark depend on, in words; no names of machines, accounts or places.

    Args:
        folder: On the disk that is written to.
    """
    memory = psutil.virtual_memory().total / 2**30
    return {
        "machine": f"{os.cpu_count()} processors, {memory:.0f} GiB of memory, {platform.system()} on {platform.machine()}",
        "disk": f"{_file_system(folder)}, {_sync_ms(folder):.2f} ms for one sync of 4 KiB in the median",
        "versions": f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, Textual {version('textual')}",
        "Oyama TUI": version("oyama-tui"),
    }


def _file_system(folder: Path) -> str:
    """The file system that a folder is on."""
    place = folder.resolve()
    mounted = [part for part in psutil.disk_partitions(all=True) if place.is_relative_to(part.mountpoint)]
    return max(mounted, key=lambda part: len(part.mountpoint)).fstype if mounted else "an unknown file system"


def _sync_ms(folder: Path) -> float:
    """How long the disk takes to have a page for sure, in milliseconds."""
    took = []
    path = folder / "sync"
    with path.open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            file.write(bytes(4096))
            began = time.perf_counter()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    path.unlink()
    return statistics.median(took)
