"""Parameters become words of the customer's language."""

import pytest

from kefu.knowledge.wording import country_name, in_words, tidy


@pytest.mark.parametrize(
    ("value", "param", "language", "words"),
    [
        ("30", "days", "en", "30"),
        ("US|CN|HK", "countries", "en", "the United States, mainland China and Hong Kong"),
        ("US|CN|HK", "countries", "zh", "美国、中国内地和香港"),
        ("GB", "countries", "en", "the United Kingdom"),
        ("Visa|WeChat Pay", "methods", "zh", "Visa和WeChat Pay"),
        ("USD", "currency", "en", "USD"),
        ("USD", "currency", "zh", "美元"),
        ("XYZ", "currency", "zh", "XYZ"),
        ("customer", "shipping_paid_by", "en", "you"),
        ("shop", "shipping_paid_by", "zh", "店里"),
        ("US", "carrier", "en", "US"),
    ],
)
def test_a_parameter_in_words(value, param, language, words):
    assert in_words(value, param=param, language=language) == words


def test_a_country_without_a_name_stays_its_code():
    assert country_name("ZZ", language="en") == "ZZ"


@pytest.mark.parametrize(
    ("text", "language", "tidied"),
    [
        ("within 1 days", "en", "within 1 day"),
        ("within 1 business days and 1 hours", "en", "within 1 business day and 1 hour"),
        ("within 21 days", "en", "within 21 days"),
        ("0 to 0.1 days", "en", "0 to 0.1 days"),
        ("exchanged 1 times", "en", "exchanged once"),
        ("满 50.00 美元 就包邮", "zh", "满 50.00 美元就包邮"),
    ],
)
def test_grammar_around_a_number_is_mended(text, language, tidied):
    assert tidy(text, language=language) == tidied
