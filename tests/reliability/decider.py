"""One of several people who answer the same gates: runs the command line in this process, once for each round.

Each line on standard input is a list of words. The words are run when the round is let go: `ready` is printed, then a second line is
awaited. What the command did is printed as one JSON line: exit code, output, errors.
"""

from __future__ import annotations

import io
import json
import sys

from oyama_tui.cli.app import run


def main() -> None:
    """Play rounds until the input ends."""
    told, errors = sys.stdout, sys.stderr
    for line in sys.stdin:
        words = json.loads(line)
        told.write("ready\n")
        told.flush()
        sys.stdin.readline()
        sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
        code = run(words)
        answer = {"code": int(code), "out": sys.stdout.getvalue(), "err": sys.stderr.getvalue()}
        sys.stdout, sys.stderr = told, errors
        told.write(json.dumps(answer) + "\n")
        told.flush()


if __name__ == "__main__":
    main()
