"""`python -m oyama_tui.bench`: budgets beside a reference, in the same minute."""

from __future__ import annotations

import sys

from oyama_tui.bench.command import main

if __name__ == "__main__":
    sys.exit(main())
