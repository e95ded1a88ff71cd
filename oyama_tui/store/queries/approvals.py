"""Queries of approvals: the queue and the card."""

from oyama_tui.store.queries.approval_card import card
from oyama_tui.store.queries.approval_rows import list_approvals, resolve_approvals

__all__ = ["card", "list_approvals", "resolve_approvals"]
