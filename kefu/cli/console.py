"""What the commands print, and how their failures end: one line, exit status 1 or 2."""

from __future__ import annotations

import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kefu.errors import KefuError


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    print(line, flush=True)


def complain(line: str) -> None:
    """Print a line for the person to standard error."""
    print(f"kefu: {line}", file=sys.stderr, flush=True)


def guarded(command: Callable[[], Any]) -> int:
    """Run ``command`` and return its exit status; no failure shows a traceback.

    2 stands for a command line that cannot be understood, 130 for Ctrl-C, 1 for all else.
    """
    import click

    try:
        status = command()
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        complain("stopped")
        return 130
    except KefuError as error:
        complain(str(error))
        return 1
    except Exception as error:
        complain(_unexpected(error))
        return 1
    return status if isinstance(status, int) else 0


def _unexpected(error: Exception) -> str:
    """Keep the traceback in a file for whoever mends it; say where it is."""
    folder = Path(tempfile.mkdtemp(prefix="kefu-"))
    report = folder / "error.txt"
    report.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    first_line = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first_line} (not foreseen; please report it with {report})"
