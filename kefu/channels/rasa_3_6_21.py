"""What stands in the place of code of Rasa 3.6.21 that offers no seam; a server that starts calls ``apply``.

Nothing happens at import. Another Rasa is refused: what is here was compared with 3.6.21 by hand and by
tests/contracts/test_rasa_patch.py. For a new release compare again, and give this file its name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.shared.constants import DOCS_BASE_URL

from kefu.channels.shield import require_rasa


def apply() -> None:
    """Put our code in; a second call changes nothing. Raises ConfigError for another Rasa."""
    require_rasa()
    if RemoteAction._validate_action_result.__module__ != __name__:
        RemoteAction._validate_action_result = _judge(RemoteAction.action_response_format_spec())


def _judge(schema: dict[str, Any]) -> Callable[[RemoteAction, Any], bool]:
    """``RemoteAction._validate_action_result`` over a schema that is checked and compiled once.

    Rasa's calls ``jsonschema.validate``, which checks the schema against its meta-schema at every action.
    """
    kind = validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)

    def judge(self: RemoteAction, result: Any) -> bool:
        error = best_match(validator.iter_errors(result))
        if error is None:
            return True
        error.message += (
            ". Failed to validate Action server response from API, make sure your response from the Action "
            f"endpoint is valid. For more information about the format visit {DOCS_BASE_URL}/custom-actions"
        )
        raise error

    return judge
