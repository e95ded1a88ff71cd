"""A step that writes its secret in every way that it can think of: `leaking.py CHANNEL PAD WIDTH`, the secret in the variable S."""

from __future__ import annotations

import base64
import json
import os
import sys
import urllib.parse
from pathlib import Path
from typing import NoReturn

NEWLINES = ("\n", "\r\n", "\n  ", "\\n")


def folded(text: str, width: int, newline: str) -> str:
    """A text in lines of a width."""
    return newline.join(text[at : at + width] for at in range(0, len(text), width))


def encoded(secret: str, pad: int, width: int) -> str:
    """The secret in one of the forms that are masked."""
    raw, newline = secret.encode(), NEWLINES[pad % len(NEWLINES)]
    before = b"user:"[: pad % 4]
    forms = (
        lambda: folded(base64.b64encode(before + raw).decode(), width, newline),
        lambda: folded(base64.urlsafe_b64encode(before + raw).decode(), width, newline),
        lambda: folded(raw.hex(), width, newline),
        lambda: folded(raw.hex().upper(), width, newline),
        lambda: raw.hex(":"),
        lambda: raw.hex(" "),
        lambda: urllib.parse.quote(secret, safe=""),
        lambda: urllib.parse.quote_plus(secret),
        lambda: json.dumps({secret: [secret, {"a": secret}]}),
        lambda: json.dumps(secret, ensure_ascii=False).replace("/", "\\/"),
        lambda: repr([secret, raw]),
        lambda: secret.replace("'", "'\\''"),
        lambda: "\n".join(f"  {line}" for line in secret.splitlines() if len(line) >= 8),
    )
    return forms[(pad * 7 + width) % len(forms)]()


def fail(text: str) -> NoReturn:
    """End with an error that ends with a text."""
    print(text, file=sys.stderr)
    sys.exit(3)


def write(channel: str, secret: str, pad: int, width: int) -> None:
    """Write the secret on a channel."""
    filler, outputs = "x" * pad, Path(os.environ["OYAMA_OUTPUT"])
    if channel == "plain":
        print(f"{filler}{secret}{filler}")
    elif channel == "pieces":
        for at in range(0, len(secret), 1 + width % 7):
            sys.stdout.write(secret[at : at + 1 + width % 7])
            sys.stdout.flush()
    elif channel == "long":
        sys.stdout.write("y" * (32_640 - pad) + secret + "z" * 70_000 + secret + "z" * (32_768 - pad))
    elif channel == "error":
        fail(f"{filler[:300]}{secret}")
    elif channel == "name":
        outputs.write_text(f"{secret}=1\n", encoding="utf-8")
    elif channel == "long name":
        outputs.write_text(f"{filler[:70]}{secret}\nb=1\n", encoding="utf-8")
    elif channel == "output":
        outputs.write_text(f"a={secret}\nb={encoded(secret, pad, width)}\n", encoding="utf-8")
    elif channel == "json output":
        outputs.write_text(json.dumps({"a": {f"{filler[:70]}{secret}": [secret]}}) + "\n", encoding="utf-8")
    elif channel == "failed output":
        outputs.write_text(f"a={secret}\n{secret}", encoding="utf-8")
        fail(secret)
    elif channel == "result":
        units = secret.encode("utf-16-be").hex()
        escapes = "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
        print(f'{{"a": "{escapes}", "{escapes}": 1, "b": {json.dumps(secret)}}}')
    elif channel == "bad result":
        print(f'{{"{filler[:60]}{secret}: NaN')
    elif channel == "left":
        Path("left.txt").write_text(f"{filler}{secret}\n{encoded(secret, pad, width)}\n", encoding="utf-8")
    elif channel == "found":
        print(Path("left.txt").read_text(encoding="utf-8"))
        print(dict(os.environ))
    else:
        print(filler[:100] + encoded(secret, pad, width))


def raises(channel: str, pad: int, width: int) -> object:
    """A function that fails with the secret in its error, or returns what cannot be kept."""
    secret, filler = os.environ["S"], "x" * pad
    if channel == "group":
        raise ExceptionGroup(filler + secret, [ValueError(filler[:199] + secret), KeyError(secret)])
    if channel == "key":
        raise KeyError(filler + secret)
    if channel == "exit":
        sys.exit(filler + secret)
    if channel == "set":
        return {filler + secret: {secret}}
    return {filler + secret: [secret, encoded(secret, pad, width)]}


if __name__ == "__main__":
    write(sys.argv[1], os.environ["S"], int(sys.argv[2]), int(sys.argv[3]))
