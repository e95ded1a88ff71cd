"""The kinds of steps, one module for each."""
