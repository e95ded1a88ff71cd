"""The read side by domain: rows become frozen views here, and never leave."""
