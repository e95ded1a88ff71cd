"""Comma-separated values as RFC 4180 has them, which no spreadsheet takes for formulas and no terminal for commands."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from oyama_tui.cli.printing import Printer
from oyama_tui.core.text import safe_text

Value = str | int | None
FORMULA: Final = ("=", "+", "-", "@")
"""How a text begins that a spreadsheet would calculate."""


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> str:
    """Lines that end with CR LF, texts with commas, quotes and line breaks in quotes.

    A text that a spreadsheet would take for a formula gets a single quote before it; control characters stand as pictures.

    Args:
        header: The names of the columns.
        rows: Their values; numbers stay as they are.
    """
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_harmless(value) for value in row] for row in rows)
    return written.getvalue()


def _harmless(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    text = safe_text(value)
    # What spreadsheets skip at the beginning hides no formula from us.
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def print_csv(printer: Printer, header: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """Print comma-separated values in UTF-8, whatever the terminal's encoding is.

    Args:
        printer: Where to print.
        header: The names of the columns.
        rows: Their values.
    """
    if isinstance(printer.stream, io.TextIOWrapper):
        printer.stream.reconfigure(encoding="utf-8", newline="")
    printer.write(csv_text(header, rows))
