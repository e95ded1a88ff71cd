"""Pauses between attempts."""

from __future__ import annotations

import hashlib
import math

from oyama_tui.core.definition.step import RetryPolicy
from oyama_tui.core.scope import NodeState
from oyama_tui.core.state import RunState


def pause_before(policy: RetryPolicy, failures: int, seed: str) -> int:
    """The pause after so many failures: exponential, bounded, spread by up to a quarter.

    Args:
        policy: The step's retry policy.
        failures: How many attempts have failed, at least 1.
        seed: What the spread is derived from, so that it is the same for the same attempt.

    Returns:
        Milliseconds.
    """
    try:
        grown = policy.interval * policy.factor ** (failures - 1)
    except OverflowError:
        grown = math.inf if policy.interval else 0.0
    pause = min(grown, float(policy.max_interval))
    if policy.jitter:
        fraction = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4]) / 2**32
        pause *= 1 - fraction / 4
    return round(pause)


def retry_policy(state: RunState, node: NodeState) -> RetryPolicy:
    """How often and when a node is tried again: as its step says, but for what a person said who had it begin once more.

    Args:
        state: The run.
        node: Any node of it.
    """
    policy = state.graph.retry_of(node.spec)
    if node.attempts is None and node.interval is None:
        return policy
    said: dict[str, object] = {} if node.attempts is None else {"max_attempts": node.attempts}
    if node.interval is not None:
        said |= {"interval": node.interval, "factor": 1.0, "max_interval": node.interval, "jitter": False}
    return policy.model_copy(update=said)
