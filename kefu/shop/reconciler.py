"""The thread that keeps asking the payment provider for refunds that have no final answer yet."""

from __future__ import annotations

import logging
from threading import Event, Thread

from kefu.errors import KefuError
from kefu.settings import Settings
from kefu.shop.payments import provider_of
from kefu.shop.settlement import reconcile
from kefu.store import Store
from kefu.store.base import utc_now

logger = logging.getLogger(__name__)


class Reconciler(Thread):
    """Reconciles at its start and every KEFU_RECONCILE_SECONDS from then on, until ``stop``.

    It ends with the process, also in the middle: a refund is asked for again by its own key. Several
    of them, in several processes, do no harm to each other.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(name="refund-reconciler", daemon=True)
        self._settings = settings
        self._store: Store | None = None
        self._stopping = Event()

    def stop(self) -> None:
        """End after what is being asked now."""
        self._stopping.set()

    def run(self) -> None:
        """Reconcile again and again."""
        while not self._stopping.is_set():
            self.once()
            self._stopping.wait(self._settings.reconcile_seconds)

    def once(self) -> None:
        """Reconcile now; whatever goes wrong is logged and tried again the next time."""
        try:
            if self._store is None:
                self._store = Store.open(self._settings.database_url)
            seconds = self._settings.payment_seconds
            provider = provider_of(self._settings)
            found = reconcile(self._store, provider, now=utc_now(), seconds=seconds)
        except KefuError as error:
            logger.warning("refunds are not reconciled now: %s", error)
        except Exception:
            # the thread must outlive whatever a provider raises: without it nothing is settled any more
            logger.exception("reconciling refunds failed")
        else:
            if found.settled or found.held:
                logger.info("refunds: %s settled, %s held", len(found.settled), len(found.held))
