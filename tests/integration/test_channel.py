"""The chat interface over a real server and store; only the assistant is scripted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from kefu.channels.text import GUARD
from kefu.shop.identity import customer_token
from kefu.shop.keys import Keyring, customer_keys, session_keys
from tests.support.channel_server import Running, chat_server

MESSAGES = "/webhooks/rest/webhook"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with chat_server(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=10) as client:
        yield client


@pytest.fixture
def session(client: httpx.Client) -> dict[str, Any]:
    return open_session(client)


def now() -> datetime:
    return datetime.now(timezone.utc)


def open_session(client: httpx.Client, **wish: Any) -> dict[str, Any]:
    answer = client.post("/chat/sessions", json=wish)
    assert answer.status_code == 201, answer.text
    return answer.json()


def bearer(session: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['token']}"}


def send(
    client: httpx.Client, session: dict[str, Any], message: Any, message_id: Any = None
) -> httpx.Response:
    body = {"message": message, **({"message_id": message_id} if message_id is not None else {})}
    return client.post(MESSAGES, json=body, headers=bearer(session))


def code_of(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["message"]
    return answer.status_code, error["code"]


# --- sessions


def test_a_guest_gets_a_session_of_the_servers_making(client: httpx.Client) -> None:
    one, other = open_session(client), open_session(client, language="zh", session_id="mine")
    assert one["customer"] is None
    assert one["session_id"] != other["session_id"] != "mine"
    assert one["token"] != other["token"]


def test_a_customer_is_known_by_the_shops_token(client: httpx.Client, server: Running) -> None:
    token = customer_token("C1003", keys=customer_keys(server.settings), now=now(), minutes=5)
    assert open_session(client, customer_token=token)["customer"] == {"name": "王小明"}


@pytest.mark.parametrize(
    ("secret", "customer", "age"),
    [("another secret that is long enough", "C1001", 0), (None, "C9999", 0), (None, "C1001", 60)],
    ids=["forged", "unknown customer", "expired"],
)
def test_a_bad_customer_token_opens_nothing(
    client: httpx.Client, server: Running, secret: str | None, customer: str, age: int
) -> None:
    keys = Keyring(single=secret) if secret else customer_keys(server.settings)
    token = customer_token(customer, keys=keys, now=now() - timedelta(minutes=age), minutes=5)
    answer = client.post("/chat/sessions", json={"customer_token": token})
    assert code_of(answer) == (401, "bad_customer_token")


@pytest.mark.parametrize("token", ["\ud800", "é", "", "a" * 5000, "a.b.c"])
def test_a_garbled_customer_token_is_refused(client: httpx.Client, token: str) -> None:
    body = json.dumps({"customer_token": token})
    answer = client.post("/chat/sessions", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 401


@pytest.mark.parametrize("wish", [{"language": "fr"}, {"language": 1}, {"customer_token": 1}])
def test_a_malformed_wish_is_refused(client: httpx.Client, wish: dict[str, Any]) -> None:
    assert code_of(client.post("/chat/sessions", json=wish)) == (400, "malformed")


def test_a_session_can_be_opened_without_a_body(client: httpx.Client) -> None:
    assert client.post("/chat/sessions").status_code == 201


# --- messages


def test_a_message_is_answered_in_rasas_own_shape(client: httpx.Client, session: dict[str, Any]) -> None:
    answer = send(client, session, "  where is my parcel? ")
    assert answer.status_code == 200
    assert answer.json() == [{"recipient_id": session["session_id"], "text": "heard: where is my parcel?"}]


def test_the_sender_is_the_session_whatever_the_body_says(
    client: httpx.Client, server: Running, session: dict[str, Any]
) -> None:
    body = {
        "message": "hi",
        "sender": "C1001",
        "metadata": {"customer_id": "C1001"},
        "input_channel": "cmdline",
    }
    client.post(MESSAGES, json=body, headers=bearer(session))
    heard = server.assistant.heard[-1]
    assert (heard.sender_id, heard.input_channel, heard.metadata) == (session["session_id"], "chat", None)


@pytest.mark.parametrize(
    "text", ["/restart", '  /inform{"product":"P101"}', "\x1f/affirm", "\n/session_start"]
)
def test_a_slash_is_only_text(
    client: httpx.Client, server: Running, session: dict[str, Any], text: str
) -> None:
    assert send(client, session, text).status_code == 200
    heard = server.assistant.heard[-1]
    assert heard.text is not None and heard.text.startswith(GUARD + "/") and heard.parse_data is None


def test_text_is_normalised_before_anything_reads_it(
    client: httpx.Client, server: Running, session: dict[str, Any]
) -> None:
    body = json.dumps({"message": "cafe\u0301\x00 \ud800ok\r\nnext"})
    headers = {**bearer(session), "Content-Type": "application/json"}
    assert client.post(MESSAGES, content=body, headers=headers).status_code == 200
    assert server.assistant.heard[-1].text == "café ok\nnext"


@pytest.mark.parametrize("message", ["", "   ", "\x00\x01", "\u200b\u200d", "x" * 2001])
def test_a_message_has_1_to_2000_characters(
    client: httpx.Client, session: dict[str, Any], message: str
) -> None:
    assert send(client, session, message).status_code == 422
    assert send(client, session, "字" * 2000).status_code == 200


@pytest.mark.parametrize(
    "body", [b"[]", b'"hi"', b"{", b"\xff", b"{}", b'{"message": 5}', b'{"message": ["a"]}']
)
def test_a_body_is_an_object_with_a_text(client: httpx.Client, session: dict[str, Any], body: bytes) -> None:
    headers = {**bearer(session), "Content-Type": "application/json"}
    assert code_of(client.post(MESSAGES, content=body, headers=headers)) == (400, "malformed")


def test_a_deep_body_is_malformed_not_fatal(client: httpx.Client, session: dict[str, Any]) -> None:
    headers = {**bearer(session), "Content-Type": "application/json"}
    assert client.post(MESSAGES, content=b"[" * 16000, headers=headers).status_code == 400


@pytest.mark.parametrize("size", [17_000, 200_000, 3_000_000])
def test_a_large_body_is_refused(client: httpx.Client, session: dict[str, Any], size: int) -> None:
    assert code_of(send(client, session, "x" * size)) == (413, "too_large")


def test_another_media_type_is_refused(client: httpx.Client, session: dict[str, Any]) -> None:
    answer = client.post(MESSAGES, content=b'{"message":"hi"}', headers=bearer(session))
    assert code_of(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic x"}, {"Authorization": "Bearer"}])
def test_without_a_token_nothing_is_answered(client: httpx.Client, header: dict[str, str]) -> None:
    assert code_of(client.post(MESSAGES, json={"message": "hi"}, headers=header)) == (401, "no_token")


def test_a_token_of_another_kind_is_refused(client: httpx.Client, server: Running) -> None:
    token = customer_token("C1001", keys=session_keys(server.settings), now=now(), minutes=5)
    assert code_of(send(client, {"token": token}, "hi")) == (401, "bad_token")


def test_the_routing_header_is_checked_against_the_token(
    client: httpx.Client, session: dict[str, Any]
) -> None:
    headers = {**bearer(session), "X-Kefu-Session": "another"}
    assert code_of(client.post(MESSAGES, json={"message": "hi"}, headers=headers)) == (403, "other_session")


def test_the_same_message_id_is_answered_once(
    client: httpx.Client, server: Running, session: dict[str, Any]
) -> None:
    first = send(client, session, "choose", "m-1").json()
    before = len(server.assistant.heard)
    assert send(client, session, "choose", "m-1").json() == first
    assert len(server.assistant.heard) == before
    assert code_of(send(client, session, "another", "m-1")) == (409, "conflict")


@pytest.mark.parametrize("message_id", ["", "x" * 101, 5, "a\x00"])
def test_a_message_id_is_a_short_text(client: httpx.Client, session: dict[str, Any], message_id: Any) -> None:
    assert code_of(send(client, session, "hi", message_id)) == (400, "malformed")


async def test_one_turn_a_conversation_and_one_answer_a_message(server: Running) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        session = (await client.post("/chat/sessions")).json()
        bodies = [{"message": f"slow {n % 4}", "message_id": f"id-{n % 4}"} for n in range(8)]
        before = len(server.assistant.heard)
        waiting = [client.post(MESSAGES, json=body, headers=bearer(session)) for body in bodies]
        answers = await asyncio.gather(*waiting)
    assert [answer.json()[0]["text"] for answer in answers] == [f"heard: slow {n % 4}" for n in range(8)]
    assert len(server.assistant.heard) - before == 4
    assert server.assistant.overlaps == 0


def test_a_turn_ends_though_its_client_has_gone(client: httpx.Client, session: dict[str, Any]) -> None:
    with pytest.raises(httpx.ReadTimeout):
        client.post(
            MESSAGES, json={"message": "slow", "message_id": "gone"}, headers=bearer(session), timeout=0.1
        )
    assert send(client, session, "slow", "gone").json()[0]["text"] == "heard: slow"


# --- turns that go wrong


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("fail", "en", "I am sorry"),
        ("silence", "zh", "抱歉"),
        ("沉默 please", "en", "抱歉"),
        ("be silence", "zh", "I am sorry"),
    ],
)
def test_silence_and_failure_end_in_words(
    client: httpx.Client, text: str, language: str, expected: str
) -> None:
    (message,) = send(client, open_session(client, language=language), text).json()
    assert message["text"].startswith(expected)
    assert "secret" not in message["text"]
    assert len(message["buttons"]) == 1


def test_what_was_said_before_a_failure_is_kept(client: httpx.Client, session: dict[str, Any]) -> None:
    said, sorry = send(client, session, "half").json()
    assert said["text"] == "The first half." and "sorry" in sorry["text"]


def test_a_card_travels_beside_its_text(client: httpx.Client, session: dict[str, Any]) -> None:
    (message,) = send(client, session, "plain card").json()
    assert message["text"] == "One order.\n\nIt is shipped."
    assert message["custom"] == {"kind": "order"}, "what the assistant notes for itself stays inside"


# --- buttons


def buttons_of(client: httpx.Client, session: dict[str, Any]) -> list[dict[str, str]]:
    return send(client, session, "choose").json()[0]["buttons"]


def test_payloads_never_leave_and_a_press_is_understood(
    client: httpx.Client, server: Running, session: dict[str, Any]
) -> None:
    buttons = buttons_of(client, session)
    assert all(button["payload"].startswith("btn:") and "/" not in button["payload"] for button in buttons)
    assert send(client, session, buttons[0]["payload"]).json()[0]["text"] == "heard: The earbuds"
    understood = server.assistant.heard[-1].parse_data
    assert understood["intent"] == {"name": "inform", "confidence": 1.0}
    assert [(e["entity"], e["value"]) for e in understood["entities"]] == [("product", "P101")]


def test_a_button_with_plain_text_sends_that_text(
    client: httpx.Client, server: Running, session: dict[str, Any]
) -> None:
    send(client, session, buttons_of(client, session)[2]["payload"])
    heard = server.assistant.heard[-1]
    assert (heard.text, heard.parse_data) == ("something else", None)


def test_a_button_works_once_and_only_in_its_session(
    client: httpx.Client, server: Running, session: dict[str, Any]
) -> None:
    payload = buttons_of(client, session)[1]["payload"]
    before = len(server.assistant.heard)
    stranger = send(client, open_session(client), payload)
    assert stranger.status_code == 200 and "no longer works" in stranger.json()[0]["text"]
    assert len(server.assistant.heard) == before
    assert send(client, session, payload, "press").json()[0]["text"] == "heard: Yes"
    assert "no longer works" in send(client, session, payload).json()[0]["text"]
    assert send(client, session, payload, "press").json()[0]["text"] == "heard: Yes"
    assert len(server.assistant.heard) == before + 1


@pytest.mark.parametrize("payload", ["btn:", "btn:unknown", "btn:/affirm"])
def test_an_unknown_button_is_answered_kindly(
    client: httpx.Client, session: dict[str, Any], payload: str
) -> None:
    answer = send(client, session, payload)
    assert answer.status_code == 200 and "no longer works" in answer.json()[0]["text"]


# --- page, demo, health, errors


def test_the_page_is_at_the_root_and_runs_no_inline_script(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html") and "chat.js" in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "<script>" not in page.text and "style=" not in page.text
    assert client.get("/chat/static/chat.js").headers["content-type"].startswith("text/javascript")
    assert client.get("/chat/static/chat.css").status_code == 200


@pytest.mark.parametrize("name", ["index.html", "..%2f..%2fchat.py", "nothing.js"])
def test_no_other_file_is_served(client: httpx.Client, name: str) -> None:
    assert client.get(f"/chat/static/{name}").status_code == 404


def test_the_demo_offers_its_customers(client: httpx.Client) -> None:
    offered = client.get("/chat/demo").json()["customers"]
    assert [row["name"] for row in offered] == ["Alice Chen", "王小明"]
    token = client.post("/chat/demo-token", json={"customer_id": "C1001"}).json()["customer_token"]
    assert open_session(client, customer_token=token)["customer"] == {"name": "Alice Chen"}
    assert client.post("/chat/demo-token", json={"customer_id": "C9"}).status_code == 404


def test_outside_the_demo_nobody_may_choose_who_they_are(tmp_path: Any) -> None:
    with chat_server(tmp_path, demo=False) as server, httpx.Client(base_url=server.url) as client:
        assert client.get("/chat/demo").status_code == 404
        assert code_of(client.post("/chat/demo-token", json={"customer_id": "C1001"})) == (404, "not_found")


def test_unknown_addresses_and_methods_are_refused_in_json(client: httpx.Client) -> None:
    assert code_of(client.get("/nothing")) == (404, "not_found")
    assert code_of(client.get(MESSAGES)) == (405, "method_not_allowed")
