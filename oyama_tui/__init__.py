"""Oyama: a terminal-native, local-first, durable workflow studio with human approval gates."""

__version__ = "0.1.0"
