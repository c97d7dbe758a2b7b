"""A turn: one message of a customer in, an answer out, whatever happens in between."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

import structlog
from rasa.core.channels.channel import UserMessage

from kefu.channels import buttons
from kefu.channels.apology import apology, language_of
from kefu.channels.output import ChatOutput
from kefu.channels.records import Answered, ChatRecords, Message, Press, Visitor
from kefu.channels.text import guarded
from kefu.errors import ConversationLost, DuplicateKey, Overtaken, StoreError
from kefu.shop.chats import payload_of
from kefu.shop.inbox import Claim, Due

CHANNEL = "chat"
PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds between attempts to keep an answer; the last one again and again
Handler = Callable[[UserMessage], Awaitable[object]]
Recall = Callable[[str, str], Awaitable[Sequence[Message]]]
log = structlog.get_logger()


@dataclass(frozen=True)
class Asked:
    """What a customer sent: normalised text and the client's id of it, and the claim to answer it.

    ``again``: a process that is gone may have begun its turn.
    """

    visitor: Visitor
    text: str
    message_id: str
    claim: Claim
    again: bool = False

    @property
    def content_hash(self) -> str:
        """The digest of what was asked, kept with the answer."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()


@dataclass(frozen=True)
class Turned:
    """A turn that has ended: its words as they are kept, and what is due in the conversation behind it."""

    messages: list[Message]
    due: Due | None


class Turns:
    """Runs turns; that there is one at a time in a conversation is the inbox's doing.

    ``recall`` gives what the assistant remembers to have said to a message.
    """

    def __init__(self, records: ChatRecords, handler: Handler) -> None:
        self.recall: Recall = _nothing
        self.ending = False  # what turns need is being closed: what fails now is the next process's to answer
        self._records = records
        self._handler = handler

    async def answer(self, visitor: Visitor, due: Due, *, again: bool = False) -> Turned:
        """Let the assistant answer a message, and keep the answer, however long the store is away.

        ``again``: see Asked; what was said then is told, and not said once more.

        Raises Overtaken where another process has the conversation by now, StoreError where the store did
        not answer before the assistant heard the message.
        """
        asked = Asked(visitor, payload_of(due.message), str(due.message.message_id), due.claim, again)
        messages, presses = buttons.exchange(await self._speak(asked))
        return Turned(messages, await self._keep(asked, messages, presses))

    async def _keep(self, asked: Asked, messages: list[Message], presses: Sequence[Press]) -> Due | None:
        """The turn has happened and its words are owed: they are kept in mind until the store takes them."""
        kept = Answered(asked.content_hash, messages)
        for pause in chain(PAUSES, repeat(PAUSES[-1])):
            try:
                return await self._records.keep(
                    asked.message_id, answered=kept, presses=presses, claim=asked.claim
                )
            except (Overtaken, DuplicateKey):
                raise
            except StoreError:
                log.error("chat.answer_not_kept", session=asked.visitor.session_id)
                await asyncio.sleep(pause)
        return None

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
            if self.ending:
                raise StoreError("this server ends; the message waits for the next one") from error
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
