"""`oyama token`: made for people by people, shown once, gone when revoked."""

from __future__ import annotations

import json
import re
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.json_reference import fields_of
from tests.cli.program import Oyama, finish
from tests.cli.test_completion import offered
from tests.cli.test_json_shapes import same

TOKEN = r"oyama_[0-9a-f]{8}_[\w-]{43}"


def file_of(oyama: Oyama) -> Path:
    return oyama.home / "oyama.db.files" / "tokens.json"


def test_a_token_is_shown_once_alone_on_the_last_line(oyama: Oyama) -> None:
    made = oyama("token", "create", "ana", code=0)
    assert re.fullmatch(TOKEN + "\n", made.out)
    assert made.err == "A token for ana, to look and act; it is shown only now:\n"
    secret = made.out.strip().split("_", 2)[2]
    kept = file_of(oyama)
    assert secret not in kept.read_text(encoding="utf-8")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    listed = oyama("token", "list", code=0)
    assert made.out.split("_")[1] in listed.out
    assert secret not in listed.out + listed.err
    for path in oyama.home.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def test_a_list_says_for_whom_what_and_how_long(oyama: Oyama) -> None:
    empty = oyama("token", "list", code=0)
    assert (empty.out, empty.err) == ("", "There is no token. Make one: oyama token create NAME\n")
    oyama("token", "create", "ana", code=0)
    oyama("token", "create", "grafana", "--read-only", "--expires", "30d", code=0)
    head, ana, grafana = oyama("token", "list", code=0).out.splitlines()
    assert head.split() == ["ID", "PERSON", "KIND", "MADE"]
    assert re.match(r"[0-9a-f]{8} +ana +to look and act ", ana)
    assert re.match(r"[0-9a-f]{8} +grafana +to look only, until 20", grafana)


def test_json_has_all_of_it_and_the_token_when_it_is_made_alone(oyama: Oyama) -> None:
    made = oyama("token", "create", "ana", "--expires", "1h", "--json", code=0).json()
    same("Token", made)
    assert (made["person"], made["read_only"], made["status"]) == ("ana", False, "counts")
    ends = datetime.fromisoformat(made["expires_at"])
    assert timedelta(minutes=59) < ends - datetime.now(UTC) <= timedelta(hours=1)
    [listed] = oyama("token", "list", "--json", code=0).json()
    same("Token", listed, without=frozenset({"token"}))
    assert listed == {name: value for name, value in made.items() if name != "token"}
    [gone] = oyama("token", "revoke", made["id"], "--json", code=0).json()
    assert gone == {**listed, "status": "revoked"}
    assert oyama("token", "list", "--json", code=0).json() == []


def test_one_is_revoked_by_its_id_and_all_of_a_person_by_the_name(oyama: Oyama) -> None:
    ids = [oyama("token", "create", person, "--json", code=0).json()["id"] for person in ("ana", "ben", "ana")]
    assert oyama("token", "revoke", ids[1], code=0).out == f"{ids[1]} of ben counts no more.\n"
    assert oyama("token", "revoke", "ana", code=0).out == "".join(f"{ids[place]} of ana counts no more.\n" for place in (0, 2))
    assert "no token 'ana'" in oyama("token", "revoke", "ana", code=4).err


def test_an_expired_token_is_told_as_one(oyama: Oyama) -> None:
    oyama("token", "create", "ana", code=0)
    kept = json.loads(file_of(oyama).read_text(encoding="utf-8"))
    kept[0]["view"]["expires_at"] = "2020-01-01T00:00:00Z"
    file_of(oyama).write_text(json.dumps(kept), encoding="utf-8")
    assert "expired 2020-01-01" in oyama("token", "list", code=0).out
    assert oyama("token", "list", "--json", code=0).json()[0]["status"] == "expired"


@pytest.mark.parametrize("name", ["", "two words", "-x", "a/b", "../x", "é", "x" * 65, "1st", "a\nb", "a:b"])
def test_what_is_no_name_is_refused(oyama: Oyama, name: str) -> None:
    told = oyama("token", "create", "--", name, code=2)
    assert "no name for a token" in told.err
    assert not file_of(oyama).exists()


@pytest.mark.parametrize("expires", ["soon", "0s", "-1h", "9" * 30 + "d", "99999999d"])
def test_what_is_no_time_to_come_is_refused(oyama: Oyama, expires: str) -> None:
    assert oyama("token", "create", "ana", f"--expires={expires}", code=2).out == ""
    assert not file_of(oyama).exists()


@pytest.mark.parametrize(
    "words", [("make",), ("create",), ("revoke",), ("list", "ana"), ("list", "--read-only"), ("revoke", "ana", "--expires", "1h"), ()]
)
def test_what_makes_no_sense_is_told_as_usage(oyama: Oyama, words: tuple[str, ...]) -> None:
    assert oyama("token", *words, code=2).err.startswith("Usage:")


def test_an_agent_makes_no_token_and_revokes_none(oyama: Oyama) -> None:
    oyama("token", "create", "ana", code=0)
    before = file_of(oyama).read_bytes()
    for words in (("create", "ben"), ("revoke", "ana")):
        told = oyama("token", *words, env={"AI_AGENT": "made-up"}, code=77)
        assert (told.out, told.err.startswith("Not allowed:")) == ("", True)
    assert file_of(oyama).read_bytes() == before


def test_a_step_makes_no_token(oyama: Oyama) -> None:
    words = " ".join(oyama.argv("token", "create", "ana"))
    oyama("run", oyama.file("step.yaml", f"id: step\nsteps:\n  - {{id: one, run: '{words} || echo code=$?'}}\n"), code=0)
    assert "code=77" in oyama("logs", "step@latest", code=0).out
    assert not file_of(oyama).exists()


def test_tokens_made_at_once_are_all_kept(oyama: Oyama) -> None:
    oyama("list", code=0)
    started: list[subprocess.Popen[str]] = [oyama.start("token", "create", f"p{number}") for number in range(6)]
    ended = [finish(one) for one in started]
    assert [one.code for one in ended] == [0] * 6, [one.told for one in ended]
    assert sorted(one["person"] for one in oyama("token", "list", "--json", code=0).json()) == [f"p{number}" for number in range(6)]


@pytest.mark.parametrize("spoilt", ["{", "[{}]", '[{"view": 1, "sha256": "x"}]', "[" * 9000, "\x00"])
def test_a_damaged_file_is_told_and_kept(oyama: Oyama, spoilt: str) -> None:
    oyama("token", "create", "ana", code=0)
    file_of(oyama).write_text(spoilt, encoding="utf-8")
    for words in (("list",), ("create", "ben"), ("revoke", "ana")):
        assert "tokens.json cannot be used: it is damaged" in oyama("token", *words, code=74).err
    assert file_of(oyama).read_text(encoding="utf-8") == spoilt


def test_a_link_in_its_place_is_not_followed(oyama: Oyama) -> None:
    oyama("token", "create", "ana", code=0)
    elsewhere = oyama.folder / "elsewhere.json"
    file_of(oyama).rename(elsewhere)
    file_of(oyama).symlink_to(elsewhere)
    assert "a link" in oyama("token", "list", code=74).err
    assert "a link" in oyama("token", "create", "ben", code=74).err


def test_tokens_are_offered_to_revoke(oyama: Oyama) -> None:
    number = oyama("token", "create", "ana", "--json", code=0).json()["id"]
    assert offered(oyama, "token", "re") == ["revoke"]
    assert offered(oyama, "token", "revoke", "") == [number]
    assert offered(oyama, "token", "create", "") == []


def test_every_field_of_a_server_that_is_ready_is_on_the_page() -> None:
    assert list(fields_of("Server")) == ["id", "status", "url", "engine"]
