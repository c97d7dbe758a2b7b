"""What tests do with the chat page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

SAID = ".line.assistant .text"


def ready(page: Page) -> None:
    """Wait until the page talks to its server."""
    page.wait_for_selector("html[data-ready][data-connected=true]")


def send(page: Page, text: str) -> None:
    """Write a message and send it."""
    page.get_by_label("Your message").or_(page.get_by_label("输入您的消息")).fill(text)
    page.locator("#send").click()


def answer(page: Page, text: Any) -> None:
    """Wait for the assistant's last words."""
    from playwright.sync_api import expect

    expect(page.locator(SAID).last).to_have_text(text, timeout=20_000)


def menu(page: Page, entry: str) -> None:
    """Choose from the page's menu."""
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name=entry).click()
