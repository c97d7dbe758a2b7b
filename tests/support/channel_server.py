"""A chat server without a model: our channel in an app of Rasa's kind, an assistant with a script."""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

from rasa.core.channels.channel import UserMessage, register
from rasa.server import add_root_route
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic

from kefu.channels.action_client import ActionClient
from kefu.channels.action_lines import ServerLine
from kefu.channels.chat import ChatChannel
from kefu.channels.wiring import StoreRecords
from kefu.components.lock_store import QueueLockStore
from kefu.components.tracker_store import SqlTrackerStore
from kefu.settings import Settings
from kefu.store import Store
from kefu.store.records import Customer
from tests.support import hostile
from tests.support.ports import free_port

ORDER = {
    "kind": "order", "type": "goods", "order_number": "KF10000002", "status": "shipped", "total": "USD 84.00",
    "items": [{"name": "Aurora wireless earbuds", "quantity": 1}, {"name": "USB-C cable", "quantity": 2}],
    "eta": "26 November", "carrier": "SF Express", "tracking_number": "SF1234567890",
}  # fmt: skip
PRODUCT = {
    "kind": "product", "product_id": "P101", "name": "Aurora wireless earbuds", "price": "USD 79.00",
    "stock": "in stock", "details": ["Noise cancelling: yes", "Battery: 30 h", "Warranty: 24 months"],
}  # fmt: skip
SHIPPED = {
    "text": "Your order KF10000002 is on its way with SF Express, tracking number SF1234567890. "
    "It should arrive by 26 November.",
    "custom": {"card": ORDER},
}
EARBUDS = {
    "text": "The Aurora wireless earbuds cost USD 79.00 and are in stock.",
    "custom": {"card": PRODUCT},
}
# What the assistant says when it reads a word: a response as Rasa hands it to a channel.
SAYINGS: Mapping[str, dict[str, Any]] = MappingProxyType({
    "Yes, cancel it": {"text": "Done: KF10000001 is cancelled, USD 79.00 goes back to your card."},
    "order card": SHIPPED,
    "Where is KF10000002": SHIPPED,
    "product card": EARBUDS,
    "How much are the earbuds": EARBUDS,
    "ancel KF10000001": {
        "text": "Cancel order KF10000001? USD 79.00 goes back to the card that you paid with (cancel.1).",
        "buttons": [{"title": "Yes, cancel it", "payload": "/affirm"}, {"title": "No", "payload": "/deny"}],
    },
})  # fmt: skip


@dataclass
class ScriptedModel:
    """Stands where Rasa's processor stands, for a turn that nobody asked for."""

    domain: Domain = field(
        default_factory=lambda: Domain.from_dict({"intents": ["greet"], "actions": ["act"]})
    )
    intent: dict[str, Any] = field(default_factory=lambda: {"name": "greet", "confidence": 0.9})
    action: str = "act"
    turns: int = 0

    async def parse_message(self, message: UserMessage, *, only_output_properties: bool) -> dict[str, Any]:
        """What a message means, whatever it says."""
        self.turns += 1
        return {"text": message.text, "intent": self.intent, "entities": [], "knowledge_source": "packaged"}

    def predict_next_with_tracker_if_should(self, tracker: DialogueStateTracker) -> tuple[Any, Any]:
        """What would be done next."""
        assert tracker.latest_message is not None and tracker.latest_message.text == "hello"
        return SimpleNamespace(name=lambda: self.action), SimpleNamespace(max_confidence=1.0)


@dataclass
class ScriptedAssistant:
    """Stands where Rasa's agent stands; what it does follows from the words that it gets."""

    tracker_store: SqlTrackerStore
    lock_store: QueueLockStore = field(default_factory=QueueLockStore)
    action_endpoint: EndpointConfig | None = None
    processor: ScriptedModel = field(default_factory=ScriptedModel)
    ready: bool = True
    heard: list[UserMessage] = field(default_factory=list)
    at_work: set[str] = field(default_factory=set)
    overlaps: int = 0

    def is_ready(self) -> bool:
        """As Rasa's agent says it."""
        return self.ready

    async def handle_message(self, message: UserMessage) -> None:
        """Say something, say nothing, fail or take a while."""
        self.heard.append(message)
        sender = str(message.sender_id)
        self.overlaps += sender in self.at_work
        self.at_work.add(sender)
        try:
            await self._speak(message, sender, str(message.text))
        finally:
            self.at_work.discard(sender)

    async def _speak(self, message: UserMessage, sender: str, text: str) -> None:
        if "slow" in text:
            await asyncio.sleep(0.3)
        if "endless" in text:
            await asyncio.sleep(3.2)
        if "which process" in text:
            await message.output_channel.send_response(sender, {"text": str(os.getpid())})
            return
        if text.startswith(hostile.ASKED):
            await message.output_channel.send_response(sender, hostile.answer(int(text.split()[1])))
            return
        if "choose" in text:
            buttons = [
                {"title": "The earbuds", "payload": '/inform{"product":"P101"}'},
                {"title": "Yes", "payload": "/affirm"},
                {"title": "Something else", "payload": "something else"},
            ]
            await message.output_channel.send_response(sender, {"text": "Which one?", "buttons": buttons})
            return
        if "plain card" in text:
            await message.output_channel.send_response(
                sender,
                {
                    "text": "One order.\n\nIt is shipped.",
                    "custom": {"kind": "order", "offer": {"kind": "human"}},
                },
            )
            return
        for word, saying in SAYINGS.items():
            if word in text:
                await message.output_channel.send_response(sender, dict(saying))
                return
        if "silence" in text or "沉默" in text:
            return
        if "half" in text:
            await message.output_channel.send_response(sender, {"text": "The first half."})
        if "half" in text or "fail" in text:
            raise RuntimeError("secret: alice@example.com")
        await message.output_channel.send_response(sender, {"text": f"heard: {text}"})


@dataclass(frozen=True)
class Running:
    """A server at work."""

    url: str
    assistant: ScriptedAssistant
    settings: Settings
    addresses: set[tuple[str, str]]  # method and path of the channel's own routes, as OpenAPI writes them


@contextmanager
def chat_server(
    home: Path, *, demo: bool = True, action_url: str | None = None, port: int | None = None, **env: str
) -> Iterator[Running]:
    """Serve the channel over a fresh store in ``home`` with two customers, from a thread of its own."""
    settings = Settings.load({"KEFU_HOME": str(home), "KEFU_DEMO": "1" if demo else "0", **env})
    _fill(settings)
    endpoint = _endpoint(action_url, settings) if action_url else None
    trackers = SqlTrackerStore(host=settings.database_url)
    assistant = ScriptedAssistant(tracker_store=trackers, action_endpoint=endpoint)
    port = port or free_port()
    app = _app(f"chat_{port}", settings, assistant)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(_serve(app, port), loop).result(30)
    try:
        yield Running(f"http://127.0.0.1:{port}", assistant, settings, _addresses(app))
    finally:
        asyncio.run_coroutine_threadsafe(_stop(app, server), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def _endpoint(url: str, settings: Settings) -> ActionClient:
    line = ServerLine(url, secret=settings.action_secret, seconds=settings.action_seconds)
    return ActionClient(line, slots=lambda: ())


def _app(name: str, settings: Settings, assistant: ScriptedAssistant) -> Sanic:
    Sanic.test_mode = True  # else a second app in one process fails to start (Sanic rewrites itself once)
    app = Sanic(name, configure_logging=False)
    add_root_route(app)
    register([ChatChannel(StoreRecords(settings))], app, route="/webhooks/")
    app.ctx.agent = assistant
    return app


def _addresses(app: Sanic) -> set[tuple[str, str]]:
    ours = [route for route in app.router.routes if route.name.split(".")[1] == "kefu_chat"]
    return {
        (method, "/" + re.sub(r"<(\w+)(:\w+)?>", r"{\1}", route.path))
        for route in ours
        for method in route.methods
    }


async def _serve(app: Sanic, port: int) -> SimpleNamespace:
    server = await app.create_server(
        host="127.0.0.1", port=port, return_asyncio_server=True, access_log=False
    )
    await server.startup()
    await server.start_serving()
    await server.after_start()
    return server


async def _stop(app: Sanic, server: SimpleNamespace) -> None:
    await server.before_stop()
    server.close()
    await server.wait_closed()
    for connection in list(server.connections):
        connection.close_if_idle()


def _fill(settings: Settings) -> None:
    store = Store.open(settings.database_url, migrate=True)
    with store.write() as tx:
        tx.customers.put([_customer("C1001", "Alice Chen", "en"), _customer("C1003", "王小明", "zh")])
    store.close()


def _customer(customer_id: str, name: str, language: str) -> Customer:
    return Customer(customer_id, name, f"{customer_id}@example.com", "", language, "none", "", "", "US")
