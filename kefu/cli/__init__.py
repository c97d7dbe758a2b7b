"""The command `kefu`: everything that a person types. Heavy imports wait until a command needs them."""

from kefu.cli.app import main

__all__ = ["main"]
