"""The chat page in a real browser, at the width of a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def send(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_role("button", name="Send").click()


def answers(page: Page) -> list[str]:
    expect(page.locator("#send")).to_be_enabled()
    return [text.removeprefix("Assistant: ") for text in page.locator(".line.assistant").all_text_contents()]


def test_a_first_conversation(page: Page) -> None:
    expect(page.get_by_role("log")).to_contain_text("Hello!")
    send(page, "where is my order")
    expect(page.locator(".line.customer")).to_have_text("You: where is my order")
    expect(page.locator(".line.assistant")).to_have_text("Assistant: heard: where is my order")
    expect(page.get_by_label("Your message")).to_be_focused()


def test_quick_replies_lock_after_use(page: Page) -> None:
    send(page, "choose")
    replies = page.get_by_role("group", name="Suggested answers").get_by_role("button")
    expect(replies).to_have_count(3)
    replies.nth(0).click()
    expect(page.locator(".line.assistant").last).to_have_text("Assistant: heard: The earbuds")
    for position in range(3):
        expect(replies.nth(position)).to_be_disabled()
    expect(replies.nth(0)).to_have_attribute("aria-pressed", "true")


def test_other_words_lock_the_replies_too(page: Page) -> None:
    send(page, "choose")
    expect(page.locator(".replies button").first).to_be_enabled()
    send(page, "never mind")
    expect(page.locator(".line.assistant").last).to_contain_text("never mind")
    expect(page.locator(".replies button").first).to_be_disabled()


def test_a_person_can_always_be_asked_for(page: Page) -> None:
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.locator(".line.assistant").last).to_contain_text("I want to talk to a person")


def test_the_language_is_switched(page: Page) -> None:
    page.get_by_label("Language").select_option("zh")
    expect(page.get_by_role("button", name="发送")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.get_by_role("button", name="转人工客服").click()
    expect(page.locator(".line.assistant").last).to_contain_text("我要转人工客服")


def test_in_the_demo_one_may_be_a_customer(page: Page) -> None:
    page.get_by_label("You are").select_option(label="王小明")
    expect(page.get_by_role("log")).to_contain_text("王小明")
    page.get_by_label("You are").select_option(label="a guest")
    expect(page.get_by_role("log")).not_to_contain_text("王小明")


def test_a_reload_keeps_the_conversation_and_a_new_one_forgets_it(page: Page) -> None:
    send(page, "remember me")
    assert answers(page) == ["heard: remember me"]
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert answers(page) == ["heard: remember me"]
    send(page, "again")
    expect(page.locator(".line.assistant").last).to_contain_text("heard: again")
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".line.assistant")).to_have_count(0)


def test_what_was_written_is_shown_never_run(page: Page) -> None:
    evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    send(page, evil)
    expect(page.locator(".line.assistant").last).to_have_text(f"Assistant: heard: {evil}")
    expect(page).to_have_title("Customer service")


def test_a_message_that_did_not_arrive_can_be_sent_again(page: Page) -> None:
    page.route("**/webhooks/**", lambda route: route.abort())
    send(page, "offline words")
    expect(page.locator(".line.failed")).to_contain_text("Not sent")
    page.unroute("**/webhooks/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".line.assistant").last).to_contain_text("heard: offline words")
    expect(page.locator(".line.failed")).to_have_count(0)


def test_it_fits_a_phone_and_every_field_has_a_name(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for role in ("button", "combobox", "textbox"):
        for control in page.get_by_role(role).all():
            assert control.get_attribute("aria-label") or control.evaluate(
                "e => (e.labels?.[0] ?? e).textContent.trim()"
            )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    send(page, "choose")
    expect(page.locator(".replies button").first).to_be_visible()
    for place in (".line.assistant", ".line.customer", ".line.notice", "#send", "#person", ".replies button"):
        ink, ground = page.locator(place).first.evaluate(
            """node => {
                const ground = (place) => getComputedStyle(place).backgroundColor;
                let under = node;
                while (ground(under) === "rgba(0, 0, 0, 0)") under = under.parentElement;
                return [getComputedStyle(node).color, ground(under)];
            }"""
        )
        assert contrast(ink, ground) >= 4.5, (place, ink, ground)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2 between two colours in CSS's rgb()."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    shares = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
