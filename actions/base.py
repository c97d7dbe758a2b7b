"""The wrapper around every action: identity from the session, five seconds, never silence."""

from __future__ import annotations

import asyncio
import json
import logging
from abc import ABC, abstractmethod
from datetime import datetime, timedelta, timezone
from time import monotonic
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Event, Turn
from actions.understood import decision
from actions.wiring import serving, settings
from kefu.shop.identity import identify
from kefu.shop.policy import Policy
from kefu.shop.records import CodeRow, Session, Transaction

logger = logging.getLogger(__name__)
MARGIN = 0.5  # seconds of an action that are left for its words


class Uncertain(Exception):
    """Something was committed, or may have been, and what came then failed."""


class KefuAction(Action, ABC):
    """An action whose work is one method, ``act``, in one transaction.

    Whose turn it is comes from the session row of the sender; slots, entities and metadata
    never carry authority.

    ``act`` gives the event loop back while the database works, and must not block it otherwise. Whatever
    it raises rolls the transaction back and becomes words for the customer: Rasa would drop the events
    and say nothing. What it leaves in ``turn.afterwards`` may block: it runs behind the commit, in a
    thread, outside of any transaction.
    """

    @abstractmethod
    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        """Do the work of the turn and return Rasa events."""

    def guesses(self, tracker: Tracker) -> bool:
        """Whether the turn may try a one-time code; then ``count`` runs before ``act``."""
        return False

    def count(self, turn: Turn, tx: Transaction) -> None:
        """Count what stays counted even if ``act`` fails, in a transaction of its own before it."""

    def failed(self, tracker: Tracker) -> list[Event]:
        """Events that keep the conversation usable when ``act`` failed."""
        return []

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Run ``act`` with its time limit; speak in any case."""
        spoken = CollectingDispatcher()
        try:
            _note(self.name(), tracker)
            work = self._in_transaction(spoken, tracker)
            events = await asyncio.wait_for(work, timeout=settings().action_seconds)
        except asyncio.TimeoutError:
            logger.error("action %s exceeded its time limit", self.name())
            return self._doubted(dispatcher, tracker)
        except Uncertain:
            logger.exception("action %s failed at its commit or behind it", self.name())
            return self._doubted(dispatcher, tracker)
        except Exception:
            # The one broad handler of the project: the customer must hear words whatever broke.
            logger.exception("action %s failed", self.name())
            dispatcher.utter_message(
                response="utter_action_failed", json_message={"offer": {"kind": "human"}}
            )
            return self.failed(tracker)
        dispatcher.messages.extend(spoken.messages)
        return events

    def _doubted(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        """Say that nobody can tell yet whether it was done."""
        dispatcher.utter_message(response="utter_action_slow", json_message={"offer": {"kind": "human"}})
        return self.failed(tracker)

    async def _in_transaction(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        now, until = datetime.now(timezone.utc), monotonic() + settings().action_seconds - MARGIN
        tried = await self._counted(tracker, now=now, until=until) if self.guesses(tracker) else None
        acted: tuple[Turn, list[Event]] | None = None

        def work(tx: Transaction) -> None:
            nonlocal acted
            turn = begin_turn(tx, tracker, dispatcher, now=now, until=until)
            turn.tried = tried
            acted = turn, self.act(turn, tx)
            if turn.afterwards:
                _ = turn.zone  # what is said behind the commit has no transaction to read it in

        try:
            await serving().run(work, write=True)
        except Exception as error:
            if acted is None:
                raise  # undone
            raise Uncertain("the store gave no answer to the commit") from error
        assert acted is not None  # it ran
        turn, events = acted
        return [*events, *(await asyncio.to_thread(_afterwards, turn) if turn.afterwards else [])]

    async def _counted(self, tracker: Tracker, *, now: datetime, until: float) -> CodeRow | None:
        def work(tx: Transaction) -> CodeRow | None:
            turn = begin_turn(tx, tracker, CollectingDispatcher(), now=now, until=until)
            self.count(turn, tx)
            return turn.tried

        return await serving().run(work, write=True)


def begin_turn(
    tx: Transaction, tracker: Tracker, dispatcher: CollectingDispatcher, *, now: datetime, until: float
) -> Turn:
    """The turn of whoever the session of the tracker's sender says; in a shell the session is made."""

    def zone() -> str:
        return Policy.of_clause(tx, "hours.1", now=now).text("hours.1", "tz")

    newcomer = in_shell(tracker) and tx.sessions.get(tracker.sender_id) is None
    if newcomer:
        tx.sessions.add(shell_session(tracker.sender_id, now=now))
    turn = Turn(tracker, dispatcher, identify(tx, tracker.sender_id, now=now), now, zone, until)
    if newcomer and turn.identity.guest:
        turn.say("shell_guest")
    return turn


def _afterwards(turn: Turn) -> list[Event]:
    """What a turn left to do behind its commit; if that breaks, nobody may say that nothing was done."""
    try:
        return [event for work in turn.afterwards for event in work()]
    except Exception as error:
        raise Uncertain("the turn was committed, what followed it failed") from error


def _note(action: str, tracker: Tracker) -> None:
    """The decision record of a turn: which action answers whom, and what was understood before it."""
    if not logger.isEnabledFor(logging.DEBUG):
        return
    record = {"session": tracker.sender_id, "action": action, **decision(tracker.latest_message or {})}
    logger.debug("decision %s", json.dumps(record, ensure_ascii=False))


def in_shell(tracker: Tracker) -> bool:
    """Whether somebody types at `rasa shell`; no channel of ours can be named so."""
    return bool(tracker.get_latest_input_channel() == "cmdline")


def shell_session(sender_id: str, *, now: datetime) -> Session:
    """The session of a shell, which no server minted: the demo customer's in `make shell`, else a guest's."""
    customer = settings().shell_customer if settings().dev else None
    ends = now + timedelta(hours=settings().session_hours)
    return Session(sender_id, customer, None, created_at=now, expires_at=ends)
