"""Take the pictures of the chat page for the documentation: python scripts/page_pictures.py [FOLDER].

The assistant behind it follows a script; Chromium is the one of the tests.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIZES = ((390, 780), (1280, 900))
WORDS = ("How much are the earbuds?", "Where is KF10000002?", "Cancel KF10000001 please")


def take(browser: Browser, url: str, folder: Path) -> list[Path]:
    """A conversation at the width of a phone and of a desk; the files."""
    made = []
    for width, height in SIZES:
        view: Any = {"width": width, "height": height}
        context = browser.new_context(locale="en-GB", viewport=view)
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector("html[data-ready][data-connected=true]")
        for place, words in enumerate(WORDS):
            page.locator("#message").fill(words)
            page.locator("#send").click()
            page.locator(".row.assistant").nth(place).wait_for()
        page.wait_for_timeout(500)  # what rises into view stands still then
        made.append(folder / f"chat-{width}.png")
        page.screenshot(path=made[-1])
        context.close()
    return made


def main() -> None:
    """Serve the scripted chat and take the pictures."""
    from playwright.sync_api import sync_playwright

    from tests.support.browser import CHROMIUM, QUIET
    from tests.support.channel_server import chat_server

    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    with (
        tempfile.TemporaryDirectory() as home,
        chat_server(Path(home)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        print(*take(browser, server.url, folder), sep="\n")
        browser.close()


if __name__ == "__main__":
    main()
