"""Refusals of the chat interface: a status, a code for programs and a sentence for people."""

from __future__ import annotations

import structlog
from sanic import Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import HTTPResponse, json

log = structlog.get_logger()

# Sanic's own refusals, said in the one shape that clients know.
SANIC_WORDS = {
    400: ("malformed", "The request cannot be read. Send a JSON object."),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not know that method."),
    408: ("too_slow", "The request did not arrive in time. Send it again."),
    413: ("too_large", "The request is larger than 16 kB. Send less."),
    503: ("unavailable", "The assistant cannot answer just now. Try again in a moment."),
}


class Refusal(Exception):
    """A request that is answered with an error of the contract (shared/chat_api.md)."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after  # seconds

    def response(self) -> HTTPResponse:
        """The refusal as its JSON answer."""
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return json(self.body(), status=self.status, headers=headers, ensure_ascii=False)

    def body(self) -> dict[str, dict[str, str]]:
        """What a client reads, on every way in."""
        return {"error": {"code": self.code, "message": self.message}}


def install(app: Sanic) -> None:
    """Make every failure of the app, ours and Sanic's, an error of the contract."""
    app.error_handler.add(Refusal, _refused)
    app.error_handler.add(SanicException, _refused_by_sanic)
    app.error_handler.add(Exception, _broken)


def _refused(request: Request, refusal: Refusal) -> HTTPResponse:
    # Whoever starts the server asks for its health several times a second.
    say = log.debug if request.path.startswith("/health/") else log.info
    say("chat.refused", path=request.path, status=refusal.status, code=refusal.code)
    return refusal.response()


def _refused_by_sanic(request: Request, error: SanicException) -> HTTPResponse:
    status = getattr(error, "status_code", 500)
    code, message = SANIC_WORDS.get(status, SANIC_WORDS[503])
    return Refusal(status, code, message).response()


def _broken(request: Request, error: Exception) -> HTTPResponse:
    # The words of an exception may hold what a customer wrote; the log gets its kind and place only.
    log.error("chat.broken", path=request.path, kind=type(error).__name__, where=_place(error))
    return Refusal(503, *SANIC_WORDS[503]).response()


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"
