"""A daemon thread that looks after a value for as long as somebody holds it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import TypeVar

Owner = TypeVar("Owner")


def keep_looking(owner: Owner, look: Callable[[Owner], None], *, name: str, seconds: float) -> None:
    """Call ``look`` with ``owner`` every ``seconds``, in a thread that ends with the owner.

    ``look`` must not hold the owner itself, nor raise.
    """
    stop = threading.Event()
    held = weakref.ref(owner, lambda _gone: stop.set())
    work = (held, look, stop, seconds)
    threading.Thread(target=_look, args=work, name=f"kefu-{name}", daemon=True).start()


def _look(
    owner: weakref.ref[Owner], look: Callable[[Owner], None], stop: threading.Event, seconds: float
) -> None:
    while not stop.wait(seconds):
        held = owner()
        if held is None:
            return
        look(held)
        del held
