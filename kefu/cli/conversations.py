"""`kefu conversations damaged`: what was set aside, for a person to look at."""

from __future__ import annotations

from kefu.cli import console
from kefu.cli.shop import open_store
from kefu.settings import Settings


def show_damaged() -> None:
    """Print the conversations that were set aside, the newest first."""
    with open_store(Settings.load()) as store, store.read() as tx:
        rows = tx.conversations.quarantined()
    for row in rows:
        when = f"{row.found_at:%Y-%m-%d %H:%M:%S}"
        console.say(f"{when}  {row.conversation_id}  generation {row.generation}  {row.reason}")
    console.say(f"{len(rows)} set aside")
