"""Idempotency-Key: the answer is kept in the same transaction as what the request did."""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Final, ParamSpec

from flask import Response, g, make_response, request
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from engine.db import writing
from engine.errors import Conflict, Invalid
from web import current
from web.api.models import KeyedAnswer

P = ParamSpec("P")

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
_LONGEST: Final = 255
_PATTERN: Final = rf"[!-~]{{1,{_LONGEST}}}"
#: how long an answer is kept: longer than any client goes on retrying
KEPT: Final = timedelta(hours=24)
PARAMETER: Final = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": _LONGEST, "pattern": f"^{_PATTERN}$"},
    "description": "The same key with the same request within 24 hours returns the first answer, with the header "
    f"`{REPLAYED}: true`, and does nothing again. Errors are not remembered.",
}


class _Taken(Exception):
    """Another request with this key was faster, and has ended by now."""


def keyed(view: Callable[P, Response]) -> Callable[P, Response]:
    """Let a view be called again with the same key. It stands outside of what makes a response of the view's answer.

    Raises:
        Invalid: the key cannot be used, or was used for another request.
        Conflict: the first request with this key is still under way.
    """

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return view(*args, **kwargs)
        if not re.fullmatch(_PATTERN, key):
            raise Invalid(
                "key-unusable",
                "The Idempotency-Key is not 1 to {limit} visible ASCII characters. Use a random UUID.",
                limit=_LONGEST,
            )
        for _ in range(2):
            try:
                return _answer_once(key, lambda: view(*args, **kwargs))
            except _Taken:
                continue
        raise Conflict(
            "request-under-way", "The first request with this Idempotency-Key is under way. Ask again in a moment."
        )

    answer._apidoc = getattr(view, "_apidoc", {}) | {"keyed": True}  # type: ignore[attr-defined]  # read by Blueprint
    return answer


def _answer_once(key: str, do: Callable[[], Response]) -> Response:
    session, token_id, now = current.session(), g.api_token.id, current.now()
    this = (KeyedAnswer.token_id == token_id, KeyedAnswer.key == key)
    with writing(session):
        session.execute(delete(KeyedAnswer).where(KeyedAnswer.created_at < now - KEPT))
        known = session.get(KeyedAnswer, (token_id, key), populate_existing=True)
        if known is not None:
            return _again(known)
        row = {"token_id": token_id, "key": key, "request_sha256": _digest(), "created_at": now}
        try:
            session.execute(insert(KeyedAnswer).values(**row, status=0, location="", sealed=b""))
        except IntegrityError as error:  # PostgreSQL let us wait for the other request, then said that it was first
            raise _Taken from error
        answer = do()
        if answer.status_code >= 400:  # an incident, say, is kept although the request failed
            session.execute(delete(KeyedAnswer).where(*this))
        else:
            kept = {
                "status": answer.status_code,
                "location": answer.headers.get("Location", ""),
                # a receipt's code and PIN stand nowhere else in the database either
                "sealed": current.vault().seal({"body": answer.get_data(as_text=True)}, token_id),
            }
            session.execute(update(KeyedAnswer).where(*this).values(**kept))
    return answer


def _again(known: KeyedAnswer) -> Response:
    if known.request_sha256 != _digest():
        raise Invalid(
            "key-used", "This Idempotency-Key was used for another request. Make a new key; nothing was changed."
        )
    body = current.vault().open(known.sealed, known.token_id)["body"]
    answer = make_response(body, known.status)
    answer.mimetype = "application/json"
    answer.headers[REPLAYED] = "true"
    if known.location:
        answer.headers["Location"] = known.location
    return answer


def _digest() -> str:
    parts = (request.method.encode(), request.full_path.encode(), request.get_data(cache=True))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
