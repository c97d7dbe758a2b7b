"""What the commands print, and how their failures end: one line, exit status 1 or 2."""

from __future__ import annotations

import sys
import tempfile
import traceback
from pathlib import Path

from typer import Abort, Exit, Typer
from typer.exceptions import TyperException

from kefu.errors import KefuError


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    print(line, flush=True)


def complain(line: str) -> None:
    """Print a line for the person to standard error."""
    print(f"kefu: {line}", file=sys.stderr, flush=True)


def guarded(app: Typer, *, name: str) -> int:
    """Run ``app`` and return its exit status; no failure shows a traceback.

    2 stands for a command line that cannot be read, 130 for Ctrl-C, 1 for all else.
    """
    try:
        status = app(prog_name=name, standalone_mode=False)
    except Exit as leave:
        return int(leave.exit_code)
    except TyperException as error:
        return _misread(error, name)
    except (Abort, KeyboardInterrupt):
        complain("stopped")
        return 130
    except KefuError as error:
        complain(str(error))
        return 1
    except Exception as error:
        complain(_unexpected(error))
        return 1
    return status if isinstance(status, int) else 0


def _misread(error: TyperException, name: str) -> int:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else name
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    if message.startswith("Usage:"):  # a group without a command: its help
        say(message)
        return 2
    complain(f"{message.rstrip('.')}; see `{command} --help`")
    return 2


def _unexpected(error: Exception) -> str:
    """Keep the traceback in a file for whoever mends it; say where it is."""
    folder = Path(tempfile.mkdtemp(prefix="kefu-"))
    report = folder / "error.txt"
    report.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    first_line = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first_line} (not foreseen; please report it with {report})"
