"""Rasa's tracker store over our store: fails closed, never exits, never holds up the event loop.

endpoints.yml names ``SqlTrackerStore``. Rasa wraps every tracker store in one that answers a failure with
a blank conversation; the channel takes that wrapper off when the server starts (kefu/channels/agent.py).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.components import wiring
from kefu.components.checkpoints import Depth, folded
from kefu.components.fencing import current_fence
from kefu.components.histories import Kept, KeptTracker, empty, read, written
from kefu.components.kinds import BEGINNING
from kefu.components.options import typed
from kefu.components.remembered import Remembered
from kefu.components.tracker_options import TrackerOptions
from kefu.errors import ConversationLost, Overtaken, StoreError

log = logging.getLogger(__name__)
Result = TypeVar("Result")
THREADS = 8
WAITS = (0.1, 0.5)  # seconds before a save is tried again


class SqlTrackerStore(TrackerStore):
    """Conversations in SQLite or PostgreSQL: what a turn said is appended, what is old is folded.

    Every method raises StoreError where the database does not answer; ``retrieve`` raises
    ConversationLost, once, for a conversation whose rows are damaged: it is set aside and begins anew.
    """

    def __init__(
        self,
        domain: Domain | None = None,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        records: wiring.ConversationRecords | None = None,
        **options: Any,
    ) -> None:
        """``host`` is the ``url`` of endpoints.yml: another database than KEFU_DATABASE_URL's."""
        super().__init__(domain, event_broker)
        self._options = typed(TrackerOptions, options, component="tracker_store")
        self._depth = Depth(recent=self._options.recent, seen=self._options.seen)
        self._records = records or wiring.conversation_records(host)
        self._remembered = Remembered(self._options.remembered)
        wiring.sign_action_calls()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="kefu-trackers")

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The latest session: its last turns, and before them what is left of the older ones."""
        fence = current_fence(sender_id)
        return await self._off_loop(lambda: self._load(sender_id, fence.announced if fence else 0))

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """Every event of every session since the conversation last began anew."""
        return await self._off_loop(lambda: self._load_full(conversation_id))

    async def exists(self, conversation_id: str) -> bool:
        """Whether anything is kept of the conversation."""
        return await self._off_loop(lambda: self._records.load(conversation_id) is not None)

    async def keys(self) -> Iterable[str]:
        """The ids of all conversations."""
        return await self._off_loop(self._records.ids)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append the events that are new since the tracker was retrieved; nothing where there are none.

        Raises Overtaken where another turn of the conversation was saved since then.
        """
        fence = current_fence(tracker.sender_id)
        new = await self._off_loop(lambda: self._append(tracker, fence.number if fence else 0))
        if new and self.event_broker is not None:
            await self._stream_new_events(self.event_broker, list(new), tracker.sender_id)

    def init_tracker(self, sender_id: str) -> DialogueStateTracker:
        """An empty tracker of a conversation of which nothing is known yet."""
        return empty(sender_id, self.domain)

    async def check(self) -> None:
        """Raise StoreError unless the database answers."""
        await self._off_loop(self._records.check)

    def close(self) -> None:
        """Give threads and connections back."""
        self._pool.shutdown(wait=False)
        self._records.close()

    async def _off_loop(self, work: Callable[[], Result]) -> Result:
        running = asyncio.get_running_loop().run_in_executor(self._pool, work)
        try:
            # not cancelled with its waiter: a save that ends later is told by its number if tried again
            return await asyncio.wait_for(asyncio.shield(running), timeout=self._options.seconds)
        except asyncio.TimeoutError as error:
            running.add_done_callback(_retrieved)
            raise StoreError(
                f"conversations: no answer from the database within {self._options.seconds} s; check that "
                "it runs and that nobody holds its tables"
            ) from error

    def _load(self, sender_id: str, announced: int) -> DialogueStateTracker | None:
        if announced:
            self._records.raise_fence(sender_id, announced)
        known = self._known(sender_id)
        if known is not None:
            return known
        try:
            kept = self._records.load(sender_id)
            return read(kept, self.domain) if kept and kept.last else None
        except ConversationLost as error:
            return self._without_checkpoint(sender_id, error)

    def _known(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker as the last turn left it, where no other process has spoken since."""
        if sender_id not in self._remembered:
            return None
        generation, last = self._records.head(sender_id)
        return self._remembered.take(sender_id, generation=generation, last=last, domain=self.domain)

    def _without_checkpoint(self, sender_id: str, error: ConversationLost) -> DialogueStateTracker:
        """The tracker from every save where only the checkpoint is damaged; else the conversation ends."""
        generation, _ = self._records.head(sender_id)
        try:
            kept = self._records.load_full(sender_id)
            if kept is None or kept.checkpoint is not None or not kept.last:
                raise error
            tracker = read(kept, self.domain)
        except ConversationLost:
            self._records.quarantine(sender_id, str(error), generation=generation)
            log.error("conversation %s is set aside: %s", sender_id, error)
            raise error from None
        self._records.unfold(sender_id)
        return tracker

    def _load_full(self, sender_id: str) -> DialogueStateTracker | None:
        kept = self._records.load_full(sender_id)
        return read(kept, self.domain, latest_session=False) if kept and kept.last else None

    def _append(self, tracker: DialogueStateTracker, fence: int) -> Sequence[Event]:
        if not tracker.events:  # Rasa saves a tracker that it has only just made
            return ()
        kept = self._kept_of(tracker)
        new = list(tracker.events)[kept.count :]
        if not new:
            return new
        text = written(new)
        self._insist(tracker.sender_id, text, kept, fence)
        kept.add(len(new))
        if isinstance(tracker, KeptTracker):
            tracker.kept = kept
        if not self._fold(tracker, kept):
            self._remember(tracker, new)
        return new

    def _remember(self, tracker: DialogueStateTracker, new: Sequence[Event]) -> None:
        """Not where reading would give another tracker: one that begins with its session, for instance."""
        if not isinstance(tracker, KeptTracker) or any(event.type_name in BEGINNING for event in new):
            return
        if tracker.as_its_events_tell():
            self._remembered.put(tracker)

    def _insist(self, sender_id: str, text: str, kept: Kept, fence: int) -> None:
        for wait in (*WAITS, None):
            try:
                self._records.append(
                    sender_id, text, generation=kept.generation, after=kept.last, fence=fence
                )
                return
            except (Overtaken, ConversationLost):
                raise
            except StoreError:
                if wait is None:
                    raise
                time.sleep(wait)

    def _kept_of(self, tracker: DialogueStateTracker) -> Kept:
        """What is kept of ``tracker`` already; another store's tracker is compared by its length."""
        known = getattr(tracker, "kept", None)
        if known is not None:
            return known
        if isinstance(tracker, KeptTracker):
            # one of ours that was not read is new: what stands there meanwhile is not its beginning
            generation, _ = self._records.head(tracker.sender_id)
            return Kept(generation)
        kept = self._records.load(tracker.sender_id)
        if kept is None or not kept.last:
            return Kept(kept.generation if kept else 0)
        return read(kept, self.domain).kept_so_far()

    def _fold(self, tracker: DialogueStateTracker, kept: Kept) -> bool:
        """Fold what lies behind the last turns: whether the rows tell less than ``tracker`` now.

        A failure costs time, not words, so it only is logged.
        """
        place = kept.fold_at(most=self._options.most_turns, keep=self._options.turns)
        if place is None:
            return False
        upto, count = place
        try:
            events = folded(list(tracker.events)[:count], self.domain, depth=self._depth)
            if events is None:
                log.warning("conversation %s stays unfolded at save %s", tracker.sender_id, upto)
                return False
            self._records.fold(tracker.sender_id, written(events), generation=kept.generation, upto=upto)
        except StoreError as error:
            log.warning("conversation %s was not folded: %s", tracker.sender_id, error)
            return False
        kept.folded = upto
        return True


def _retrieved(future: asyncio.Future[Any]) -> None:
    """Take the result of what nobody waits for any more."""
    if not future.cancelled() and future.exception() is not None:
        log.warning("conversations: a late answer was %s", type(future.exception()).__name__)
