"""Queries of runs, their trees, attempts, journals and variables."""

from oyama_tui.store.queries.attempts import attempt_view, log_path, meant, output_news, rests, started_attempts
from oyama_tui.store.queries.journal_lines import context_view, events_after
from oyama_tui.store.queries.run_refs import resolve_refs
from oyama_tui.store.queries.run_rows import find_run, list_runs
from oyama_tui.store.queries.run_tree import run_view

__all__ = [
    "attempt_view",
    "context_view",
    "events_after",
    "find_run",
    "list_runs",
    "log_path",
    "meant",
    "output_news",
    "resolve_refs",
    "rests",
    "run_view",
    "started_attempts",
]
