"""The studio: every use case once, for the screens, the command line and the REST API."""

from oyama_tui.studio.background import sole_place
from oyama_tui.studio.service import Studio, open_studio

__all__ = ["Studio", "open_studio", "sole_place"]
