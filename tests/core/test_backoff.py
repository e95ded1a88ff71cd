"""Pauses between attempts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oyama_tui.core.backoff import pause_before
from oyama_tui.core.definition import RetryPolicy


def policy(**values: object) -> RetryPolicy:
    return RetryPolicy.model_validate(values)


def test_pauses_grow_by_the_factor_up_to_the_longest() -> None:
    steady = policy(interval="1s", factor=3, max_interval="20s", jitter=False)
    assert [pause_before(steady, failures, "any") for failures in range(1, 6)] == [1_000, 3_000, 9_000, 20_000, 20_000]


def test_jitter_shortens_a_pause_by_up_to_a_quarter_and_is_the_same_for_the_same_attempt() -> None:
    spread = policy(interval="10s", factor=1, jitter=True)
    pauses = {seed: pause_before(spread, 1, seed) for seed in ("run/a/1", "run/a/2", "run/b/1")}
    assert pauses == {seed: pause_before(spread, 1, seed) for seed in pauses}
    assert len(set(pauses.values())) == 3
    assert all(7_500 <= pause <= 10_000 for pause in pauses.values())


def test_the_spread_uses_the_whole_quarter() -> None:
    pauses = [pause_before(policy(interval="10s", factor=1), 1, f"run/{number}/1") for number in range(500)]
    assert 7_500 <= min(pauses) < 7_550
    assert 9_950 < max(pauses) <= 10_000


@pytest.mark.parametrize(("interval", "longest"), [("1ms", 60_000), ("0s", 0)])
def test_the_thousandth_failure_with_the_steepest_factor_has_a_pause_too(interval: str, longest: int) -> None:
    steep = policy(max_attempts=1_000, interval=interval, factor=100, jitter=False)
    assert pause_before(steep, 999, "any") == longest


@settings(deadline=None, print_blob=True)
@given(st.integers(1, 1_000), st.floats(1, 100), st.sampled_from(["0s", "1ms", "1h"]), st.text())
def test_a_pause_is_never_negative_nor_longer_than_the_longest(failures: int, factor: float, interval: str, seed: str) -> None:
    pause = pause_before(policy(interval=interval, factor=factor), failures, seed.encode(errors="replace").decode())
    assert 0 <= pause <= 60_000
