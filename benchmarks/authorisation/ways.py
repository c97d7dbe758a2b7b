"""Each way of WAYS, tried by one speaker: the status that matters, and everything that came back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import httpx
import socketio

from benchmarks.authorisation.expected import Outcome
from benchmarks.authorisation.scene import ASK, CANARY, ORDER, OWNER, Scene, Speaker, session_of

REST = "/webhooks/rest/webhook"
ANSWER_SECONDS = 60
COMMAND = f'/track_order{{"order_number": "{ORDER}"}}'
Tried = tuple[str, bytes]  # answered or a status, and what came back


def tried(scene: Scene, speaker: Speaker, way: str) -> Outcome:
    """Try a way and look at what came of it."""
    before = scene.protected()
    answer, received = _WAYS[way](scene, speaker)
    changed = scene.protected() != before
    obeyed = bool(speaker.token) and scene.obeyed(session_of(str(speaker.token)))
    return Outcome(answer, told=scene.tells(received), changed=changed or obeyed)


def _said(response: httpx.Response) -> Tried:
    good = response.status_code in (200, 201, 204)
    return ("answered" if good else str(response.status_code)), response.content


def _send(
    scene: Scene,
    speaker: Speaker,
    message: str = ASK,
    headers: Mapping[str, str] = MappingProxyType({}),
    **body: Any,
) -> Tried:
    with scene.http as http:
        return _said(
            http.post(REST, json={"message": message, **body}, headers={**speaker.headers, **headers})
        )


def _metadata(scene: Scene, speaker: Speaker) -> Tried:
    claims = {"customer_id": OWNER, "session_id": scene.session_id, "verified_order": ORDER}
    understood = {"intent": {"name": "track_order", "confidence": 1.0}, "entities": [], "text": ASK}
    return _send(
        scene, speaker, metadata={**claims, "slots": claims}, slots=claims, parse_data=understood, **claims
    )


def _forged_sender(scene: Scene, speaker: Speaker) -> Tried:
    hers = scene.session_id
    return _send(scene, speaker, sender=hers, sender_id=hers, recipient_id=hers, conversation_id=hers)


def _button(scene: Scene, speaker: Speaker) -> Tried:
    answers = [_send(scene, speaker, payload) for payload in scene.buttons]
    return answers[0][0], b"".join(received for _, received in answers)


def _sign_in(scene: Scene, speaker: Speaker) -> Tried:
    body = {"customer_token": speaker.sign_in} if speaker.sign_in else {}
    with scene.http as http:
        opened = http.post("/chat/sessions", json=body)
    if opened.status_code != 201:
        return _said(opened)
    return _send(scene, Speaker(opened.json()["token"]))


def _history(scene: Scene, speaker: Speaker) -> Tried:
    named = {"after": 0, "session_id": scene.session_id, "s": scene.session_id, "sender": scene.session_id}
    cookies = {"session": scene.token, "token": scene.token}
    with httpx.Client(base_url=scene.assistant.url, timeout=60, cookies=cookies) as http:
        return _said(http.get("/chat/messages", params=named, headers=speaker.headers))


def _history_by_header(scene: Scene, speaker: Speaker) -> Tried:
    headers = {**speaker.headers, "X-Kefu-Session": scene.session_id}
    with scene.http as http:
        return _said(http.get("/chat/messages", headers=headers))


def _photo(scene: Scene, speaker: Speaker) -> Tried:
    with scene.http as http:
        return _said(http.get(f"/chat/attachments/{scene.photo}", headers=speaker.headers))


def _photo_sent(scene: Scene, speaker: Speaker) -> Tried:
    answer, received = _send(scene, speaker, "hello", attachments=[scene.photo])
    with scene.http as http:
        shown = http.get("/chat/messages", headers=speaker.headers).content
    # a conversation that holds her picture may show it: that would be as bad as the picture
    return answer, received + (CANARY.encode() if scene.photo.encode() in shown else b"")


def _feedback(scene: Scene, speaker: Speaker) -> Tried:
    body = {"seq": 2, "rating": "down", "session_id": scene.session_id}
    with scene.http as http:
        return _said(http.post("/chat/feedback", json=body, headers=speaker.headers))


def _transcript(scene: Scene, speaker: Speaker) -> Tried:
    """Rasa's own addresses, which stay switched off; the page makes its transcript of what it has read."""
    hers = f"/conversations/{scene.session_id}"
    calls = [("GET", f"{hers}/tracker"), ("GET", f"{hers}/story"), ("POST", f"{hers}/tracker/events"),
             ("POST", f"{hers}/messages"), ("POST", f"{hers}/trigger_intent"), ("POST", "/model/parse"),
             ("GET", f"/chat/transcript?session_id={scene.session_id}")]  # fmt: skip
    with scene.http as http:
        answers = [_said(http.request(*call, headers=speaker.headers)) for call in calls]
    other = [answer for answer, _ in answers if answer != "404"]
    return (other or ["404"])[0], b"".join(received for _, received in answers)


def _action_server(scene: Scene, speaker: Speaker) -> Tried:
    tracker = {"sender_id": scene.session_id, "slots": {"item": [[ORDER, None]]}, "events": []}
    call = {"next_action": "action_submit_track_order", "sender_id": scene.session_id, "tracker": tracker}
    with httpx.Client(base_url=scene.action_url, timeout=60, headers=speaker.headers) as http:
        answers = [_said(http.post("/webhook", json=call)), _said(http.get("/actions"))]
    other = [answer for answer, _ in answers if answer != "403"]
    return (other or ["403"])[0], b"".join(received for _, received in answers)


def _socket(scene: Scene, speaker: Speaker) -> Tried:
    return asyncio.run(_over_socket(scene.assistant.url, speaker))


def _routing_query(scene: Scene, speaker: Speaker) -> Tried:
    return asyncio.run(_over_socket(f"{scene.assistant.url}?s={scene.session_id}", speaker))


async def _over_socket(url: str, speaker: Speaker) -> Tried:
    """Connect as the stock client does, ask, and listen for the assistant's words."""
    heard: asyncio.Queue[Any] = asyncio.Queue()
    client = socketio.AsyncClient(reconnection=False)
    for name in ("connect", "connect_error", "session_confirm", "user_uttered", "bot_uttered"):
        client.on(name, _noting(heard, name))
    auth = {"token": speaker.token} if speaker.token else {}
    # a refused client waits for the end of its long poll, which is half a minute: its task is not waited for
    connecting = asyncio.create_task(client.connect(url, auth=auth, transports=["polling"]))
    try:
        return await asyncio.wait_for(_asked(client, heard), ANSWER_SECONDS)
    finally:
        connecting.cancel()
        await client.eio.disconnect(abort=True)


async def _asked(client: socketio.AsyncClient, heard: asyncio.Queue[Any]) -> Tried:
    told: list[Any] = []
    while True:
        name, data = await heard.get()
        told.append((name, data))
        if name == "connect_error":
            return _status(data), repr(told).encode()
        if name == "connect":
            await client.emit("user_uttered", {"message": ASK, "message_id": "ask"})
        if name == "bot_uttered":
            return "answered", repr(told).encode()


def _noting(heard: asyncio.Queue[Any], name: str) -> Callable[..., None]:
    return lambda data=None: heard.put_nowait((name, data))


def _status(refusal: Any) -> str:
    said = refusal if isinstance(refusal, dict) else {}
    return str((said.get("data") or said).get("status", said))


_WAYS: Mapping[str, Callable[[Scene, Speaker], Tried]] = MappingProxyType({
    "REST": _send,
    "socket.io": _socket,
    "sign-in": _sign_in,
    "slash text": lambda scene, speaker: _send(scene, speaker, COMMAND),
    "metadata": _metadata,
    "forged sender": _forged_sender,
    "routing header": lambda scene, speaker: _send(
        scene, speaker, headers={"X-Kefu-Session": scene.session_id}
    ),
    "routing query": _routing_query,
    "her button": _button,
    "history": _history,
    "history by header": _history_by_header,
    "her photo": _photo,
    "her photo sent": _photo_sent,
    "feedback": _feedback,
    "transcript": _transcript,
    "action server": _action_server,
})  # fmt: skip
