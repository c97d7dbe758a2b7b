"""`kefu seed` and `token`: the shop in the store, seen from the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kefu.cli import console
from kefu.errors import KefuError
from kefu.knowledge import passages
from kefu.settings import Settings
from kefu.shop.identity import customer_token
from kefu.shop.keys import customer_keys, token_rules
from kefu.shop.payments import DEMO, demo_provider
from kefu.store import Store
from kefu.store.base import utc_now
from kefu.store.seed import seed as load_shop


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """The store of the settings, its schema brought up to date; closed at the end."""
    store = Store.open(settings.database_url, migrate=True)
    try:
        yield store
    finally:
        store.close()


def demo_folder(settings: Settings) -> Path:
    """Where the shop that Kefu ships with stands."""
    return settings.root / "data" / "shop"


def seed(directory: Path | None, *, fresh: bool) -> None:
    """Load ``directory`` (else the demo shop) and print what was loaded."""
    settings = Settings.load()
    folder = directory or demo_folder(settings)
    with open_store(settings) as store:
        _load(store, folder, fresh=fresh)
    if fresh and settings.payment_provider == DEMO:
        demo_provider(settings).forget()


def ensure_shop(settings: Settings) -> None:
    """Load the demo shop into a store that has no products yet."""
    with open_store(settings) as store:
        with store.read() as tx:
            filled = bool(tx.products.all())
        if not filled:
            console.say("the store is empty: loading the demo shop")
            _load(store, demo_folder(settings), fresh=False)


def _load(store: Store, folder: Path, *, fresh: bool) -> None:
    report = load_shop(store, folder, now=utc_now(), fresh=fresh, parse_passages=passages.load)
    console.say(str(report))


def token(customer_id: str) -> None:
    """Print a token of ``customer_id``, good for KEFU_TOKEN_MINUTES; the token is the last line."""
    settings = Settings.load()
    with open_store(settings) as store, store.read() as tx:
        customer = tx.customers.get(customer_id)
    if customer is None:
        raise KefuError(f"found no customer {customer_id}; `kefu seed` loads the demo shop, which has C1001")
    minutes = settings.token_minutes
    console.say(f"{customer.name} ({customer_id}), valid for {minutes} minutes:")
    ring, rules = customer_keys(settings), token_rules(settings)
    signed = customer_token(customer_id, keys=ring, now=utc_now(), minutes=minutes, rules=rules)
    console.say(signed)
