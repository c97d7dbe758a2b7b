"""The chat in a shop's own page: one script tag, another origin."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from kefu.shop.identity import customer_token
from kefu.shop.keys import customer_keys
from tests.support.channel_server import Running, chat_server
from tests.support.ports import free_port

pytestmark = pytest.mark.browser
POLICY = "script-src {chat}; frame-src {chat}; style-src 'none'"


@contextmanager
def web_page(port: int, html: str, policy: str = "default-src *") -> Iterator[str]:
    """A page of somebody else's at an origin of its own."""

    class Serve(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *values: Any) -> None:
            """Say nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", port), Serve)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://localhost:{port}"
    listening.shutdown()
    listening.server_close()


@pytest.fixture(scope="module")
def shop_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shop_port: int) -> Iterator[Running]:
    origins = {"KEFU_WEB_ORIGINS": f"http://localhost:{shop_port}"}
    with chat_server(tmp_path_factory.mktemp("chat"), **origins) as running:
        yield running


@pytest.fixture
def shop(browser: Browser, server: Running, shop_port: int) -> Iterator[Page]:
    now = datetime.now(timezone.utc)
    token = customer_token("C1001", keys=customer_keys(server.settings), now=now, minutes=5)
    html = (
        "<!doctype html><html lang=en><title>A shop</title><h1>A shop</h1>"
        f'<script src="{server.url}/chat/widget.js" data-customer-token="{token}" async></script>'
    )
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    with web_page(shop_port, html, POLICY.format(chat=server.url)) as address:
        page.goto(address)
        page.wait_for_function("window.Kefu")
        yield page
    context.close()


def test_one_script_tag_opens_the_customers_own_chat(shop: Page) -> None:
    shop.get_by_role("button", name="Open the chat").click()
    chat = shop.frame_locator("iframe[title='Customer service']")
    expect(chat.get_by_role("log")).to_contain_text("Hello Alice Chen!")
    expect(chat.locator(".demo")).to_be_hidden()
    chat.get_by_label("Your message").fill("from the shop")
    chat.get_by_role("button", name="Send").click()
    expect(chat.locator(".line.assistant .text").last).to_have_text("heard: from the shop")
    chat.locator("#message").press("Escape")
    expect(shop.locator("iframe")).to_be_hidden()
    expect(shop.get_by_role("button", name="Open the chat")).to_be_focused()


def test_a_closed_chat_counts_what_is_new(shop: Page) -> None:
    shop.evaluate("Kefu.open()")
    chat = shop.frame_locator("iframe")
    chat.get_by_label("Your message").fill("slow")
    chat.get_by_role("button", name="Send").click()
    shop.evaluate("Kefu.close()")
    expect(shop.get_by_role("button", name="Open the chat")).to_have_text("1", timeout=10_000)


def test_a_page_that_is_not_named_may_not_frame_it(browser: Browser, server: Running) -> None:
    context = browser.new_context()
    page = context.new_page()
    html = f"<!doctype html><iframe src='{server.url}/?embed=1'></iframe>"
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text))
    with web_page(free_port(), html) as address:
        page.goto(address)
        page.wait_for_timeout(1000)
        assert page.frame_locator("iframe").locator("#chat").count() == 0
    assert any("frame-ancestors" in words for words in refused)
    context.close()
