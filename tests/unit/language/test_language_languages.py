"""Languages: scripts decide, names do not, and too little text is left undetermined."""

from __future__ import annotations

import pytest

from kefu.language.languages import LanguageDetector


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return LanguageDetector()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("where is my order KF10000002", "en"),
        ("hello", "en"),
        ("download link broken", "en"),
        ("i ordered black and got white, wrong color", "en"),
        ("My name is María García", "en"),
        ("change the address to Calle Mayor 5, Madrid", "en"),
        ("where is my 耳机", "en"),
        ("我的订单到哪了", "zh"),
        ("我的 order 到哪了", "zh"),
        ("唔該我張單去咗邊", "zh"),
        ("¿Dónde está mi pedido KF10000002?", "es"),
        ("quiero cancelar mi pedido", "es"),
        ("Bonjour, où est mon colis?", "fr"),
        ("Ich möchte die Kopfhörer zurückgeben", "de"),
        ("注文はどこですか", "ja"),
        ("주문이 어디에 있나요", "ko"),
        ("где мой заказ", "ru"),
        ("hola", "es"),
    ],
)
def test_a_language_that_can_be_told(detector: LanguageDetector, text: str, language: str) -> None:
    assert detector.detect(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "", "👍", "ok", "?", "12", "KF10000002", "SF1234567890", "alice@example.com", "María García",
        "Alice Chen", "Calle Mayor 5, Madrid", "12 rue des Lilas, 75011 Paris",
    ],
)  # fmt: skip
def test_too_little_is_undetermined(detector: LanguageDetector, text: str) -> None:
    assert detector.detect(text) is None


def test_names_of_products_are_of_no_language(detector: LanguageDetector) -> None:
    text = "El Quijote de la Mancha"
    assert detector.detect(text) == "es"
    assert detector.detect(text, names=[(0, len(text))]) is None
