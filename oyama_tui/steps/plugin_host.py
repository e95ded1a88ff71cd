"""What the process of a `use` step calls: loads the plugin, checks what it is given, and carries out the attempt."""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path
from typing import Any

from pydantic import JsonValue, ValidationError

from oyama_tui.plugins import PluginAttempt
from oyama_tui.steps.found_plugins import plugin


async def carry_out(name: str, values: dict[str, JsonValue]) -> Any:
    """Carry out one attempt with a plugin.

    Args:
        name: The plugin.
        values: What the step gives it.

    Raises:
        UnusablePlugin: It is not there, or is broken.
        ValueError: The values do not fit.
    """
    found, usable = plugin(name)
    print(f"[oyama: step kind {name} of {found.origin}]", file=sys.stderr, flush=True)
    try:
        given = usable.model.model_validate(values)
    except ValidationError as wrong:
        # What the values are may be secret or long: only where they do not fit is told.
        raise ValueError("; ".join(f"with.{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in wrong.errors()[:5])) from None
    attempt = PluginAttempt(
        run_id=os.environ["OYAMA_RUN_ID"],
        step_id=os.environ["OYAMA_STEP_ID"],
        number=int(os.environ["OYAMA_ATTEMPT"]),
        idempotency_key=os.environ["OYAMA_IDEMPOTENCY_KEY"],
        directory=Path.cwd(),
    )
    result = usable.execute(given, attempt)
    return await result if inspect.isawaitable(result) else result
