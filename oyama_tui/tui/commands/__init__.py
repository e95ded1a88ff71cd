"""What people can do on the screens: one class per command; keys, footer, help and palette derive from them."""

from oyama_tui.tui.commands.base import Command, bindings

__all__ = ["Command", "bindings"]
