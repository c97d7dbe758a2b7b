"""Alice's conversation with all that others might want of it, and those who want it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
from PIL import Image

from kefu.errors import KefuError
from kefu.shop import identity, keys
from kefu.shop.identity import CodeRules
from kefu.shop.keys import Keyring
from kefu.store.chat_records import Session
from tests.driven.servers import Assistant, Talk

OWNER, OTHER = "C1001", "C1002"
ORDER, TRACKING = "KF10000002", "SF1234567890"
CANCELLABLE = "KF10000001"
CANARY = "orchid-4711"  # in a message of Alice's, and nowhere else
ASK = f"Where is my order {ORDER}?"
FORGER = Keyring(single="x" * 40)
MANY_CODES = 10_000


@dataclass(frozen=True)
class Speaker:
    """What somebody has: a token for a session of theirs, and a sign-in of the shop; either may be bad."""

    token: str | None
    sign_in: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request of theirs."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


@dataclass(frozen=True)
class Scene:
    """The running assistant with Alice's conversation: its buttons, its picture, its rows."""

    assistant: Assistant
    session_id: str
    token: str
    buttons: tuple[str, ...]
    photo: str
    pixels: bytes

    @property
    def http(self) -> httpx.Client:
        """A new client of the chat server."""
        return httpx.Client(base_url=self.assistant.url, timeout=60)

    @property
    def action_url(self) -> str:
        """The action server's own port."""
        return f"http://127.0.0.1:{self.assistant.settings.action_port}"

    def tells(self, received: bytes) -> bool:
        """Whether something of Alice's is in it."""
        return any(mark in received for mark in (TRACKING.encode(), CANARY.encode(), self.pixels))

    def protected(self) -> tuple[object, ...]:
        """Everything of Alice's that a stranger might change, as it stands."""
        with self.assistant.store.read() as tx:
            photo = tx.attachments.get(self.photo, self.session_id)
            return (
                tx.orders.get(ORDER), tx.orders.get(CANCELLABLE), tx.refunds.of_order(CANCELLABLE),
                tx.sessions.get(self.session_id), tx.messages.last(self.session_id),
                tx.feedback.of_session(self.session_id), photo and photo.subject,
                tx.confirmations.open_of(self.session_id), tx.conversations.full(self.session_id),
            )  # fmt: skip

    def obeyed(self, session_id: str) -> bool:
        """Whether a conversation holds a message that Rasa took for a command."""
        with self.assistant.store.read() as tx:
            kept = tx.conversations.full(session_id)
        events = [event for save in kept.saves for event in json.loads(save.events)] if kept else []
        return any(event["event"] == "user" and str(event["text"]).startswith("/") for event in events)


def set_scene(assistant: Assistant) -> Scene:
    """Let Alice ask for her order, begin a cancellation and send a picture; KefuError where that fails."""
    assistant.reset()
    talk = assistant.begin(OWNER)
    told = talk.say(f"{ASK} ({CANARY})")
    if TRACKING not in told:
        raise KefuError(f"found {told!r} for {ASK!r}; wanted the tracking number; is the model trained?")
    talk.say(f"cancel order {CANCELLABLE}")
    if len(talk.buttons) < 2:
        raise KefuError("found no confirmation for a cancellation; wanted its buttons; is the model trained?")
    photo, pixels = _send_photo(talk)
    presses = tuple(button["payload"] for button in talk.buttons)
    return Scene(assistant, talk.session_id, talk.token, presses, photo, pixels)


def _send_photo(talk: Talk) -> tuple[str, bytes]:
    out, mine = io.BytesIO(), {"Authorization": f"Bearer {talk.token}"}
    Image.new("RGB", (48, 48), "orchid").save(out, "PNG")
    sent = talk.http.post("/chat/attachments", files={"file": ("p", out.getvalue())}, headers=mine)
    name = sent.raise_for_status().json()["attachment_id"]
    return name, talk.http.get(f"/chat/attachments/{name}", headers=mine).content


def speaker(scene: Scene, name: str) -> Speaker:
    """Somebody of SPEAKERS with a conversation that nobody has spoken in."""
    makers: dict[str, Callable[[Scene], Speaker]] = {
        "guest": lambda scene: _opened(scene, None),
        "guest with code": _with_code,
        "signed in": lambda scene: _opened(scene, OWNER),
        "other customer": lambda scene: _opened(scene, OTHER),
        "expired": _expired,
        "forged": _forged,
        "replayed": lambda scene: Speaker(token=_sign_in(scene, OWNER), sign_in=scene.token),
        "replayed code": _with_used_code,
        "nobody": lambda scene: Speaker(token=None),
    }
    return makers[name](scene)


def session_of(token: str) -> str:
    """The session that a token of ours names."""
    import jwt

    return str(jwt.decode(token, options={"verify_signature": False}).get("sid"))


def _opened(scene: Scene, customer_id: str | None) -> Speaker:
    sign_in = _sign_in(scene, customer_id) if customer_id else None
    body: dict[str, Any] = {"customer_token": sign_in} if sign_in else {}
    with scene.http as http:
        opened = http.post("/chat/sessions", json=body).raise_for_status().json()
    return Speaker(opened["token"], sign_in)


def _sign_in(scene: Scene, customer_id: str, *, ago: int = 0, ring: Keyring | None = None) -> str:
    settings, now = scene.assistant.settings, datetime.now(timezone.utc) - timedelta(hours=ago)
    rules = keys.token_rules(settings)
    ring = ring or keys.customer_keys(settings)
    return identity.customer_token(customer_id, keys=ring, now=now, minutes=15, rules=rules)


def _expired(scene: Scene) -> Speaker:
    settings, now = scene.assistant.settings, datetime.now(timezone.utc)
    with scene.assistant.store.write() as tx:
        ended = identity.open_session(
            tx, customer_id=OWNER, language=None, now=now - timedelta(hours=2), hours=1
        )
    token = identity.session_token(ended, keys=keys.session_keys(settings))
    return Speaker(token, _sign_in(scene, OWNER, ago=2))


def _forged(scene: Scene) -> Speaker:
    now = datetime.now(timezone.utc)
    hers = Session(scene.session_id, OWNER, None, now, now + timedelta(hours=1))
    return Speaker(identity.session_token(hers, keys=FORGER), _sign_in(scene, OWNER, ring=FORGER))


def _with_code(scene: Scene) -> Speaker:
    made = _opened(scene, None)
    if not _gives(scene, made, _code_for(scene, made)):
        raise KefuError("found a right code refused; wanted a guest who gave one")
    return made


def _with_used_code(scene: Scene) -> Speaker:
    first, second = _opened(scene, None), _opened(scene, None)
    code = _code_for(scene, first)
    _gives(scene, first, code)
    _gives(scene, second, code)
    return second


def _code_for(scene: Scene, guest: Speaker) -> str:
    with scene.assistant.store.write() as tx:
        identity.send_code(tx, session_of(str(guest.token)), ORDER, now=_now(), rules=_rules(scene))
        order = tx.orders.get(ORDER)
        owner = tx.customers.get(order.customer_id) if order else None
        return str(tx.outbox.last_code(owner.email) if owner else None)


def _gives(scene: Scene, guest: Speaker, code: str) -> bool:
    with scene.assistant.store.write() as tx:
        return identity.check_code(tx, session_of(str(guest.token)), code, now=_now(), rules=_rules(scene))


def _rules(scene: Scene) -> CodeRules:
    ring = keys.session_keys(scene.assistant.settings)
    return CodeRules(ring.code_keys(), per_hour=MANY_CODES)


def _now() -> datetime:
    return datetime.now(timezone.utc)
