"""``python -m kefu.cli.quiet_rasa …`` is ``rasa …``, silent about the age of what Rasa is built on.

Rasa's pinned libraries utter some forty lines of deprecation warnings at every start, and its action server
a line for each action, in which the one line that a newcomer looks for gets lost. Warnings of other kinds,
and errors, are shown as ever.
With KEFU_SERVE=1 torch and TensorFlow stay out of the process (kefu/channels/shield.py), and Python looks for
circles of garbage less often: a start makes a million objects that stay.
"""

from __future__ import annotations

import gc
import logging
import runpy
import warnings
from typing import Any

from kefu.channels.shield import raise_shield
from kefu.settings import serves_only

OBJECTS = 20_000  # more objects than before, at which the youngest are looked through; Python has 700


def main() -> None:
    """Run Rasa's command line with this process's arguments."""
    if serves_only():
        raise_shield()
        gc.set_threshold(OBJECTS, *gc.get_threshold()[1:])
    _hide_deprecations()
    for talkative in ("alembic", "rasa_sdk.executor"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    runpy.run_module("rasa", run_name="__main__", alter_sys=True)


def _hide_deprecations() -> None:
    # A filter would not do: Rasa and Sanic put theirs in front of it, and pyparsing's warnings of this kind
    # are UserWarnings too, which Rasa switches on.
    show = warnings.showwarning

    def show_others(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if not issubclass(category, DeprecationWarning):
            show(message, category, *place, **more)

    warnings.showwarning = show_others


if __name__ == "__main__":
    main()
