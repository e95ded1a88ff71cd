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
        if "hook" in arguments:
            from oyama_tui.agents.front import agent_of

            if agent := agent_of(arguments):
                return _answer(agent, arguments)
        import gc

        gc.disable()  # what is loaded stays: looking through it again and again is a tenth of a short command's time
        from oyama_tui.cli.app import run

        return run(arguments)
    except KeyboardInterrupt:
        return 130


def _answer(agent: str, arguments: list[str]) -> int:
    """Answer an agent's hook: at once where nobody has to be asked, and in any case, since agents take silence for a yes.

    Args:
        agent: Which one.
        arguments: The whole command line.
    """
    from oyama_tui.agents import front

    code = front.settled(agent)
    if code is not None:
        return code
    code = 1
    try:
        from oyama_tui.cli.app import run

        code = run(arguments)
    except Exception as error:
        return front.say(front.mistaken(agent, error))
    finally:
        code = front.ensure_answer(agent, code)
    return code


if __name__ == "__main__":
    sys.exit(main())
