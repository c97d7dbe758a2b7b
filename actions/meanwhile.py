"""How long, and where to: asked behind a confirmation, or behind what was just done."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.cues import cue
from actions.proposing import pending
from actions.tasks import TASKS
from actions.turn import Event, Turn, names_nothing
from kefu.shop.records import Transaction

MONEY = ("cancel", "return", "refund")
BY_PERSON = ("warranty", "lost_parcel")
AT_ONCE = ("change_address", "change_items", "stop_renewal")
# the questions that "that" makes mean the task at hand; with a thing's name they mean something else
WHEN = cue(
    r"^(?:\W|\b(?:and|so|ok|okay|but|then|well)\b)*(?:how (?:long|soon|many days|much longer)|when)\b"
    r"(?!.*\b(?:deliver|shipping|parcel|package|open|order)\w*)",
    r"^(?:那|请问|大概|一般|都|这个|这)*(?:要|需要|得|还要)?(?:多久|多长时间|几天|幾耐|多少天|什么时候|啥时候|几时)"
    r"(?!.*(?:发货|送到|送达|快递|上班|开门))",
)
WHERE_TO = cue(
    r"where (?:does|do|will|is) .{0,20}(?:money|refund)|where (?:does|will) (?:it|that) go\b"
    r"|(?:which|what) (?:card|account)"
    r"|to (?:my|another) (?:\w+ )?(?:card|paypal|visa|mastercard|alipay|wechat|wallet|bank|account)\b",
    r"退(?:款|钱)?[到回](?:哪|什么|支付宝|微信|银行|原|我的|别的|另|其他)|钱退?到哪|原路",
)
AMOUNT = cue(
    r"how much (?:money )?(?:do|will|would|can|am) i (?:get|be|going)|how much is (?:the|my) refund",
    r"能?退(?:我|给我)?多少|(?:能|可以)?拿回多少",
)
LOOK_UPS = ("track_order", "refund_status", "return_status")
LOOK_UP_FORMS = ("order_status_form", "refund_status_form")
LONGEST = 60  # characters: a longer message asks for more than "how long?"


def say_term(turn: Turn, tx: Transaction, kind: str) -> list[Event]:
    """How long an operation of ``kind`` takes, as far as the shop's rules say so."""
    if kind in MONEY or kind == "exchange":
        number = "refund.time" if kind in MONEY else "exchange.1"
        clause = tx.policy.in_force(turn.now)[number]
        turn.say(
            "term_clause", custom={"clause": number}, clause=number, clause_text=clause.text(turn.language)
        )
        return [SlotSet("last_clause", number)]
    turn.say("term_person" if kind in BY_PERSON else "term_at_once")
    return []


def asked_meanwhile(turn: Turn, tx: Transaction) -> list[Event] | None:
    """Answer a question about what waits for a yes, or was just done; None where it is about neither.

    What waits is shown anew behind it (ActionResume), and names the amount itself.
    """
    kind = _kind(turn, tx)
    text = turn.plain
    if kind in MONEY and AMOUNT.search(text) and pending(turn, tx):
        return []
    return say_term(turn, tx, kind) if kind is not None and _asks(text, kind) else None


def in_between(turn: Turn, tx: Transaction) -> bool:
    """Whether what sounds like a look-up ("how long is that?") is about what waits, or was just done."""
    if turn.intent not in LOOK_UPS or turn.tracker.active_loop_name not in (None, *LOOK_UP_FORMS):
        return False
    if turn.intent != "track_order" and not pending(turn, tx):
        return False  # where a refund stands says more than how long one takes
    kind = _kind(turn, tx)
    text = turn.plain
    return kind is not None and (_asks(text, kind) or bool(kind in MONEY and AMOUNT.search(text)))


def _kind(turn: Turn, tx: Transaction) -> str | None:
    """The kind of the operation that a short question without a name may be about."""
    if len(turn.text) > LONGEST or not names_nothing(turn.mention()):
        return None
    waiting = pending(turn, tx)
    return str(waiting.operation["kind"]) if waiting else _running(turn) or _just_done(turn)


def _asks(text: str, kind: str) -> bool:
    asks = WHEN.search(text) or (kind in MONEY and WHERE_TO.search(text))
    return bool(asks) and kind in (*MONEY, *BY_PERSON, *AT_ONCE, "exchange")


def _running(turn: Turn) -> str | None:
    task = TASKS.get(str(turn.tracker.active_loop_name))
    return task.kind if task is not None and task.kind in (*MONEY, "exchange") else None


def _just_done(turn: Turn) -> str | None:
    done: Any = turn.last_words().get("done")
    return str(done) if done else None
