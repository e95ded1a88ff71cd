"""What the commands of the API end with, in the cases that the table of exit codes names."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final

from tests.cli.program import Oyama, hiding


def without_packages(oyama: Oyama) -> int:
    codes = {oyama.fresh(word, env=hiding(oyama.folder / word, package)).code for word, package in (("mcp", "mcp"), ("serve", "fastapi"))}
    [code] = codes
    return code


def no_address(oyama: Oyama) -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        codes = {oyama("serve", "--port", port).code, oyama("serve", "--host", "nowhere.invalid").code}
    [code] = codes
    return code


def agent_wants_token(oyama: Oyama) -> int:
    return oyama("token", "create", "ana", env={"AI_AGENT": "made-up"}).code


API_SCENES: Final[dict[str, Callable[[Oyama], int]]] = {
    "`oyama mcp` or `oyama serve` without its packages": without_packages,
    "`serve` cannot have its address or port": no_address,
    "an agent that wants a token for the API": agent_wants_token,
}
