"""Makes a realistic database for a person to look at: `python -m tests.realistic FOLDER`, then `OYAMA_HOME=FOLDER oyama` elsewhere."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
from pathlib import Path

from tests.realistic.making import Making, living, present


def main() -> int:
    """Make it, and drive its runs until ctrl+c."""
    parser = argparse.ArgumentParser(prog="python -m tests.realistic", description=__doc__)
    parser.add_argument("folder", type=Path, help="the data directory; must not exist, or be empty")
    parser.add_argument("--leave", action="store_true", help="end as soon as it is made, and drive nothing")
    parser.add_argument("--large", action="store_true", help="with a loop over 10,000 items")
    parser.add_argument("--still", action="store_true", help="let everything that runs stand still")
    given = parser.parse_args()
    if given.folder.exists() and any(given.folder.iterdir()):
        print(f"{given.folder} is not empty.", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.WARNING)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    given.folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with living(Making(given.folder.resolve(), present(), large=given.large, earnest=not given.still)):
        print(f"Made in {time.monotonic() - began:.1f} s, {time.process_time():.1f} s of processor.")
        print(f"Look at it: OYAMA_HOME={given.folder} oyama")
        if given.leave:
            return 0
        print("The runs that go on are driven here; ctrl+c ends that.", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
