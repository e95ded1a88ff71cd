"""Hostile texts wherever a text can stand in the API: kept as they were sent, or refused; never carried out, never a failure of the server.

The places are those of the OpenAPI document, so one that is added later makes the test fail until it is in a trial. Places that only look
something up, and places that take a run for each text, take a share of the texts; `OYAMA_TEST_HOSTILE=full` sends all through all.
"""

from __future__ import annotations

import logging
import time
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.api import hostile_definitions, hostile_lookups, hostile_rollbacks, hostile_wishes
from tests.api.conftest import Api
from tests.api.hostile_sender import FEW, FULL, HostileSender
from tests.reliability.hostile import hostile_strings

NUMBER: Final = 300
TRIALS: Final = (
    hostile_definitions.definitions,
    hostile_definitions.inputs,
    hostile_definitions.given_workflows,
    hostile_lookups.keys,
    hostile_wishes.answers,
    hostile_wishes.wishes,
    hostile_rollbacks.rollbacks,
    hostile_lookups.names,
    hostile_lookups.queries,
    hostile_lookups.followers,
)


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_every_text_of_the_api_takes_hostile_ones_as_text(
    api: Api, seed: int, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    document = await api.json("GET", "/openapi.json")
    with closing(HostileSender(api, document, hostile_strings(seed, NUMBER))) as sender:
        for trial in TRIALS:
            begun = time.monotonic()
            await trial(sender)
            print(f"{trial.__name__} {time.monotonic() - begun:.1f} s, {sender.requests} requests")
        print(f"{sender.requests} requests to {len(sender.places.seen)} places")
        few = NUMBER if FULL else NUMBER // FEW
        missed = {place: len(texts) for place, texts in sender.places.seen.items() if len(texts) < few}
        assert not missed, "places that no trial sends enough texts to"
        assert set().union(*sender.places.seen.values()) == set(sender.texts)
    assert not list(tmp_path.rglob("pwned"))
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info] == []
