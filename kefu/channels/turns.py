"""A turn: one message of a customer in, an answer out, whatever happens in between."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

import structlog
from rasa.core.channels.channel import UserMessage

from kefu.channels import buttons, insisting
from kefu.channels.apology import apology, language_of
from kefu.channels.output import ChatOutput
from kefu.channels.records import Answered, ChatRecords, Message, Press, Visitor
from kefu.channels.refusals import Refusal
from kefu.channels.text import guarded
from kefu.errors import ConversationLost, StoreError

CHANNEL = "chat"
Handler = Callable[[UserMessage], Awaitable[object]]
Recall = Callable[[str, str], Awaitable[Sequence[Message]]]
log = structlog.get_logger()


@dataclass(frozen=True)
class Asked:
    """What a customer sent: normalised text and the client's id of it.

    ``again``: it was accepted before, so that a process that is gone may have begun its turn.
    """

    visitor: Visitor
    text: str
    message_id: str
    again: bool = False

    @property
    def content_hash(self) -> str:
        """The digest by which a repeated message is told from another under the same id."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()


class Turns:
    """Runs turns: one at a time in a conversation, each to its end even if the client goes away.

    ``recall`` gives what the assistant remembers to have said to a message. An answer is kept within
    ``insisting`` seconds, or said without being kept.
    """

    def __init__(
        self, records: ChatRecords, handler: Handler, *, insisting: float = insisting.SECONDS
    ) -> None:
        self.recall: Recall = _nothing
        self._records = records
        self._insisting = insisting
        self._handler = handler
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._running: set[asyncio.Task[list[Message]]] = set()

    async def answer(
        self, visitor: Visitor, text: str, message_id: str | None, *, again: bool = False
    ) -> list[Message]:
        """The assistant's messages; the same ones again for the same ``message_id`` and text.

        ``again``: see Asked. Raises Refusal 409 for another text under a known id, StoreError where the
        store does not answer before the assistant has heard the message.
        """
        asked = Asked(visitor, text, message_id or uuid.uuid4().hex, again)
        # Shielded from a client that goes away: a cancelled turn loses its tracker, saved at its end only.
        task = asyncio.create_task(self._in_turn(asked))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def drain(self, *, seconds: float) -> None:
        """Let running turns end, for at most ``seconds``."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=seconds)

    async def _in_turn(self, asked: Asked) -> list[Message]:
        session_id = asked.visitor.session_id
        lock = self._locks.setdefault(session_id, asyncio.Lock())
        async with lock:
            before = await self._records.answered(session_id, asked.message_id)
            if before is None:
                return await self._new_answer(asked)
            if before.content_hash != asked.content_hash:
                raise Refusal(
                    409, "conflict", "This message_id was used for another message. Choose a new one."
                )
            return list(before.messages)

    async def _new_answer(self, asked: Asked) -> list[Message]:
        messages, presses = buttons.exchange(await self._speak(asked))
        kept = Answered(asked.content_hash, messages)
        session_id = asked.visitor.session_id
        try:
            # The turn has happened: it is not done again, and nobody sees what is not kept.
            await insisting.insist(
                lambda: self._records.keep(session_id, asked.message_id, answered=kept, presses=presses),
                seconds=self._insisting,
            )
        except StoreError:
            # The turn has happened and its words are owed; buttons that nobody remembers are not shown.
            log.error("chat.answer_not_kept", session=session_id)
            return [
                {name: part for name, part in message.items() if name != "buttons"} for message in messages
            ]
        return messages

    async def _speak(self, asked: Asked) -> Sequence[Message]:
        if not asked.text:  # a photo without words, which nothing here could understand
            return [self._apology("photo", asked, text="")]
        if not buttons.is_press(asked.text):
            return await self._run(asked, press=None)
        nonce = buttons.nonce_of(asked.text)
        session_id, message_id = asked.visitor.session_id, asked.message_id
        press = await self._records.take_press(session_id, nonce, message_id)
        if press is None:
            return [self._apology("stale_button", asked, text="")]
        return await self._run(asked, press=press)

    async def _run(self, asked: Asked, *, press: Press | None) -> Sequence[Message]:
        output = ChatOutput()
        text = press.title if press else asked.text
        if asked.again and await self._remembered(asked, output, text=text):
            return output.messages
        try:
            await self._heard(asked, output, press, text=text)
        except Exception as error:
            # Whatever broke, the customer hears words; the log gets the kind, never what was written.
            log.error("chat.turn_failed", session=asked.visitor.session_id, kind=type(error).__name__)
            kind = "cut_off" if output.messages else "failed"
            return [*output.messages, self._apology(kind, asked, text=text)]
        if not output.messages:
            log.error("chat.turn_silent", session=asked.visitor.session_id)
            return [self._apology("failed", asked, text=text)]
        return output.messages

    async def _remembered(self, asked: Asked, output: ChatOutput, *, text: str) -> bool:
        """Whether the turn was saved before its process died; then what it said is in ``output``."""
        try:
            said = await self.recall(asked.visitor.session_id, asked.message_id)
        except ConversationLost:
            self._begin_anew(asked, output, text=text)
            return False
        output.messages.extend(said)
        return bool(said)

    async def _heard(self, asked: Asked, output: ChatOutput, press: Press | None, *, text: str) -> None:
        try:
            await self._handler(_user_message(asked, output, press))
        except ConversationLost:
            self._begin_anew(asked, output, text=text)
            await self._handler(_user_message(asked, output, press))

    def _begin_anew(self, asked: Asked, output: ChatOutput, *, text: str) -> None:
        """A conversation was set aside: its customer is told, and is answered as if they had just come."""
        log.error("chat.conversation_lost", session=asked.visitor.session_id)
        output.messages.append(self._apology("begun_anew", asked, text=text))

    def _apology(self, kind: str, asked: Asked, *, text: str) -> Message:
        language = language_of(text, session_language=asked.visitor.language)
        return apology(kind, language=language, recipient=asked.visitor.session_id)


async def _nothing(session_id: str, message_id: str) -> Sequence[Message]:
    return ()


def _user_message(asked: Asked, output: ChatOutput, press: Press | None) -> UserMessage:
    understood = buttons.parse_data(press) if press and press.intent else None
    return UserMessage(
        text=guarded(press.title if press else asked.text),
        output_channel=output,
        sender_id=asked.visitor.session_id,
        parse_data=understood,
        input_channel=CHANNEL,
        message_id=asked.message_id,
        # ours, never the client's: in which language to answer words that have none (an order number)
        metadata={"language": asked.visitor.language} if asked.visitor.language else None,
    )
