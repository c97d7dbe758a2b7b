"""The store: the one room that knows SQL.

``Store.open(url)`` gives ``read()`` and ``write()`` transactions over the repositories;
``kefu.store.seed.seed`` loads a shop from a folder.
"""

from kefu.store.store import Store
from kefu.store.transaction import Transaction

__all__ = ["Store", "Transaction"]
