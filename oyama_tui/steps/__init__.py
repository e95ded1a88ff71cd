"""Steps: side effects, one module for each kind."""
