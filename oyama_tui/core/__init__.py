"""The functional core: definitions, events, commands, state and planning, without any side effect."""
