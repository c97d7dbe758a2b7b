"""The page while its server, its network or its connection fails it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.chat_page import SAID, answer, ready, send
from tests.support.chat_process import chat_process
from tests.support.ports import free_port

pytestmark = pytest.mark.browser


def test_a_second_tab_shows_the_same_conversation(page: Page, server_url: str) -> None:
    send(page, "from the first")
    answer(page, "heard: from the first")
    other = page.context.new_page()
    other.goto(server_url)
    ready(other)
    answer(other, "heard: from the first")
    send(other, "from the second")
    answer(page, "heard: from the second")
    expect(page.locator(".line.customer").last).to_have_text("You: from the second")
    other.get_by_role("button", name="More").click()
    other.get_by_role("button", name="New chat").click()
    expect(page.locator(".line.assistant")).to_have_count(0)


def test_a_message_that_did_not_arrive_can_be_sent_again(page: Page) -> None:
    page.context.set_offline(True)
    expect(page.locator(".banner")).to_be_visible()
    send(page, "offline words")
    expect(page.locator(".row", has=page.locator(".failed"))).to_contain_text("Not sent", timeout=30_000)
    page.context.set_offline(False)
    retry = page.get_by_role("button", name="Try again")
    if retry.is_visible():
        retry.click()
    answer(page, "heard: offline words")
    expect(page.locator(".line.failed")).to_have_count(0)
    expect(page.locator(".line.customer")).to_have_count(1)
    expect(page.locator(".banner")).to_be_hidden()


def test_without_a_socket_the_page_goes_over_rest(browser: Browser, server_url: str) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.route("**/socket.io/**", lambda route: route.abort())
    page.route_web_socket("**/socket.io/**", lambda socket: socket.close())
    page.goto(server_url)
    page.wait_for_selector("html[data-ready]")
    send(page, "over rest")
    answer(page, "heard: over rest")
    send(page, "choose")
    page.locator(".replies button").first.click()
    answer(page, "heard: The earbuds")
    context.close()


def test_a_conversation_that_has_ended_is_followed_by_a_new_one(page: Page) -> None:
    send(page, "before")
    answer(page, "heard: before")
    page.evaluate(
        "kept => { const s = JSON.parse(localStorage[kept]); s.token = 'x.y.z';"
        " localStorage[kept] = JSON.stringify(s) }",
        "kefu.session",
    )
    page.reload()
    ready(page)
    expect(page.get_by_role("log")).to_contain_text("The earlier conversation has ended")
    send(page, "after")
    answer(page, "heard: after")


def test_a_server_that_is_killed_in_a_turn_answers_when_it_is_back(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    with chat_process(tmp_path, port) as first:
        page.goto(f"http://127.0.0.1:{port}")
        ready(page)
        send(page, "endless first")
        expect(page.locator("#typing")).to_be_visible()
        first.kill()
        first.wait(10)
        send(page, "second, into the void")
        with chat_process(tmp_path, port):
            retry = page.get_by_role("button", name="Try again")
            expect(page.locator(SAID, has_text="heard: endless first")).to_be_visible(timeout=60_000)
            if retry.is_visible():
                retry.click()
            answer(page, "heard: second, into the void")
            expect(page.locator(SAID)).to_have_count(2)
            expect(page.locator(".line.customer")).to_have_count(2)
    context.close()
