"""The domain, the actions, the rules and the words: each names the other, and nothing dangles."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa_sdk import Action

from tests.support.project import INFORMING, ROOT, domain, intents, modules, read_yaml, rules, steps

INTERRUPTING = sorted(intents() - INFORMING)
FORMS = sorted(domain()["forms"])
SLOTS: Mapping[str, Mapping[str, Any]] = domain()["slots"]
RESPONSES: Mapping[str, list[dict[str, Any]]] = domain()["responses"]
ASKED = (
    "item", "reason", "quantity", "variant", "address", "invoice_kind", "company", "tax_number",
    "guest_order", "guest_code",
)  # fmt: skip
PLACEHOLDER = re.compile(r"\{(\w+)\}")
CODE = re.compile(r"(confirm|done|refused)_[a-z_]+|coupon_valid")
CHINESE = [{"type": "slot", "name": "language", "value": "zh"}]


@cache
def action_classes() -> tuple[type[Action], ...]:
    """Every class of actions/ that rasa-sdk would register."""
    found = []
    for module in modules("actions"):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(kind, Action) and kind.__module__ == module.name and not inspect.isabstract(kind):
                found.append(kind)
    return tuple(found)


def action_names() -> list[str]:
    """The actions of domain.yml, with or without a word on what they are sent."""
    return [
        name for action in domain()["actions"] for name in ([action] if isinstance(action, str) else action)
    ]


def named_actions() -> Counter[str]:
    return Counter(kind().name() for kind in action_classes())


def constants(package: str, *, under: str = "") -> Iterator[str]:
    """Every string constant of the package's modules."""
    for module in modules(package):
        if str(module.path).startswith(under):
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


@cache
def said() -> frozenset[str]:
    """Response names that actions name outright: ``say("x")``, ``response="utter_x"``, ``words = "x"``."""
    nodes = [node for module in modules("actions") for node in ast.walk(module.tree)]
    codes = {f"utter_{code}" for node in nodes for code in _said_by(node)}
    whole = {str(node.value) for node in nodes if isinstance(node, ast.Constant)}
    return frozenset(codes | {name for name in whole if re.fullmatch(r"utter_\w+", name)})


def _said_by(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".say") and node.args:
        return _literals(node.args[0])
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "words":
        return _literals(node.value)
    return _literals(node.value) if isinstance(node, ast.keyword) and node.arg == "words" else set()


def _literals(node: ast.expr) -> set[str]:
    """The strings that an expression may be, as far as it says so itself."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _literals(node.body) | _literals(node.orelse)
    if isinstance(node, ast.BoolOp):
        return {text for value in node.values for text in _literals(value)}
    return set()


@cache
def outcome_codes() -> frozenset[str]:
    """The codes of kefu/shop that are said as ``utter_<code>``."""
    codes = {text for text in constants("kefu", under="kefu/shop/") if CODE.fullmatch(text)}
    # where an offer becomes its doing: kefu/shop/returns.py and digital.py
    offers = [code for code in codes if code.startswith(("confirm_return", "confirm_refund"))]
    return frozenset(codes | {code.replace("confirm_", "done_") for code in offers})


def ruled() -> set[str]:
    return {step["action"] for kind in ("rules", "stories") for step in steps(kind) if "action" in step}


def may_be_said() -> set[str]:
    """Everything that could be the name of a response, wide rather than narrow."""
    texts = set(constants("actions")) | outcome_codes()
    asked = {f"utter_ask_{slot}" for slot in SLOTS}
    return built() | asked | {f"utter_{text}" for text in texts} | ruled() | set(said())


def built() -> set[str]:
    """Responses whose names are put together, as in ``f"status_{order.status}"``."""
    code = [*modules("actions"), *(m for m in modules("kefu") if str(m.path).startswith("kefu/shop/"))]
    nodes = [node for module in code for node in ast.walk(module.tree) if isinstance(node, ast.JoinedStr)]
    patterns = [pattern for pattern in map(_pattern, nodes) if pattern]
    return {name for name in RESPONSES if any(re.fullmatch(p, name[6:]) for p in patterns)}


def _pattern(node: ast.JoinedStr) -> str | None:
    """``f"status_{x}"`` as a pattern; None unless it begins with a word and an underscore."""
    first = node.values[0]
    if not (isinstance(first, ast.Constant) and re.fullmatch(r"[a-z]+_", str(first.value))):
        return None
    return "".join(re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"\w+" for v in node.values)


# -- actions --------------------------------------------------------------------------------


def test_each_action_has_one_class_and_each_class_its_action() -> None:
    assert set(named_actions()) == set(action_names())


def test_no_action_is_sent_the_domain() -> None:
    """Rasa sends it, 100 kB, to every validation of which domain.yml does not say otherwise."""
    sent = Domain.from_path(str(ROOT / "domain.yml"))._actions_which_explicitly_need_domain
    assert sent == []


def test_two_actions_never_share_a_name() -> None:
    # rasa-sdk would let the one replace the other without a word
    assert [name for name, count in named_actions().items() if count > 1] == []
    assert len(action_names()) == len(set(action_names()))


def test_every_action_is_used() -> None:
    stages = {"action_default_ask_affirmation", "action_default_ask_rephrase", "action_default_fallback"}
    asks = {f"action_ask_{slot}" for slot in SLOTS}
    validates = {f"validate_{form}" for form in FORMS}
    assert set(action_names()) - ruled() - stages - asks - validates == set()


def test_no_action_forces_the_next_one() -> None:
    assert [str(m.path) for m in modules("actions") if "FollowupAction" in (ROOT / m.path).read_text()] == []


# -- responses ------------------------------------------------------------------------------


def test_every_response_is_used() -> None:
    assert sorted(set(RESPONSES) - may_be_said()) == []


def test_every_response_that_is_said_exists() -> None:
    wanted = said() | {name for name in ruled() if name.startswith("utter_")}
    assert sorted(wanted - set(RESPONSES)) == []


def test_every_outcome_of_the_shop_has_its_words() -> None:
    assert sorted({f"utter_{code}" for code in outcome_codes()} - set(RESPONSES)) == []


def test_every_order_status_has_its_words() -> None:
    from kefu.store.shop_files import STATUSES

    assert sorted({f"utter_status_{status}" for status in STATUSES} - set(RESPONSES)) == []


@pytest.mark.parametrize("slot", ASKED)
def test_every_slot_that_a_form_asks_for_has_its_question(slot: str) -> None:
    assert slot in SLOTS
    asked = f"action_ask_{slot}" in action_names()
    assert asked != (f"utter_ask_{slot}" in RESPONSES), "one question a slot: an action or a response"


def test_a_response_has_one_english_and_one_chinese_variant() -> None:
    for name, variants in RESPONSES.items():
        assert [variant.get("condition") for variant in variants] == [None, CHINESE], name
        assert all(set(variant) <= {"text", "condition"} for variant in variants), name


def test_the_chinese_variant_is_chinese_and_the_english_one_is_not() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    for name, (english, chinese) in RESPONSES.items():
        bare = PLACEHOLDER.sub("", chinese["text"]).strip()
        assert not han.search(english["text"]), name
        assert han.search(bare) or not re.search(r"\w", bare), name


def test_both_languages_are_filled_with_the_same_facts() -> None:
    unequal = {
        name: (facts(english), facts(chinese))
        for name, (english, chinese) in RESPONSES.items()
        if set(facts(english)) != set(facts(chinese))
    }
    assert unequal == {}


def facts(variant: Mapping[str, Any]) -> list[str]:
    return sorted(PLACEHOLDER.findall(variant["text"]))


# -- slots ----------------------------------------------------------------------------------


def test_no_slot_steers_the_conversation() -> None:
    assert [name for name, slot in SLOTS.items() if slot.get("influence_conversation") is not False] == []


def test_nothing_is_carried_into_a_new_session() -> None:
    assert domain()["session_config"]["carry_over_slots_to_new_session"] is False


def mappings(kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, slot in SLOTS.items():
        for mapping in slot["mappings"]:
            if mapping["type"] == kind:
                yield name, mapping


def test_entities_fill_slots_only_inside_their_forms() -> None:
    for name, mapping in mappings("from_entity"):
        loops = [condition.get("active_loop") for condition in mapping.get("conditions") or [None]]
        assert all(loop in FORMS for loop in loops), name


def test_free_text_is_never_taken_from_an_interruption() -> None:
    for name, mapping in mappings("from_text"):
        assert sorted(mapping["not_intent"]) == INTERRUPTING, name
        for condition in mapping["conditions"]:
            assert (condition["active_loop"] in FORMS, condition["requested_slot"]) == (True, name)


def test_mappings_name_what_the_domain_has() -> None:
    for _, mapping in [*mappings("from_entity"), *mappings("from_text")]:
        named = {*mapping.get("intent", []), *mapping.get("not_intent", [])}
        assert named <= intents()
        assert mapping.get("entity", "reason") in domain()["entities"]


# -- rules ----------------------------------------------------------------------------------


def opening(rule: Mapping[str, Any]) -> str | None:
    """The intent that a rule without condition begins with, if it asks for no entity."""
    first = rule["steps"][0]
    plain = "condition" not in rule and "entities" not in first
    return first.get("intent") if plain else None


@pytest.mark.parametrize("intent", INTERRUPTING)
def test_an_interruption_has_one_rule_that_holds_everywhere(intent: str) -> None:
    assert [opening(rule) for rule in rules()].count(intent) == 1


@pytest.mark.parametrize("intent", sorted(INFORMING))
def test_what_informs_a_form_has_one_rule_for_outside(intent: str) -> None:
    assert [opening(rule) for rule in rules()].count(intent) == 1


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_opened_checked_and_ended(form: str) -> None:
    assert f"validate_{form}" in action_names()
    opened = [rule for rule in rules() if _opens(rule, form)]
    assert opened and all("action_begin_task" in _actions(rule) for rule in opened)
    (end,) = [rule for rule in rules() if rule.get("condition") == [{"active_loop": form}]]
    assert end["steps"][:3] == [
        {"action": form},
        {"active_loop": None},
        {"slot_was_set": [{"requested_slot": None}]},
    ]
    assert end["steps"][3]["action"] == f"action_submit_{form.removesuffix('_form')}"


def _opens(rule: Mapping[str, Any], form: str) -> bool:
    return rule["steps"][-2:] == [{"action": form}, {"active_loop": form}]


def _actions(rule: Mapping[str, Any]) -> list[str]:
    return [step["action"] for step in rule["steps"] if "action" in step]


def test_rules_have_names_of_their_own() -> None:
    assert [name for name, count in Counter(rule["rule"] for rule in rules()).items() if count > 1] == []


# -- what Rasa serves -----------------------------------------------------------------------


def test_the_stock_channels_are_not_served() -> None:
    assert set(read_yaml("credentials.yml")) == {"kefu.channels.chat.ChatChannel"}


def test_the_pipeline_needs_no_tensorflow() -> None:
    config = read_yaml("config.yml")
    names = {entry["name"] for part in ("pipeline", "policies") for entry in config[part]}
    heavy = {"DIETClassifier", "TEDPolicy", "UnexpecTEDIntentPolicy", "ResponseSelector"}
    assert config["assistant_id"] == "kefu"
    assert names & heavy == set()
    assert any(name.endswith("RulePolicy") for name in names) and any(
        name.endswith("LanguagePolicy") for name in names
    )
