"""Coding agents in front of the one queue: which of their calls are gated, what a person is asked, and how the agent is answered."""
