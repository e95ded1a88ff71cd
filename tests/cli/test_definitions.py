"""Which definition a command means: by path, by id, from standard input; and in which characters it is written."""

from __future__ import annotations

import os

from tests.cli.program import Oyama

HELLO = "id: {id}\nsteps:\n  - {{id: a, run: 'echo {word}; pwd'}}\n"


def sources(oyama: Oyama) -> dict[str, str]:
    return {row["id"]: row["source"] for row in oyama("list", "--json").json()}


def test_a_file_that_is_not_utf8_is_refused_wherever_it_is_read(oyama: Oyama) -> None:
    raw = b"id: hello\nsteps:\n  - {id: a, run: echo \xfc}\n"
    path = oyama.folder / "f.yaml"
    path.write_bytes(raw)
    piped = raw.decode("utf-8", "surrogateescape")
    for words, stdin in ((("validate", "f.yaml"), ""), (("validate", "-"), piped), (("run", "f.yaml"), ""), (("run", "-"), piped)):
        told = oyama(*words, stdin=stdin, code=3)
        assert "not UTF-8, line 3" in told.err
        assert "save it as UTF-8" in told.err
    path.write_text(HELLO.format(id="hello", word="hi"), encoding="utf-16")
    assert "looks like UTF-16" in oyama("run", "f.yaml", code=3).err
    path.write_text(HELLO.format(id="hello", word="hi"), encoding="utf-8-sig")
    oyama("run", "f.yaml", code=0)
    path.write_bytes(raw)
    assert oyama("list", "--json").json()[0]["changed"] is True
    assert "not UTF-8, line 3" in oyama("run", "hello", code=3).err


def test_an_id_never_starts_what_its_file_calls_otherwise_now(oyama: Oyama) -> None:
    oyama.file("f.yaml", HELLO.format(id="old", word="one"))
    oyama("run", "f.yaml", code=0)
    oyama.file("f.yaml", HELLO.format(id="new", word="two"))
    for words in (("run", "old"), ("run", "old", "--dry-run"), ("run", "old", "--detach")):
        told = oyama(*words, code=7)
        assert "says id: new now" in told.err
        assert "two" not in told.out
    assert [row["workflow_id"] for row in oyama("runs", "--json").json()] == ["old"]
    assert "two" in oyama("run", "f.yaml", code=0).out
    oyama.file("f.yaml", HELLO.format(id="old", word="three"))
    assert "three" in oyama("run", "old", code=0).out


def test_a_file_has_one_path_however_it_is_written(oyama: Oyama) -> None:
    (oyama.folder / "sub").mkdir()
    oyama.file("a.yaml", HELLO.format(id="a", word="x"))
    for path in ("a.yaml", "sub/../a.yaml", "./sub/.././a.yaml"):
        lines = oyama("run", path, code=0).out.splitlines()
        assert any(line.endswith(str(oyama.folder)) for line in lines)
        assert sources(oyama) == {"a": str(oyama.folder / "a.yaml")}
        assert oyama("show", "a@latest", "--json").json()["directory"] == str(oyama.folder)


def test_above_a_linked_folder_is_above_where_the_link_leads(oyama: Oyama) -> None:
    (oyama.folder / "deep" / "real").mkdir(parents=True)
    (oyama.folder / "link").symlink_to("deep/real")
    (oyama.folder / "deep" / "a.yaml").write_text(HELLO.format(id="a", word="deep"))
    oyama.file("a.yaml", HELLO.format(id="other", word="top"))
    assert "deep" in oyama("run", "link/../a.yaml", code=0).out
    assert sources(oyama) == {"a": str(oyama.folder / "deep" / "a.yaml")}


def test_links_to_one_file_are_no_two_workflows(oyama: Oyama) -> None:
    (oyama.folder / "v1").mkdir()
    (oyama.folder / "current").symlink_to("v1")
    (oyama.folder / "v1" / "a.yaml").write_text(HELLO.format(id="a", word="x"))
    (oyama.folder / "b.yaml").symlink_to("v1/a.yaml")
    for path, folder in (("current/a.yaml", "current"), ("v1/a.yaml", "v1"), ("b.yaml", "")):
        oyama("run", path, code=0)
        assert oyama("show", "a@latest", "--json").json()["directory"] == os.path.join(oyama.folder, folder).rstrip("/")
        assert sources(oyama) == {"a": str(oyama.folder / "current" / "a.yaml")}
    (oyama.folder / "v1" / "c.yaml").write_text(HELLO.format(id="a", word="another"))
    assert "belongs to" in oyama("run", "v1/c.yaml", code=7).err


def test_a_workflow_from_standard_input_runs_here_and_is_stored(oyama: Oyama) -> None:
    text = HELLO.format(id="piped", word="hello")
    assert "echo hello" in oyama("run", "-", "--dry-run", stdin=text, code=0).out
    assert sources(oyama) == {}
    told = oyama("run", "-", stdin=text, code=0)
    assert "hello" in told.out
    assert str(oyama.folder) in told.out
    assert sources(oyama) == {"piped": ""}
    assert "hello" in oyama("run", "piped", code=0).out
    assert "goodbye" in oyama("run", "-", stdin=text.replace("hello", "goodbye"), code=0).out
    oyama.file("f.yaml", text.replace("piped", "filed"))
    oyama("run", "f.yaml", code=0)
    assert "belongs to" in oyama("run", "-", stdin=text.replace("piped", "filed"), code=7).err
    oyama("run", "-", "--replace", stdin=text.replace("piped", "filed"), code=0)
    assert sources(oyama)["filed"] == ""
    assert "is empty" in oyama("run", "-", stdin="", code=3).err


def test_a_folder_whose_name_is_no_utf8_is_refused_with_its_name(oyama: Oyama) -> None:
    """The journal keeps where steps work, and holds nothing but UTF-8."""
    folder = oyama.folder / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / "f.yaml").write_text(HELLO.format(id="hello", word="hi"))
    oyama.folder = folder
    for words, given in (
        (("run", "f.yaml"), ""),
        (("run", "f.yaml", "--detach"), ""),
        (("run", "-"), HELLO.format(id="hello", word="hi")),
        (("init", "new"), ""),
    ):
        told = oyama(*words, stdin=given, code=2)
        assert r"caf\xe9" in told.err
        assert "is not UTF-8 text" in told.err
    assert oyama("runs", "--json", code=0).json() == []
    assert oyama("list", "--json", code=0).json() == []


TREE = """\
id: tree
inputs: {env: {default: test}}
steps:
  - id: fan
    for_each: {items: [one, two], as: host}
    steps:
      - {id: copy, run: 'echo "${{ host }}"'}
      - id: pick
        switch:
          - if: inputs.env == "prod"
            steps:
              - {id: ask, gate: Sure?}
              - id: deep
                switch: [{if: "true", steps: [{id: low, run: "true"}]}]
              - {id: after, run: "true"}
          - else:
            steps: [{id: quick, run: "true"}]
"""


def test_validate_counts_steps_and_blocks_and_shows_the_tree(oyama: Oyama) -> None:
    file = oyama.file("tree.yaml", TREE)
    told = oyama("validate", file, code=0).out.splitlines()
    assert told[0].endswith("tree is valid: sequential, 5 steps, 3 blocks")
    assert [line.rstrip() for line in told[1:]] == [
        "   fan  for_each  for each of one, two, one at a time; 2 steps each",
        '      copy  run  echo "${{ host }}"',
        '      pick  switch  if inputs.env == "prod"; else',
        '         if inputs.env == "prod": ask  gate',
        '         if inputs.env == "prod": deep  switch  if true',
        "            if true: low  run  true",
        '         if inputs.env == "prod": after  run  true',
        "         else: quick  run  true",
    ]
    checked = oyama("validate", file, "--json", code=0).json()
    assert (checked["steps"], checked["blocks"]) == (5, 3)
    assert [(step["id"], step["depth"], step["block"]) for step in checked["tree"]][3:5] == [
        ("ask", 2, ["fan", "pick"]),
        ("deep", 2, ["fan", "pick"]),
    ]


def test_validate_of_a_flat_workflow_stays_one_line(oyama: Oyama) -> None:
    file = oyama.file("flat.yaml", "steps: [{id: a, run: x}, {id: b, run: x}]")
    assert oyama("validate", file, code=0).out == f"{file}: flat is valid: sequential, 2 steps\n"


def test_a_dry_run_names_each_branch_once(oyama: Oyama) -> None:
    file = oyama.file("tree.yaml", TREE)
    told = oyama("run", file, "--dry-run", code=0).out
    lines = [line.strip() for line in told.splitlines()]
    assert [line for line in lines if line.endswith(":")] == ['if inputs.env == "prod":', "if true:", "else:"]
    assert "   2. copy  run" in told
    assert lines[-2:] == ["action", "true"]
    steps = oyama("run", file, "--dry-run", "--json", code=0).json()
    assert [step["branch"] for step in steps if step["depth"] == 2] == ['if inputs.env == "prod"'] * 3 + ["else"]
