"""The program `oyama`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; the version is told without loading anything else.

    Returns:
        The exit code.
    """
    arguments = sys.argv[1:]
    try:
        if arguments == ["--version"]:
            from oyama_tui import __version__

            try:
                print(f"oyama {__version__}", flush=True)
            except OSError:
                # The whole command line knows how to tell this.
                from oyama_tui.cli.app import run

                return run(arguments)
            return 0
        import gc

        gc.disable()  # what is loaded stays: looking through it again and again is a tenth of a short command's time
        from oyama_tui.cli.app import run

        return run(arguments)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
