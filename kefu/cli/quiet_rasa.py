"""``python -m kefu.cli.quiet_rasa …`` is ``rasa …``, silent about the age of what Rasa is built on.

Rasa's pinned libraries utter some forty lines of deprecation warnings at every start, in which the one line
that a newcomer looks for gets lost. Warnings of other kinds, and errors, are shown as ever.
"""

from __future__ import annotations

import importlib
import logging
import runpy
import warnings


def main() -> None:
    """Run Rasa's command line with this process's arguments."""
    for module in ("sanic", "pyparsing"):
        importlib.import_module(module)  # they switch such warnings on, so they come before the filter
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    runpy.run_module("rasa", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
