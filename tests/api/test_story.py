"""One shell script with curl alone tells the whole story: start, ask, die, answer, take back, take up anew, clear, delete."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.api.program import Serving

STORY = Path(__file__).with_name("story.sh")


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_story_is_told_with_curl_alone(tmp_path: Path) -> None:
    env = {**Serving.environment(tmp_path), "OYAMA": f"{sys.executable} -m oyama_tui", "PORT": str(free_port())}
    told = subprocess.run(["/bin/sh", str(STORY)], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=110)
    assert (told.returncode, told.stdout) == (0, "the story is told\n"), told.stderr + (tmp_path / "serve.err").read_text()
    assert "Traceback" not in (tmp_path / "serve.err").read_text()
