"""The chat in a shop's own page: one script tag, another origin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kefu.shop.identity import customer_token
from kefu.shop.keys import customer_keys
from tests.support.channel_server import Running, chat_server

pytestmark = pytest.mark.browser
SHOP = "http://shop.localhost:4711"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with chat_server(tmp_path_factory.mktemp("chat"), KEFU_WEB_ORIGINS=SHOP) as running:
        yield running


@pytest.fixture
def shop(browser: Browser, server: Running) -> Iterator[Page]:
    token = customer_token(
        "C1001", keys=customer_keys(server.settings), now=datetime.now(timezone.utc), minutes=5
    )
    html = (
        "<!doctype html><html lang=en><title>A shop</title><h1>A shop</h1>"
        f'<script src="{server.url}/chat/widget.js" data-customer-token="{token}" async></script>'
    )
    policy = f"script-src {server.url}; frame-src {server.url}; style-src 'none'"
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.route(
        f"{SHOP}/**",
        lambda route: route.fulfill(
            body=html, content_type="text/html", headers={"Content-Security-Policy": policy}
        ),
    )
    page.goto(f"{SHOP}/")
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


def test_a_page_that_is_not_named_may_not_frame_it(browser: Browser, server: Running, tmp_path: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    other = "http://evil.localhost:4712"
    html = f"<!doctype html><iframe src='{server.url}/?embed=1'></iframe>"
    page.route(f"{other}/**", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(f"{other}/")
    page.wait_for_timeout(500)
    assert page.frame_locator("iframe").locator("#chat").count() == 0
    context.close()
