"""The wrapper around every action: identity from the session, five seconds, never silence."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from datetime import datetime, timezone
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Event, Turn
from actions.wiring import settings, store
from kefu.shop.identity import Identity, identify
from kefu.store import Transaction

logger = logging.getLogger(__name__)


class KefuAction(Action, ABC):
    """An action whose work is one method, ``act``, in one transaction.

    ``act`` runs off the event loop. Whatever it raises rolls the transaction back and becomes
    words for the customer: Rasa would drop the events and say nothing.
    """

    time_limit = 5.0  # seconds

    @abstractmethod
    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        """Do the work of the turn and return Rasa events."""

    def failed(self, tracker: Tracker) -> list[Event]:
        """Events that keep the conversation usable when ``act`` failed."""
        return []

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Run ``act`` with its time limit; speak in any case."""
        spoken = CollectingDispatcher()
        try:
            work = asyncio.to_thread(self._in_transaction, spoken, tracker)
            events = await asyncio.wait_for(work, timeout=self.time_limit)
        except asyncio.TimeoutError:
            logger.error("action %s exceeded %.1f s", self.name(), self.time_limit)
            dispatcher.utter_message(response="utter_action_slow", json_message={"offer": {"kind": "human"}})
            return self.failed(tracker)
        except Exception:
            # The one broad handler of the project: the customer must hear words whatever broke.
            logger.exception("action %s failed", self.name())
            dispatcher.utter_message(
                response="utter_action_failed", json_message={"offer": {"kind": "human"}}
            )
            return self.failed(tracker)
        dispatcher.messages.extend(spoken.messages)
        return events

    def _in_transaction(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        now = datetime.now(timezone.utc)
        with store().write() as tx:
            identity = who(tx, tracker, now=now)
            zone = tx.policy.in_force(now)["hours.1"].params["tz"]
            return self.act(Turn(tracker, dispatcher, identity, now, zone), tx)


def who(tx: Transaction, tracker: Tracker, *, now: datetime) -> Identity:
    """Whose turn it is: the session row of the sender; in `make shell` the demo customer; else a guest.

    Slots, entities and metadata never carry authority.
    """
    identity = identify(tx, tracker.sender_id, now=now)
    shell = settings().dev and tracker.get_latest_input_channel() == "cmdline"
    if identity.customer_id is None and shell:
        return Identity(tracker.sender_id, settings().shell_customer, None)
    return identity
