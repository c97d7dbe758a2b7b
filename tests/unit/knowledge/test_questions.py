"""Where one question ends and another begins, and which message needs the one before it."""

import pytest

from kefu.knowledge.questions import LONGEST, follow_up, leans, own, parts


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "how long do refunds take and do you ship to Spain?",
            ["how long do refunds take", "do you ship to Spain?"],
        ),
        ("How long do refunds take? Do you ship to Spain?", ["How long do refunds take?", "Do you ship "
        "to Spain?"]),
        ("Is it free, and how fast is it", ["Is it free", "how fast is it"]),
        ("My card expired. Where does it go, and how long?", ["My card expired. Where does it go", "how "
        "long?"]),
        ("cancel my order and how long do refunds take?", ["cancel my order", "how long do refunds take?"]),
        ("退款多久到账，还有能寄到西班牙吗", ["退款多久到账", "能寄到西班牙吗"]),
        ("退款多久到账能寄到西班牙吗", ["退款多久到账能寄到西班牙吗"]),
        ("退款多久到账，能寄到西班牙吗？", ["退款多久到账", "能寄到西班牙吗？"]),
        ("運費多少，另外還有優惠嗎", ["運費多少", "優惠嗎"]),
        ("运费多少和多久能到", ["运费多少", "多久能到"]),
        ("我买了耳机，能退吗，退款多久到", ["我买了耳机，能退吗", "退款多久到"]),
        ("帮我取消订单，另外退款几天到账", ["帮我取消订单", "退款几天到账"]),
    ],
)  # fmt: skip
def test_a_message_is_cut_where_another_question_begins(text: str, wanted: list[str]) -> None:
    assert [part.text for part in parts(text)] == wanted


@pytest.mark.parametrize(
    "text",
    [
        "Do you take Visa and Mastercard?",
        "Can I return and get my money back",
        "how long does it take to return and refund?",
        "do you ship to Spain and France?",
        "Hi! Do you ship to Spain?",
        "my headphones broke and I want to know how long the warranty is",
        "可以用支付宝和微信吗",
        "你好，请问能寄到西班牙吗",
        "卡过期了，退款退到哪里",
        "我想退货，运费谁出",
        "a? b? c? d? e?",
        "",
        "?",
        "and how " * LONGEST,
    ],
)
def test_one_question_stays_one(text: str) -> None:
    assert len(parts(text)) == 1


def test_a_request_beside_a_question_is_told_from_it() -> None:
    assert [part.asks for part in parts("cancel my order and how long do refunds take?")] == [False, True]


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("and for e-books?", "e-books"),
        ("what about memberships", "memberships"),
        ("and to Spain?", "Spain"),
        ("Does that apply to courses too?", "courses"),
        ("what if it's broken", "broken"),
        ("那电子书呢", "电子书"),
        ("西班牙呢？", "西班牙"),
        ("那電子書呢", "電子書"),
        ("课程也一样吗", "课程"),
        ("换成加急呢", "加急"),
        ("对了，会员呢", "会员"),
    ],
)
def test_a_follow_up_says_what_is_new(text: str, new: str) -> None:
    assert follow_up(text) == new


@pytest.mark.parametrize(
    "text",
    [
        "and how much is shipping?",
        "how long do refunds take",
        "do you ship to Spain",
        "and where is my order",
        "what about my parcel?",
        "and KF10000001?",
        "and thanks",
        "and you?",
        "for my birthday I want a lamp that is blue and has a switch",
        "退款要多久呢",
        "那运费怎么算呢",
        "那我的订单呢",
        "你呢",
        "然后呢",
        "",
        "？",
    ],
)
def test_a_whole_question_follows_nothing(text: str) -> None:
    assert follow_up(text) is None


def test_a_question_may_lean_on_the_one_before() -> None:
    assert leans("how long does it take") and leans("它多少钱") and leans("how long?") and leans("多久")
    assert not leans("do you ship to Spain") and not leans("退款多久")


def test_what_is_the_customers_own_is_known() -> None:
    assert all(map(own, ("where is my order", "KF10000001 please", "我的快递到哪了")))
    assert not any(map(own, ("how do I pay with my card", "订单怎么取消")))
