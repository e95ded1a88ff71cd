"""Queries of approvals: the queue, the card and the history."""

from oyama_tui.store.queries.approval_card import card
from oyama_tui.store.queries.approval_queue import list_approvals
from oyama_tui.store.queries.approval_rows import approvals_of_family, approvals_of_run, resolve_approvals

__all__ = ["approvals_of_family", "approvals_of_run", "card", "list_approvals", "resolve_approvals"]
