"""Recommendations: what follows from the customer's own purchases, each with the fact that says why."""

from __future__ import annotations

from actions.attributes import priced, product_buttons
from actions.base import KefuAction
from actions.facts import facts_note, facts_words
from actions.focus import focused, unfocused
from actions.turn import Event, Turn
from actions.words import bullets
from kefu.shop.recommend import Recommendation, Recommended, recommend
from kefu.shop.records import Transaction


class ActionRecommend(KefuAction):
    """Something for this customer; where nothing follows from purchases, what sells, called so."""

    def name(self) -> str:
        return "action_recommend"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        mention = turn.mention()
        told = recommend(tx, turn.identity, kinds=mention.kinds, about=mention.product_ids)
        if not told.found:
            turn.say("recommend_none")
            return []
        products = [each.product for each in told.found]
        turn.say(
            _code(turn, told),
            custom={
                **facts_note(each.fact for each in told.found if each.fact),
                "listed": [product.product_id for product in products],
            },
            list=bullets([_reasoned(each, turn, tx) for each in told.found]),
            buttons=product_buttons(products, turn, intent="ask_product"),
        )
        return focused(products[0]) if len(products) == 1 else unfocused()


def _code(turn: Turn, told: Recommended) -> str:
    if told.personal:
        return "recommend"
    if told.bought:
        return "recommend_bestsellers"
    return "recommend_guest" if turn.identity.guest else "recommend_newcomer"


def _reasoned(each: Recommendation, turn: Turn, tx: Transaction) -> str:
    """One recommendation as a line: the product with its price and, in a sentence, why."""
    what = priced([each.product], turn)
    if each.fact is None or each.owned is None:
        return what
    fact, owned = facts_words([each.fact], turn, tx), each.owned.name(turn.language)
    if turn.language == "zh":
        return f"{what}：您已有{owned}，{fact}。"
    return f"{what}: you have {owned}, and {fact}."
