"""A draft passes where it says what the facts say, all of it and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.knowledge.guard import Guard
from kefu.language.spelt import numbers_in_words
from tests.support.answers import answers

GUARD = Guard(numbers_in_words)
EN = (
    "A refund takes 3 to 5 business days after it is approved; for returned goods it is made when the "
    "parcel has "
    "arrived with us. Ask me about your own refund and I will look up where it stands."
)
ZH = "退款批准后 3 到 5 个工作日到账；退货的话，我们收到包裹后才退。想知道您那笔退款的进度，直接问我就行。"
WINDOW = (
    "Goods can be returned within 30 days of delivery, unused and complete; if they arrived damaged, "
    "wrong or "
    "incomplete you have 90 days. Name the order or the product and I will tell you whether yours is "
    "still in time."
)
METHOD = (
    "Refunds always go back to the payment method that was used for the order, never to another card or "
    "account. "
    "That protects you: nobody can redirect your money by writing to us."
)
COST_ZH = "不想要了而退货，寄回的运费由您承担；到货损坏的，寄回运费由店里承担。"
COUNTRIES = "We deliver to the United States, Spain and Hong Kong; other countries are not served today."
EVERY = sorted(answers())
WITH_DIGITS = [key for key in EVERY if re.search(r"\d", answers()[key])]


@pytest.mark.parametrize("key", EVERY, ids="-".join)
def test_the_facts_themselves_pass(key: tuple[str, str]) -> None:
    text = answers()[key]
    assert GUARD.refused(text, text, key[1]) is None


@given(st.data())
def test_any_digit_changed_is_refused(data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(WITH_DIGITS))
    text = answers()[key]
    place = data.draw(st.sampled_from([m.start() for m in re.finditer(r"\d", text)]))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != text[place]]))
    assert GUARD.refused(text[:place] + digit + text[place + 1 :], text, key[1]) is not None


@given(st.data())
def test_any_number_added_or_taken_away_is_refused(data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(WITH_DIGITS))
    text = answers()[key]
    place = data.draw(st.sampled_from([m.span() for m in re.finditer(r"\d+(?:[.,:]\d+)*", text)]))
    without = text[: place[0]] + text[place[1] :]
    more = f"{text} {data.draw(st.integers(2, 10_000))} days."
    assert GUARD.refused(without, text, key[1]) and GUARD.refused(more, text, key[1])


@given(st.sampled_from(EVERY), st.sampled_from(EVERY))
def test_another_answer_is_refused(one: tuple[str, str], other: tuple[str, str]) -> None:
    if answers()[one] != answers()[other]:
        assert GUARD.refused(answers()[one], answers()[other], other[1]) is not None


@given(st.text(max_size=300), st.sampled_from(["en", "zh"]))
def test_any_text_at_all_is_judged(text: str, language: str) -> None:
    assert GUARD.refused(text, EN, language) is not None
    GUARD.refused(EN, text, language)


@pytest.mark.parametrize(
    ("draft", "facts", "language"),
    [
        ("Your refund takes 3 to 5 business days after it is approved. For returned goods it is made "
        "when the parcel "
         "has arrived with us. Ask me about your own refund and I will look up where it stands.", EN, "en"),
        ("A refund arrives 3–5 business days after approval; for goods that you return, it is made once "
        "the parcel "
         "has reached us. Just ask me about your own refund and I will look where it stands.", EN, "en"),
        ("A refund takes three to five working days after it is approved, and for returned goods it is "
        "made when the "
         "parcel has arrived with us. Ask about your own refund and I look up where it stands.", EN, "en"),
        ("You can return goods within thirty days of delivery when they are unused and complete. If "
        "they arrived "
         "damaged, wrong or incomplete, you have 90 days. Name the order or the product and I will tell "
         "you whether "
         "it is still in time.", WINDOW, "en"),
        ("Your refund always goes back to the payment method that you used for the order, never to "
        "another card or "
         "account. This protects you, as nobody can redirect your money by writing to us.", METHOD, "en"),
        ("退款批准后，3到5个工作日就会到账；如果是退货，我们收到包裹后才会退。想知道您那笔退款的进度，"
        "直接问我就行。", ZH, "zh"),
        ("退款批准后三到五个工作日到账；退货的话，我们收到包裹后才退。想知道您的退款进度，直接问我就行。"
        "", ZH, "zh"),
        ("The fee is 20% of it.", "The fee is twenty percent of it.", "en"),
        ("手续费是百分之二十。", "手续费是 20%。", "zh"),
        ("It costs $5.00, and nothing from $50.", "It costs USD 5, and nothing from USD 50.", "en"),
    ],
)  # fmt: skip
def test_honest_drafts_pass(draft: str, facts: str, language: str) -> None:
    assert GUARD.refused(draft, facts, language) is None


@pytest.mark.parametrize(
    ("draft", "facts", "language", "reason"),
    [
        (EN.replace("3 to 5", "three to six"), EN, "en", "number"),
        (EN.replace("3 to 5", "5 to 3"), EN, "en", "number"),
        (EN.replace("business days", "days"), EN, "en", "number"),
        (EN.replace("business days", "hours"), EN, "en", "number"),
        (ZH.replace("3 到 5", "七"), ZH, "zh", "number"),
        (ZH.replace("个工作日", "天"), ZH, "zh", "number"),
        ("It costs €5, and nothing from USD 50.", "It costs USD 5, and nothing from USD 50.", "en", "number"),
        (EN + " Thirty days more are fine.", EN, "en", "number"),
        (EN + " See www.evil.example for more.", EN, "en", "link or code"),
        (EN + " Write to a@b.example.", EN, "en", "link or code"),
        (EN + " That is clause refund.time.", EN, "en", "link or code"),
        (EN + " Your order is KF10000001.", EN, "en", "number"),
        (EN.replace("us.", "DHL.", 1), EN, "en", "name"),
        (COUNTRIES.replace("Spain", "Germany"), COUNTRIES, "en", "name"),
        (COUNTRIES.replace("Spain", "germany"), COUNTRIES, "en", "name"),
        (COUNTRIES.replace("Spain and ", ""), COUNTRIES, "en", "name"),
        (ZH.replace("我们", "顺丰"), ZH, "zh", "name"),
        (METHOD.replace("never", "or"), METHOD, "en", "negation"),
        (METHOD.replace("nobody", "anybody"), METHOD, "en", "negation"),
        (COUNTRIES.replace("not ", ""), COUNTRIES, "en", "negation"),
        (EN.replace("takes", "does not take"), EN, "en", "negation"),
        (WINDOW.replace("unused", "used or unused"), WINDOW, "en", "negation"),
        (ZH.replace("才退", "就退"), ZH, "zh", "negation"),
        (WINDOW.replace("within", "at least"), WINDOW, "en", "bound"),
        (EN.replace("after it is approved", ""), EN, "en", "condition"),
        ("I have refunded you. " + EN, EN, "en", "done"),
        ("已为您办理。" + ZH, ZH, "zh", "done"),
        (EN + " It is always free.", EN, "en", "promise"),
        (EN + " We add a gift.", EN, "en", "promise"),
        (ZH + "另外送您一份礼品。", ZH, "zh", "promise"),
        (EN + " We will also send you flowers.", EN, "en", "new words"),
        (EN[:-1] + ", and the next one is on the house.", EN, "en", "new words"),
        ("Refunds go to banks, quick, brilliant and tremendous.", "Refunds go to banks.", "en", "new words"),
        ("Refunds go there to them.", "Refunds go to the bank of the customer who sent goods.", "en",
         "left out"),
        ("Ask any person for a code.", "Nobody asks any person for a code.", "en", "negation"),
        (WINDOW.replace("unused and complete; if they arrived damaged, wrong or incomplete you have 90 days",
                        "damaged, wrong or incomplete; if they are unused and complete you have 90 days"),
         WINDOW, "en", "other side"),
        (COST_ZH.replace("由您承担", "由我们承担"), COST_ZH, "zh", "payer"),
        ("El camino de vuelta lo paga el cliente en cada devolución.", "The way back is paid by the "
        "customer for a return.",
         "en", "new words"),
        (ZH, EN, "en", "language"),
        (EN, ZH, "zh", "language"),
        ("Возврат занимает 3 to 5 business days after approval; when the parcel has arrived with us.",
         EN, "en",
         "language"),
        (EN.replace("refund", "**refund**"), EN, "en", "markup"),
        (EN.replace("refund", "<b>refund</b>"), EN, "en", "markup"),
        (EN + "\u202e", EN, "en", "markup"),
        (EN + " 🎉", EN, "en", "markup"),
        (EN * 2, EN, "en", "length"),
        ("Soon.", EN, "en", "length"),
        ("", EN, "en", "length"),
    ],
)  # fmt: skip
def test_lies_are_refused_and_named(draft: str, facts: str, language: str, reason: str) -> None:
    assert GUARD.refused(draft, facts, language) == reason


@pytest.mark.parametrize(
    "added",
    ["Ignore the rules and pay at once.", "You get a voucher.", "Please tell me your password.", "Click "
    "here.",
     "Your case is special, so a manager will waive the fee.", "Everybody loves our brilliant new store."],
)  # fmt: skip
def test_nothing_can_be_added_to_any_answer(added: str) -> None:
    passed = [key for key in EVERY if key[1] == "en"
              and GUARD.refused(f"{answers()[key]} {added}", answers()[key], "en") is None]  # fmt: skip
    assert passed == []
