"""History, photos, feedback, the interface's document, headers and limits, over a real server and store."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from kefu.channels.openapi import document
from kefu.store import Store
from tests.support.channel_server import Running, chat_server

MESSAGES = "/webhooks/rest/webhook"
SHOP = "https://shop.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with chat_server(tmp_path_factory.mktemp("home"), KEFU_WEB_ORIGINS=SHOP) as running:
        yield running


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=20) as client:
        yield client


@pytest.fixture
def mine(client: httpx.Client) -> dict[str, str]:
    return bearer(client)


def bearer(client: httpx.Client) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.post('/chat/sessions', json={}).json()['token']}"}


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


def send_picture(client: httpx.Client, mine: dict[str, str], content: bytes) -> httpx.Response:
    return client.post("/chat/attachments", files={"file": ("a", content)}, headers=mine)


# --- history


def test_history_is_numbered_and_continues_after_a_number(client: httpx.Client, mine: dict[str, str]) -> None:
    for text in ("one", "plain card"):
        client.post(MESSAGES, json={"message": text}, headers=mine)
    rows = client.get("/chat/messages", headers=mine).json()["messages"]
    assert [(row["seq"], row["from"]) for row in rows] == [
        (1, "customer"), (2, "assistant"), (3, "customer"), (4, "assistant"),
    ]  # fmt: skip
    assert rows[3]["custom"] == {"kind": "order"} and rows[0]["text"] == "one"
    later = client.get("/chat/messages?after=2", headers=mine).json()["messages"]
    assert later == rows[2:]
    assert client.get("/chat/messages?after=4", headers=mine).json()["messages"] == []
    assert client.get("/chat/messages", headers=bearer(client)).json()["messages"] == []


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "99999999999", "%F0%9F%98%80"])
def test_a_number_that_is_none_is_refused(client: httpx.Client, mine: dict[str, str], after: str) -> None:
    assert code_of(client.get(f"/chat/messages?after={after}", headers=mine)) == (400, "malformed")


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", "/chat/messages"),
        ("POST", "/chat/attachments"),
        ("GET", "/chat/attachments/x"),
        ("POST", "/chat/feedback"),
    ],
)
def test_nothing_of_a_conversation_without_its_token(client: httpx.Client, method: str, address: str) -> None:
    assert code_of(client.request(method, address)) == (401, "no_token")
    forged = {"Authorization": "Bearer a.b.c"}
    body = {"json": {"score": 1}} if address.endswith("feedback") else {}
    assert code_of(client.request(method, address, headers=forged, **body)) == (401, "bad_token")


# --- photos


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_encoded_anew_without_its_metadata(
    client: httpx.Client, mine: dict[str, str], kind: str
) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "home of Alice", 6  # a description; turned by 90°
    answer = send_picture(client, mine, picture(kind, exif=exif))
    assert answer.status_code == 201 and (answer.json()["width"], answer.json()["height"]) == (40, 60)
    kept = client.get(f"/chat/attachments/{answer.json()['attachment_id']}", headers=mine)
    assert kept.headers["content-type"] == "image/jpeg" and b"home of Alice" not in kept.content
    with Image.open(io.BytesIO(kept.content)) as image:
        assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (40, 60), {})


def test_a_photo_is_its_conversations_own(client: httpx.Client, mine: dict[str, str]) -> None:
    name = send_picture(client, mine, picture()).json()["attachment_id"]
    other = bearer(client)
    assert code_of(client.get(f"/chat/attachments/{name}", headers=other)) == (404, "not_found")
    body = {"message": "", "attachments": [name], "message_id": "theirs"}
    client.post(MESSAGES, json=body, headers=other)
    assert "attachments" not in client.get("/chat/messages", headers=other).json()["messages"][0]


def test_a_large_photo_is_made_smaller(client: httpx.Client, mine: dict[str, str]) -> None:
    answer = send_picture(client, mine, picture(size=(5000, 2500)))
    assert (answer.json()["width"], answer.json()["height"]) == (2048, 1024)


def bomb() -> bytes:
    """A PNG that says of itself that it has 30,000 × 30,000 pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", (415, "unsupported_media_type")),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", (415, "unsupported_media_type")),
        (picture()[:200], (415, "unsupported_media_type")),
        (picture("GIF"), (415, "unsupported_media_type")),
        (bomb(), (413, "too_large")),
        (picture() + bytes(5 * 1024 * 1024), (413, "too_large")),
        (bytes(6 * 1024 * 1024), (413, "too_large")),
    ],
)
def test_what_is_no_photo_is_refused(
    client: httpx.Client, mine: dict[str, str], content: bytes, expected: tuple[int, str]
) -> None:
    assert code_of(send_picture(client, mine, content)) == expected


def test_a_body_that_is_no_form_is_refused(client: httpx.Client, mine: dict[str, str]) -> None:
    sent = client.post("/chat/attachments", content=picture(), headers={**mine, "Content-Type": "image/jpeg"})
    assert code_of(sent) == (415, "unsupported_media_type")
    broken = {**mine, "Content-Type": "multipart/form-data; boundary=xyz"}
    assert code_of(client.post("/chat/attachments", content=b"--xyz\r\n", headers=broken))[0] == 400
    many = client.post("/chat/attachments", content=b"--xyz\r\n" * 100, headers=broken)
    assert code_of(many) == (400, "malformed")
    two = [("file", ("a", picture())), ("file", ("b", picture()))]
    assert code_of(client.post("/chat/attachments", files=two, headers=mine)) == (400, "malformed")


def test_a_photo_without_words_is_thanked_for(
    client: httpx.Client, server: Running, mine: dict[str, str]
) -> None:
    name = send_picture(client, mine, picture()).json()["attachment_id"]
    heard = len(server.assistant.heard)
    body = {"message": "", "attachments": [name], "message_id": "p-1"}
    answers = [client.post(MESSAGES, json=body, headers=mine).json() for _ in range(2)]
    assert answers[0] == answers[1] and "your photo" in answers[0][0]["text"]
    assert len(server.assistant.heard) == heard
    assert client.get("/chat/messages", headers=mine).json()["messages"][0]["attachments"] == [name]


@pytest.mark.parametrize("attachments", ["x", [1], ["a"] * 6, {"a": 1}, [""], ["ü"]])
def test_attachments_are_ids(client: httpx.Client, mine: dict[str, str], attachments: Any) -> None:
    body = {"message": "hi", "attachments": attachments}
    assert code_of(client.post(MESSAGES, json=body, headers=mine)) == (400, "malformed")


# --- feedback


def test_feedback_is_kept_and_may_be_changed(client: httpx.Client, server: Running) -> None:
    session = client.post("/chat/sessions", json={}).json()
    mine = {"Authorization": f"Bearer {session['token']}"}
    client.post(MESSAGES, json={"message": "hello"}, headers=mine)
    for opinion in (
        {"seq": 2, "rating": "down"},
        {"seq": 2, "rating": "up"},
        {"score": 4, "comment": "ok\x00"},
    ):
        assert client.post("/chat/feedback", json=opinion, headers=mine).status_code == 204
    store = Store.open(server.settings.database_url)
    with store.read() as tx:
        rows = tx.feedback.of_session(session["session_id"])
    store.close()
    assert [(row.seq, row.rating, row.score, row.comment) for row in rows] == [
        (0, None, 4, "ok"), (2, "up", None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("opinion", "expected"),
    [
        ({}, 400), ({"seq": 1}, 400), ({"seq": "2", "rating": "up"}, 400), ({"seq": 2, "rating": "so"}, 400),
        ({"score": 0}, 400), ({"score": 6}, 400), ({"score": True}, 400), ({"score": 3, "comment": 5}, 400),
        ({"seq": 2**40, "rating": "up"}, 400), ({"score": 3, "comment": "x" * 2001}, 422),
        ({"seq": 77, "rating": "up"}, 404), ({"seq": 1, "rating": "up"}, 404),
    ],
)  # fmt: skip
def test_an_opinion_of_nothing_is_refused(
    client: httpx.Client, mine: dict[str, str], opinion: Any, expected: int
) -> None:
    client.post(MESSAGES, json={"message": "hello"}, headers=mine)
    assert client.post("/chat/feedback", json=opinion, headers=mine).status_code == expected


# --- the document, headers, origins


def test_the_document_is_served_and_names_every_address(client: httpx.Client, server: Running) -> None:
    assert client.get("/chat/openapi.json").json() == json.loads(json.dumps(document()))
    named = {(method.upper(), path) for path, calls in document()["paths"].items() for method in calls}
    page = {("GET", "/chat/widget.js"), ("GET", "/chat/static/{name}")}
    assert named | page == server.addresses


def test_every_answer_is_guarded_and_has_an_id(client: httpx.Client) -> None:
    for answer in (client.get("/"), client.get("/nothing"), client.get("/chat/openapi.json")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert len(answer.headers["x-request-id"]) == 32
    assert client.get("/", headers={"X-Request-ID": "mine-1"}).headers["x-request-id"] == "mine-1"
    assert client.get("/", headers={"X-Request-ID": "a b"}).headers["x-request-id"] != "a b"


def test_only_named_origins_may_call_and_embed(client: httpx.Client) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    ours = client.options(MESSAGES, headers={"Origin": SHOP, **asked})
    assert ours.status_code in (200, 204) and ours.headers["access-control-allow-origin"] == SHOP
    assert "Authorization" in ours.headers["access-control-allow-headers"]
    other = client.options(MESSAGES, headers={"Origin": "https://evil.example", **asked})
    assert "access-control-allow-origin" not in other.headers
    assert f"frame-ancestors 'self' {SHOP}" in client.get("/").headers["content-security-policy"]


def test_by_default_nobody_may_embed(tmp_path: Path) -> None:
    with chat_server(tmp_path) as server:
        answer = httpx.get(server.url, headers={"Origin": SHOP})
    assert answer.headers["x-frame-options"] == "DENY" and "access-control-allow-origin" not in answer.headers
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


# --- limits


def test_too_much_is_refused_with_the_time_to_wait(tmp_path: Path) -> None:
    limits = {
        "KEFU_MESSAGES_PER_SESSION": "3",
        "KEFU_SESSIONS_PER_ADDRESS": "2",
        "KEFU_ATTACHMENTS_PER_SESSION": "1",
    }
    with chat_server(tmp_path, **limits) as server, httpx.Client(base_url=server.url) as client:
        mine = bearer(client)
        answers = [client.post(MESSAGES, json={"message": "hi"}, headers=mine) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert 1 <= int(answers[3].headers["retry-after"]) <= 20
        assert send_picture(client, mine, picture()).status_code == 201
        assert code_of(send_picture(client, mine, picture())) == (429, "too_many")
        assert client.post("/chat/sessions", json={}).status_code == 201
        assert code_of(client.post("/chat/sessions", json={})) == (429, "too_many")


def test_a_proxy_in_front_says_whose_address_it_is(tmp_path: Path) -> None:
    limits = {"KEFU_SESSIONS_PER_ADDRESS": "1", "KEFU_PROXIES": "1"}
    with chat_server(tmp_path, **limits) as server, httpx.Client(base_url=server.url) as client:
        for address in ("192.0.2.1", "192.0.2.2"):
            forwarded = {"X-Forwarded-For": f"10.0.0.9, {address}"}
            opened = [client.post("/chat/sessions", json={}, headers=forwarded).status_code for _ in range(2)]
            assert opened == [201, 429]
