"""Engines: what drives runs."""
