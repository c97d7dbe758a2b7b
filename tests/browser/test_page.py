"""The chat page in a real browser, at the width of a phone."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.chat_page import SAID, answer, menu, ready, send

pytestmark = pytest.mark.browser


def photo() -> dict[str, object]:
    out = io.BytesIO()
    Image.effect_noise((640, 480), 80).convert("RGB").save(out, "JPEG")
    return {"name": "box.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_a_first_conversation(page: Page) -> None:
    expect(page.get_by_role("log")).to_contain_text("Hello!")
    send(page, "where is my order")
    expect(page.locator(".line.customer")).to_have_text("You: where is my order")
    answer(page, "heard: where is my order")
    expect(page.locator(".row.customer .foot")).to_contain_text("Sent")
    expect(page.get_by_label("Your message")).to_be_focused()
    expect(page.locator(".starters")).to_have_count(0)


def test_a_first_word_may_be_pressed(page: Page) -> None:
    page.get_by_role("button", name="Where is my order?").click()
    answer(page, "heard: Where is my order?")


def test_the_assistant_is_seen_writing(page: Page) -> None:
    send(page, "slow words")
    expect(page.locator("#typing")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("The assistant is writing")
    answer(page, "heard: slow words")
    expect(page.locator("#typing")).to_be_hidden()


def test_an_order_is_shown_as_a_card_with_its_way(page: Page) -> None:
    send(page, "order card")
    card = page.get_by_role("region", name="Order KF10000002")
    expect(card).to_contain_text("On its way")
    expect(card.get_by_role("listitem").filter(has_text="Shipped")).to_have_attribute("aria-current", "step")
    expect(card).to_contain_text("SF1234567890")
    expect(page.locator(SAID).last).to_contain_text("SF1234567890")


def test_a_product_is_shown_as_a_card(page: Page) -> None:
    send(page, "product card")
    card = page.get_by_role("region", name="Aurora wireless earbuds")
    expect(card).to_contain_text("USD 79.00")


def test_a_confirmation_is_pressed_once(page: Page) -> None:
    send(page, "cancel KF10000001")
    replies = page.get_by_role("group", name="Suggested answers").get_by_role("button")
    expect(replies).to_have_count(2)
    replies.nth(0).click()
    answer(page, re.compile("^Done: KF10000001 is cancelled"))
    expect(page.locator(".line.customer").last).to_have_text("You: Yes, cancel it")
    for position in range(2):
        expect(replies.nth(position)).to_be_disabled()
    expect(replies.nth(0)).to_have_attribute("aria-pressed", "true")
    page.reload()
    ready(page)
    expect(replies.nth(0)).to_be_disabled()
    expect(replies.nth(0)).to_have_attribute("aria-pressed", "true")


def test_other_words_lock_the_replies_too(page: Page) -> None:
    send(page, "choose")
    expect(page.locator(".replies button").first).to_be_enabled()
    send(page, "never mind")
    answer(page, "heard: never mind")
    expect(page.locator(".replies button").first).to_be_disabled()


def test_a_photo_is_previewed_sent_and_there_after_a_reload(page: Page) -> None:
    page.locator("#file").set_input_files(photo())  # type: ignore[arg-type]
    expect(page.locator(".preview img")).to_be_visible()
    page.locator("#send").click()
    answer(page, re.compile("^Thank you, I have your photo"))
    expect(page.locator(".preview")).to_be_hidden()
    page.reload()
    ready(page)
    expect(page.locator(".line.customer .photo")).to_be_visible()
    assert page.locator(".line.customer .photo").evaluate("e => e.decode().then(() => e.naturalWidth)") == 640


def test_what_is_no_photo_is_not_taken(page: Page) -> None:
    page.locator("#file").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"words"})
    expect(page.locator(".line.notice").last).to_contain_text("no photo")
    expect(page.locator(".preview")).to_be_hidden()


def test_a_person_can_always_be_asked_for(page: Page) -> None:
    page.get_by_role("button", name="Talk to a person").click()
    answer(page, "heard: I want to talk to a person")


def test_the_language_is_switched_back_and_forth(page: Page) -> None:
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("button", name="发送")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.get_by_role("log")).to_contain_text("您好")
    page.get_by_role("button", name="转人工客服").click()
    answer(page, "heard: 我要转人工客服")
    page.reload()
    ready(page)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_in_the_demo_one_may_be_a_customer(page: Page) -> None:
    page.get_by_label("You are").select_option(label="王小明")
    expect(page.get_by_role("log")).to_contain_text("王小明")
    page.reload()
    ready(page)
    expect(page.get_by_role("log")).to_contain_text("王小明")
    page.get_by_label("You are").select_option(label="a guest")
    expect(page.get_by_role("log")).not_to_contain_text("王小明")


def test_a_reload_keeps_the_conversation_and_a_new_one_forgets_it(page: Page) -> None:
    send(page, "remember me")
    answer(page, "heard: remember me")
    page.reload()
    ready(page)
    answer(page, "heard: remember me")
    send(page, "again")
    answer(page, "heard: again")
    menu(page, "New chat")
    expect(page.locator(".line.assistant")).to_have_count(0)


def test_a_thumb_is_kept(page: Page) -> None:
    send(page, "rate this")
    answer(page, "heard: rate this")
    with page.expect_response("**/chat/feedback") as kept:
        page.get_by_role("button", name="Helpful", exact=True).click()
    assert kept.value.status == 204
    page.reload()
    ready(page)
    expect(page.get_by_role("button", name="Helpful", exact=True)).to_have_attribute("aria-pressed", "true")


def test_a_chat_is_closed_with_a_score(page: Page) -> None:
    send(page, "good bye")
    answer(page, "heard: good bye")
    menu(page, "End chat and rate it")
    page.get_by_role("radio", name="4").check(force=True)
    page.get_by_label("Anything you want to add").fill("quick")
    with page.expect_response("**/chat/feedback") as kept:
        page.get_by_role("button", name="Send and end chat").click()
    assert kept.value.status == 204
    expect(page.locator(".line.assistant")).to_have_count(0)


def test_the_transcript_is_a_text_file(page: Page, tmp_path: Path) -> None:
    send(page, "write it down 订单")
    answer(page, "heard: write it down 订单")
    with page.expect_download() as saving:
        menu(page, "Download transcript")
    saving.value.save_as(tmp_path / "chat.txt")
    text = (tmp_path / "chat.txt").read_text(encoding="utf-8-sig")
    assert "You: write it down 订单" in text and "Assistant: heard: write it down 订单" in text


def test_what_was_not_seen_is_counted(page: Page) -> None:
    for n in range(8):
        send(page, f"line {n}\n\n\n\nof several")
    expect(page.locator(SAID)).to_have_count(8, timeout=20_000)
    # a message that is still being drawn may scroll down once more: until the page knows that we are up
    page.wait_for_function("""() => {
        document.querySelector("#log").scrollTop = 0;
        const down = document.querySelector("button.below");
        return !down.hidden && down.ariaLabel === "New messages: 0";
    }""")
    elsewhere = """fetch("/webhooks/rest/webhook", {
        method: "POST",
        body: JSON.stringify({message: "more"}),
        headers: {
            "Content-Type": "application/json",
            Authorization: `Bearer ${JSON.parse(localStorage["kefu.session"]).token}`,
        },
    })"""
    page.evaluate(elsewhere)
    below = page.get_by_role("button", name="New messages: 1")
    expect(below).to_be_visible()
    expect(page).to_have_title("(1) Customer service")
    below.click()
    expect(page).to_have_title("Customer service")
    expect(page.locator(".below")).to_be_hidden()
