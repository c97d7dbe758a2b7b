"""schemathesis: requests made of the document that the server itself gives, and their answers checked."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import AcceptedNegativeData, FailureGroup
from schemathesis.specs.openapi import checks

from kefu.channels.text import LONGEST_MESSAGE, normalise

SLICE = 100  # cases drawn from one seed
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
# what of a body is against the schema, in the words of schemathesis
_OF_BODY = re.compile(r"body(?:: | - )violates (`\w+`(?: at [\w/]+)?)")
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def cases(url: str, *, number: int, count: int) -> dict[str, Any]:
    """A slice: ``count`` requests of seed ``number`` to every address, half of them against the schema.

    Every second slice speaks with the token of a session, the others with what is generated.
    """
    schema = schemathesis.openapi.from_url(f"{url}/chat/openapi.json")
    headers = _bearer(url) if number % 2 == 0 else {}
    strategy = schema.as_strategy(generation_mode=MODES[number // 2 % 2])
    came: Counter[str] = Counter()
    wrong: list[dict[str, str]] = []

    @seed(number)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(strategy)
    def try_one(case: Any) -> None:
        _try(case, headers, came, wrong)

    try_one()
    return {"cases": came.total(), "came": dict(came), "wrong": wrong}


def _try(case: Any, headers: dict[str, str], came: Counter[str], wrong: list[dict[str, str]]) -> None:
    response = case.call(headers=headers, timeout=60)
    came[f"{case.operation.label} {response.status_code}"] += 1
    try:
        case.validate_response(response, checks=CHECKS)
    except FailureGroup as failures:
        for failure in failures.exceptions:
            if _is_tolerated(failure, response.status_code, case.body):
                continue
            wrong.append({
                "address": case.operation.label,
                "status": str(response.status_code),
                "failure": str(failure)[:600],
                "request": case.as_curl_command(headers=None)[:600],
            })  # fmt: skip


def _is_tolerated(failure: Exception, status: int, body: Any) -> bool:
    """Fields of a query and headers that nobody reads are no mistake; a body against the schema is one.

    A token given here also stands in the place of a header that was left out on purpose. "Too large" is a
    refusal, although schemathesis does not count it as one. A message is as long as what is left of it when
    control characters are gone.
    """
    if not isinstance(failure, AcceptedNegativeData):
        return False
    parts = str(failure).partition("Invalid comp")[2]
    if status == 413 or "body" not in parts:
        return True
    of_body = _OF_BODY.findall(parts)
    return set(of_body) == {"`maxLength` at /properties/message"} and _fits(body)


def _fits(body: Any) -> bool:
    """Whether the message of a body is short enough once it is normalised."""
    message = body.get("message") if isinstance(body, dict) else None
    return isinstance(message, str) and len(normalise(message)) <= LONGEST_MESSAGE


def _bearer(url: str) -> dict[str, str]:
    opened = httpx.post(f"{url}/chat/sessions", timeout=60).raise_for_status().json()
    return {"Authorization": f"Bearer {opened['token']}"}
