"""The server that coding agents speak to by MCP: they propose, start workflows and look; nothing here answers a question."""
