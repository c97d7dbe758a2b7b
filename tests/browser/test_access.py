"""Everybody can use it: axe-core, the keyboard, contrast, small screens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.page_pictures import take
from tests.support.chat_page import answer, send
from tests.support.project import ROOT

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[1] / "support" / "axe.min.js"
# what rises into view, or is drawn anew in another language, has its colours when it has risen
RISEN = """Promise.allSettled(document.getAnimations()
    .filter(own => own.effect.getTiming().iterations !== Infinity)
    .map(own => own.finished)).then(() => true)"""


def violations(page: Page) -> list[Any]:
    """What axe-core finds, best practices included."""
    page.evaluate(RISEN)
    page.evaluate(AXE.read_text(encoding="utf-8"))  # not a script tag: the page's own policy forbids that
    found = page.evaluate("axe.run()")["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


def full(page: Page) -> None:
    """Something of everything in the log."""
    send(page, "order card")
    expect(page.locator(".card.order")).to_be_visible()
    send(page, "product card")
    expect(page.locator(".card.product")).to_be_visible()
    send(page, "choose")
    expect(page.locator(".replies button").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(page: Page, scheme: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    assert violations(page) == []
    full(page)
    assert violations(page) == []
    page.get_by_role("button", name="More").click()
    assert violations(page) == []
    page.get_by_role("button", name="End chat and rate it").click()
    page.wait_for_timeout(100)
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="中文").click()
    assert violations(page) == []


def test_a_failed_message_and_a_lost_connection_are_accessible_too(page: Page) -> None:
    page.context.set_offline(True)
    send(page, "nobody hears")
    expect(page.locator(".failed")).to_be_visible(timeout=30_000)
    assert violations(page) == []
    page.context.set_offline(False)


def test_everything_is_reached_by_the_keyboard(page: Page) -> None:
    page.keyboard.type("choose")
    page.keyboard.press("Enter")
    expect(page.locator(".replies button").first).to_be_visible()
    reached = set()
    for _ in range(25):
        page.keyboard.press("Shift+Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert {"attach", "log", "more", "language", "who", "The earbuds", "Yes"} <= reached
    page.get_by_role("button", name="Yes").focus()
    page.keyboard.press("Enter")
    answer(page, "heard: Yes")
    expect(page.locator("#message")).to_be_focused()
    page.get_by_role("button", name="More").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="New chat")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="More")).to_be_focused()
    expect(page.locator("#menu")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 780), (390, 340), (768, 1024), (1280, 800)])
def test_it_fits_the_screen(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    full(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for place in ("#message", "#send", "#person", "#language"):
        box = page.locator(place).bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width, place
        assert box["y"] >= 0 and box["y"] + box["height"] <= height, place
    log = page.locator("#log").bounding_box()
    assert log and log["height"] >= 0.3 * height


def test_pictures_for_the_documentation_can_be_taken(
    browser: Browser, server_url: str, tmp_path: Path
) -> None:
    made = take(browser, server_url, tmp_path)
    assert [path.name for path in made] == ["chat-390.png", "chat-1280.png"]
    assert all(path.stat().st_size > 20_000 for path in made)
    assert all((ROOT / "docs" / path.name).is_file() for path in made)
