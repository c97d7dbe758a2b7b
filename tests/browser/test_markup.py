"""500 strings that would run as scripts somewhere: shown as they are wherever they come, none runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from kefu.channels.text import normalise
from tests.support.chat_page import menu, ready
from tests.support.hostile import ASKED, CASES, TOGETHER

pytestmark = pytest.mark.browser
PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU"
    b"\x00\x00\x00\nIDATx\x9cc`\x00\x00\x00\x02\x00\x01H\xaf\xa4q\x00\x00\x00\x00IEND\xaeB`\x82"
)
REST = "/webhooks/rest/webhook"
MADE = "document.querySelectorAll('#log :is(script, iframe, object, embed, a, style, form, link)').length"


def test_there_are_500_of_them() -> None:
    assert len(set(CASES)) == 500


def test_none_runs_in_what_is_said(browser: Browser, server_url: str, tmp_path: Path) -> None:
    texts = list(CASES)
    with opened(browser, server_url, texts) as page:
        page.wait_for_function("document.querySelectorAll('.line.assistant').length === 500")
        shown = page.locator(".line.customer .text").all_text_contents()
        assert shown == [normalise(text) for text in CASES]
        nothing_ran(page)
        with page.expect_download() as saving:
            menu(page, "Download transcript")
        assert saving.value.suggested_filename.endswith(".txt")
        saving.value.save_as(tmp_path / "chat.txt")
        kept = (tmp_path / "chat.txt").read_text(encoding="utf-8-sig")
        assert [text for text in shown if text not in kept] == []


def test_none_runs_in_buttons_and_cards(browser: Browser, server_url: str) -> None:
    answers = [f"{ASKED} {number}" for number in range(len(CASES) // TOGETHER)]
    with opened(browser, server_url, answers) as page:
        page.wait_for_function(f"document.querySelectorAll('.line.assistant').length >= {len(answers)}")
        names = page.locator(".card.product .card-name strong").all_text_contents()
        orders = page.locator(".card.order .card-name strong").all_text_contents()
        assert names == orders == list(CASES)
        assert not set(CASES) - set(page.locator("button").all_text_contents())
        assert page.locator("#log img").count() == 0
        nothing_ran(page)


def test_a_picture_has_no_name(server_url: str) -> None:
    with httpx.Client(base_url=server_url, timeout=30) as client:
        session = client.post("/chat/sessions", json={}).json()
        headers = {"Authorization": f"Bearer {session['token']}"}
        for name in (CASES[0], CASES[40], "../../x.svg"):
            sent = client.post("/chat/attachments", files={"file": (name, PIXEL, name)}, headers=headers)
            assert sent.status_code == 201 and set(sent.json()) == {"attachment_id", "width", "height"}
            kept = client.get(f"/chat/attachments/{sent.json()['attachment_id']}", headers=headers)
            assert kept.headers["content-type"] == "image/jpeg"
            assert kept.headers["content-disposition"] == "inline"


@contextmanager
def opened(browser: Browser, server_url: str, texts: list[str]) -> Iterator[Page]:
    """The page with a conversation in which all of this was said."""
    context = browser.new_context(locale="en-GB", accept_downloads=True)
    session = said(server_url, texts)
    context.add_init_script(f"localStorage['kefu.session'] = {session!r}")
    page = context.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto(server_url)
    ready(page)
    yield page
    assert dialogs == []
    context.close()


def nothing_ran(page: Page) -> None:
    assert page.evaluate(MADE) == 0
    page.mouse.move(200, 300)
    page.wait_for_timeout(500)
    assert page.evaluate("window.__ran") is None


def said(server_url: str, texts: list[str]) -> str:
    """A conversation in which they were all said, and answered, as the page keeps it."""
    with httpx.Client(base_url=server_url, timeout=30) as client:
        session = client.post("/chat/sessions", json={}).json()
        headers = {"Authorization": f"Bearer {session['token']}"}
        for text in texts:
            answer = client.post(REST, json={"message": text}, headers=headers).raise_for_status()
            assert answer.json()[0]["text"]
    return json.dumps({**session, "who": ""})
