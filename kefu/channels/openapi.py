"""This interface for programs: OpenAPI 3.1, made from the code's own limits and words."""

from __future__ import annotations

from typing import Any

from kefu.channels.front import LANGUAGES, MOST_ATTACHMENTS
from kefu.channels.images import LARGEST_IMAGE
from kefu.channels.requests import LARGEST_BODY
from kefu.channels.text import LONGEST_MESSAGE, LONGEST_MESSAGE_ID

Json = dict[str, Any]
BEARER: Json = {"security": [{"session": []}]}
OPEN: Json = {"security": []}
ROUTING: Json = {
    "name": "X-Kefu-Session", "in": "header", "required": False, "schema": {"type": "string"},
    "description": "the session_id, by which a balancer finds the server of the conversation; never trusted",
}  # fmt: skip
REFUSALS = {
    400: "malformed",
    401: "no token, or a bad one",
    403: "the token belongs to another conversation",
    404: "there is nothing like that",
    409: "the same message_id with other content",
    413: f"the body is over {LARGEST_BODY // 1024} kB (a picture: {LARGEST_IMAGE // 1024 // 1024} MB)",
    415: "another media type",
    422: f"the message is empty or over {LONGEST_MESSAGE:,} characters",
    429: "too many; wait for Retry-After seconds",
    503: "cannot answer just now",
}


def document() -> Json:
    """The OpenAPI document of all addresses that clients may call."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Kefu chat", "version": "1", "description": ABOUT},
        "paths": {**_talking(), **_conversation(), **_demo(), **_health()},
        "components": {
            "securitySchemes": {
                "session": {"type": "http", "scheme": "bearer", "description": "the token of a session"}
            },
            "schemas": _schemas(),
        },
    }


ABOUT = (
    "Open a session, send messages with its token, read what was said by its number. "
    "The same is spoken on socket.io at /socket.io with auth {token, seq}: the client emits user_uttered "
    "with the Message schema and gets {seq, message_id, at} or {error} as acknowledgement; the server emits "
    "session_confirm, typing {on}, and user_uttered, bot_uttered and agent_uttered with the Said schema. "
    "A client that connects with the last seq it has read gets everything behind it. "
    "Where several servers stand behind one address, ?s=session_id in its query leads to the right one, as "
    "X-Kefu-Session does on REST; whose conversation it is says the token alone, and another id is refused."
)


def _talking() -> Json:
    answer = {"type": "array", "items": _ref("Answer")}
    return {
        "/chat/sessions": {
            "post": _call("Open a conversation", OPEN, {201: _ref("Session")}, (400, 401, 413, 415, 429, 503),
                          body=_ref("Opening"), needed=False),
        },
        "/webhooks/rest/webhook": {
            "post": _call("Send a message", BEARER, {200: answer},
                          (400, 401, 403, 409, 413, 415, 422, 429, 503), body=_ref("Message")),
        },
    }  # fmt: skip


def _conversation() -> Json:
    after = _parameter("after", {"type": "integer", "minimum": 0, "default": 0})
    name = _parameter("attachment_id", {"type": "string"}, place="path")
    picture = {"type": "string", "contentMediaType": "image/jpeg"}
    file = _object({"file": {"type": "string", "format": "binary"}}, needed=("file",))
    return {
        "/chat/messages": {
            "get": _call("What was said, a page of at most 200", BEARER, {200: _ref("Messages")},
                         (400, 401, 403, 429, 503), parameters=[after]),
        },
        "/chat/attachments": {
            "post": _call("Send a picture", BEARER, {201: _ref("Attachment")},
                          (400, 401, 403, 413, 415, 429, 503), body=file, media="multipart/form-data"),
        },
        "/chat/attachments/{attachment_id}": {
            "get": _call("A picture of this conversation", BEARER, {200: picture}, (401, 403, 404, 503),
                         parameters=[name], answers="image/jpeg"),
        },
        "/chat/feedback": {
            "post": _call("A thumb for an answer, or a score for the conversation", BEARER, {204: None},
                          (400, 401, 403, 404, 413, 415, 422, 429, 503), body=_ref("Feedback")),
        },
        "/chat/openapi.json": {"get": _call("This document", OPEN, {200: {"type": "object"}}, ())},
    }  # fmt: skip


def _demo() -> Json:
    token = _object({"customer_token": {"type": "string"}}, needed=("customer_token",))
    customer = _object({"customer_id": {"type": "string"}}, needed=("customer_id",))
    return {
        "/chat/demo": {
            "get": _call("Whom one may be; in demo mode only", OPEN, {200: {"type": "object"}}, (404, 503)),
        },
        "/chat/demo-token": {
            "post": _call("Be somebody; in demo mode only", OPEN, {200: token}, (400, 404, 413, 415, 503),
                          body=customer),
        },
    }  # fmt: skip


def _health() -> Json:
    status = _object({"status": {"type": "string"}}, needed=("status",))
    return {
        "/health/live": {"get": _call("The process answers", OPEN, {200: status}, ())},
        "/health/ready": {"get": _call("A message would be answered", OPEN, {200: status}, (503,))},
    }


def _schemas() -> Json:
    text: Json = {"type": "string"}
    optional: Json = {"type": ["string", "null"]}  # null is the same as nothing
    language = {"enum": [*LANGUAGES, None]}
    identifier = {"type": ["string", "null"], "minLength": 1, "maxLength": LONGEST_MESSAGE_ID}
    number = {"type": "integer", "minimum": 1}
    time = {"type": "string", "format": "date-time"}
    button = _object({"title": text, "payload": text}, needed=("title", "payload"))
    parts: Json = {
        "text": text, "image": text, "custom": {"type": "object"},
        "buttons": {"type": "array", "items": button},
    }  # fmt: skip
    ids = {"type": "array", "items": text, "maxItems": MOST_ATTACHMENTS}
    mine = {**ids, "type": ["array", "null"]}
    said = {
        "seq": number, "from": {"enum": ["customer", "assistant", "agent"]}, "at": time, **parts,
        "attachments": ids, "message_id": text,
    }  # fmt: skip
    customer = {"oneOf": [_object({"name": text}, needed=("name",)), {"type": "null"}]}
    session = {"session_id": text, "token": text, "expires_at": time, "customer": customer}
    error = _object({"code": text, "message": text}, needed=("code", "message"))
    size = {"width": number, "height": number}
    return {
        "Opening": _object({"customer_token": optional, "language": language}),
        "Session": _object(session, needed=tuple(session)),
        "Message": _object(
            {
                "message": {"type": "string", "maxLength": LONGEST_MESSAGE},
                "message_id": identifier, "attachments": mine, "language": language,
            },
            needed=("message",),
        ),
        "Answer": _object({"recipient_id": text, **parts}, needed=("recipient_id",)),
        "Said": _object(said, needed=("seq", "from", "text", "at")),
        "Messages": _object({"messages": {"type": "array", "items": _ref("Said")}}, needed=("messages",)),
        "Attachment": _object({"attachment_id": text, **size}, needed=("attachment_id",)),
        "Feedback": {"anyOf": [
            _object({"seq": number, "rating": {"enum": ["up", "down"]}, "comment": optional},
                    needed=("seq", "rating")),
            _object({"score": {"type": "integer", "minimum": 1, "maximum": 5}, "comment": optional},
                    needed=("score",)),
        ]},
        "Error": _object({"error": error}, needed=("error",)),
    }  # fmt: skip


def _object(properties: Json, *, needed: tuple[str, ...] = ()) -> Json:
    return {"type": "object", "properties": properties, **({"required": list(needed)} if needed else {})}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _parameter(name: str, schema: Json, *, place: str = "query") -> Json:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _call(
    summary: str,
    security: Json,
    good: dict[int, Json | None],
    refusals: tuple[int, ...],
    *,
    body: Json | None = None,
    needed: bool = True,
    media: str = "application/json",
    answers: str = "application/json",
    parameters: list[Json] | None = None,
) -> Json:
    responses: Json = {
        str(status): {"description": "done", **({"content": {answers: {"schema": schema}}} if schema else {})}
        for status, schema in good.items()
    }
    wrong = {"content": {"application/json": {"schema": _ref("Error")}}}
    responses |= {str(status): {"description": REFUSALS[status], **wrong} for status in refusals}
    call: Json = {"summary": summary, **security, "responses": responses}
    if security is BEARER:
        parameters = [*(parameters or []), ROUTING]
    if parameters:
        call["parameters"] = parameters
    if body is not None:
        call["requestBody"] = {"required": needed, "content": {media: {"schema": body}}}
    return call
