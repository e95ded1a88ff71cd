"""From frozen views to styled lines: pure functions of a view, a width and the present."""
