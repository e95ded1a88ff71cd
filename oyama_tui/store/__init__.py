"""The store: the journal and its projections in one SQLite file."""
