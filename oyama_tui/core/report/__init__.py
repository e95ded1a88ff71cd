"""Evidence of one run for people: what ran, what was asked and shown, who answered, and how to check it."""

from __future__ import annotations

from typing import Literal

from oyama_tui.core.report.evidence import RunEvidence
from oyama_tui.core.report.html import html_page
from oyama_tui.core.report.markdown import markdown_page

__all__ = ["ReportKind", "RunEvidence", "html_page", "markdown_page"]

ReportKind = Literal["html", "md"]
"""The language of the page."""
