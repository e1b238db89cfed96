"""Idempotency-Key: the answer is kept in the same transaction as what the request did."""

import hashlib
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, ParamSpec

import orjson
from flask import Response, g, make_response, request
from sqlalchemy.exc import IntegrityError

from engine.db import writing
from engine.errors import Conflict, Invalid
from web import current
from web.api.models import KeyedAnswer

P = ParamSpec("P")

HEADER: Final = "Idempotency-Key"
_LONGEST: Final = 255
PARAMETER: Final = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": _LONGEST},
    "description": "The same key with the same request returns the first answer and does nothing again.",
}


def keyed(view: Callable[P, Any]) -> Callable[P, Any]:
    """Let a view be called again with the same key. The view returns (body, status) or (body, status, headers).

    The body is what its schema made: it is kept and answered as it is.

    Raises:
        Invalid: the key is too long, or was used for another request.
        Conflict: the first request with this key is still under way.
    """

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Any:
        key = request.headers.get(HEADER, "").strip()
        if not key:
            return _response(*view(*args, **kwargs))
        if len(key) > _LONGEST:
            raise Invalid("key-too-long", "The Idempotency-Key has more than {limit} characters.", limit=_LONGEST)
        return _answer(key, lambda: view(*args, **kwargs))

    return answer


def _answer(key: str, do: Callable[[], Any]) -> Any:
    session, token_id, digest = current.session(), g.api_token.id, _digest()
    try:
        with writing(session):
            known = session.get(KeyedAnswer, (token_id, key))
            if known is not None:
                return _again(known, digest)
            kept = KeyedAnswer(token_id=token_id, key=key, request_sha256=digest, status=0, body="")
            kept.created_at = current.now()
            session.add(kept)
            session.flush()
            body, status, *rest = do()
            kept.status, kept.body = status, orjson.dumps(body, default=str).decode()
            kept.location = rest[0].get("Location", "") if rest else ""
    except IntegrityError as error:
        if "keyed_answer" not in str(error.orig):
            raise
        raise Conflict(
            "request-under-way", "The first request with this Idempotency-Key is under way. Ask again in a moment."
        ) from error
    return _response(body, status, *rest)


def _response(body: Any, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return a whole answer, which flask-smorest does not put through the schema a second time."""
    answer = make_response(orjson.dumps(body, default=str), status, headers)
    answer.mimetype = "application/json"
    return answer


def _again(known: KeyedAnswer, digest: str) -> Response:
    if known.request_sha256 != digest:
        raise Invalid(
            "key-used", "This Idempotency-Key was used for another request. Make a new key; nothing was changed."
        )
    answer = make_response(known.body, known.status)
    answer.mimetype = "application/json"
    answer.headers["Idempotency-Replayed"] = "true"
    if known.location:
        answer.headers["Location"] = known.location
    return answer


def _digest() -> str:
    parts = (request.method.encode(), request.full_path.encode(), request.get_data(cache=True))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
