"""deploy/endpoints.yml against the real thing: tracker store, lock store and event broker do their work."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pika
import pytest
from rasa.core.brokers.broker import EventBroker
from rasa.core.lock_store import LockStore
from rasa.core.tracker_store import TrackerStore
from rasa.core.utils import AvailableEndpoints
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, SlotSet, UserUttered
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.components.redis_lock_store import RedisQueueLockStore
from kefu.components.tracker_store import SqlTrackerStore
from tests.services import Service
from tests.support.databases import PostgresDatabases

pytestmark = pytest.mark.services
FILE = Path(__file__).parents[2] / "deploy" / "endpoints.yml"
DOMAIN = Domain.empty()


@pytest.fixture
def endpoints(
    monkeypatch: pytest.MonkeyPatch,
    postgres_databases: PostgresDatabases,
    redis_service: Service,
    rabbitmq_service: Service,
) -> AvailableEndpoints:
    variables: dict[str, Any] = {
        "KEFU_ACTION_URL": "http://127.0.0.1:5055/webhook",
        "KEFU_TRACKER_URL": postgres_databases.empty(),
        "KEFU_REDIS_HOST": redis_service.host,
        "KEFU_REDIS_PORT": redis_service.port,
        "KEFU_REDIS_PASSWORD": redis_service.password,
        "KEFU_RABBITMQ_HOST": rabbitmq_service.host,
        "KEFU_RABBITMQ_PORT": rabbitmq_service.port,
        "KEFU_RABBITMQ_USER": rabbitmq_service.user,
        "KEFU_RABBITMQ_PASSWORD": rabbitmq_service.password,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    return AvailableEndpoints.read_endpoints(str(FILE))


async def test_a_conversation_is_saved_and_loaded(endpoints: AvailableEndpoints) -> None:
    store = TrackerStore.create(endpoints.tracker_store, DOMAIN)
    assert isinstance(store, SqlTrackerStore)
    said = [UserUttered("我的订单到哪了？ 👍"), SlotSet("order", "KF10000002"), BotUttered("已发货")]
    tracker = DialogueStateTracker.from_events("someone", said, slots=[AnySlot("order", mappings=[{}])])
    await store.save(tracker)
    again = await TrackerStore.create(endpoints.tracker_store, DOMAIN).retrieve("someone")
    assert again is not None
    assert [type(event) for event in again.events] == [type(event) for event in said]
    assert again.latest_message is not None and again.latest_message.text == "我的订单到哪了？ 👍"


async def test_a_lock_keeps_the_second_turn_waiting(endpoints: AvailableEndpoints) -> None:
    one, other = LockStore.create(endpoints.lock_store), LockStore.create(endpoints.lock_store)
    assert isinstance(one, RedisQueueLockStore) and isinstance(other, RedisQueueLockStore)
    order = []

    async def turn(store: LockStore, name: str) -> None:
        async with store.lock("someone", wait_time_in_seconds=0.05):
            order.append(f"{name} begins")
            await asyncio.sleep(0.2)
            order.append(f"{name} ends")

    await asyncio.gather(turn(one, "a"), turn(other, "b"))
    assert order in (
        ["a begins", "a ends", "b begins", "b ends"],
        ["b begins", "b ends", "a begins", "a ends"],
    )
    await one.close()
    await other.close()


async def test_an_event_reaches_the_queue(endpoints: AvailableEndpoints, rabbitmq_service: Service) -> None:
    broker = await EventBroker.create(endpoints.event_broker, loop=asyncio.get_running_loop())
    assert broker is not None
    try:
        broker.publish({"sender_id": "someone", "event": "user", "text": "你好"})
        event = await asyncio.to_thread(_read, rabbitmq_service, "kefu.conversations")
    finally:
        await broker.close()
    assert event == {"sender_id": "someone", "event": "user", "text": "你好"}


def _read(service: Service, queue: str) -> Any:
    account = pika.PlainCredentials(service.user, service.password)
    where = pika.ConnectionParameters(service.host, service.port, credentials=account)
    connection = pika.BlockingConnection(where)
    try:
        channel = connection.channel()
        for _, _, body in channel.consume(queue, auto_ack=True, inactivity_timeout=10):
            return json.loads(body) if body else None
    finally:
        connection.close()
