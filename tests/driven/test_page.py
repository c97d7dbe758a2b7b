"""A newcomer's first conversation in the page, against the trained assistant."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.driven, pytest.mark.browser]


def send(page: Page, text: str) -> None:
    before = page.locator(".line.assistant").count()
    page.get_by_role("textbox").fill(text)
    page.locator("#send").click()
    settled(page, before)


def settled(page: Page, before: int) -> None:
    expect(page.locator(".line.assistant").nth(before)).to_be_visible(timeout=30_000)
    expect(page.locator("html[data-busy=false]")).to_have_count(1, timeout=30_000)


def test_alice_asks_for_her_order_and_changes_her_mind_about_another(page: Page) -> None:
    page.get_by_label("You are").select_option(label="Alice Chen")
    expect(page.get_by_role("log")).to_contain_text("Alice Chen")
    send(page, "where is my order KF10000002")
    expect(page.locator(".line.assistant").last).to_contain_text("SF1234567890")
    send(page, "cancel KF10000001")
    expect(page.locator(".line.assistant").last).to_contain_text("79.00")
    send(page, "no")
    expect(page.locator(".line.assistant").last).not_to_contain_text("79.00")


def test_a_guest_reads_chinese_and_gets_a_person(page: Page) -> None:
    page.get_by_role("button", name="中文").click()
    page.get_by_role("button", name="转人工客服").click()
    settled(page, 0)
    expect(page.locator(".line.assistant").last).to_have_text(re.compile("[\u4e00-\u9fff]{4}"))
