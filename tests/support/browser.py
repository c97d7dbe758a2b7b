"""Debian's Chromium for tests; the suite that uses it brings its own `server_url`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.services import absent

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path(os.environ.get("KEFU_TEST_CHROMIUM", "/usr/bin/chromium"))
# What the browser itself says of a connection that a test has cut.
NETWORK = ("Failed to load resource", "WebSocket connection to")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    if not CHROMIUM.is_file():
        absent(f"{CHROMIUM} is not installed (Debian: apt-get install chromium)")
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        expect.set_options(timeout=20_000)  # milliseconds: the machines of CI are small
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, server_url: str) -> Iterator[Page]:
    """The chat page in English at a phone's width, opened and ready; no script of it may fail."""
    context = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 780})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(server_url)
    page.wait_for_selector("html[data-ready][data-connected=true]")
    yield page
    context.close()
    assert not [words for words in complaints if not any(known in words for known in NETWORK)]
