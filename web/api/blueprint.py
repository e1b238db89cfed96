"""How the API reads requests and describes itself: flask-smorest, with our errors and without its own."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, NoReturn, TypeVar

import flask_smorest
import orjson
from flask import Request, Response, abort, request, url_for
from flask_babel import gettext
from marshmallow import Schema, ValidationError
from webargs.core import is_json, missing
from webargs.flaskparser import FlaskParser

from engine.definitions.package import MAX_BYTES
from engine.errors import EngineError, Invalid
from engine.forms.messages import N_
from web.api.keys import PARAMETER
from web.api.schemas import ProblemSchema
from web.errors import problem, status_of
from web.words import say

View = TypeVar("View", bound=Callable[..., Any])

#: bytes of a JSON body
JSON_LIMIT: Final = 2 * 2**20
#: bytes of a package; more is never unpacked
ZIP_LIMIT: Final = MAX_BYTES
_MEANINGS: Final = {
    400: "the body is no JSON",
    401: "no token, or none that is in force",
    403: "the token's holder may not do this",
    404: "there is no such thing, or the holder may not know of it",
    409: "somebody was first, or the thing is in another state",
    413: "the body is too large",
    415: "the body is of another type",
    422: "what was sent cannot be used",
    503: "something that is needed does not answer; the same request may succeed later",
}
#: what marshmallow says by itself, for translators
_BY_MARSHMALLOW: Final = (
    N_("Missing data for required field."),
    N_("Field may not be null."),
    N_("Unknown field."),
    N_("Not a valid string."),
    N_("Not a valid integer."),
    N_("Not a valid boolean."),
    N_("Not a valid mapping type."),
)
_CHALLENGE: Final = {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}}


def refuse(status: int, error: EngineError) -> NoReturn:
    """End the request with a status that is none of an error's family, such as 400."""
    abort(problem(status, error.code, say(error), error.facts))


def refusal(error: EngineError) -> Response:
    """Return the answer that says `error`, for a view whose transaction is to be kept all the same."""
    return problem(status_of(error), error.code, say(error), error.facts)


def created(body: Any, endpoint: str, **values: Any) -> tuple[Any, int, dict[str, str]]:
    """Return the answer that something was made, and the path under which `endpoint` reads it."""
    return body, 201, {"Location": url_for(endpoint, **values)}


class _Parser(FlaskParser):
    """Reads strictly: JSON is JSON, and nothing goes through that the database cannot keep."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        req.max_content_length = JSON_LIMIT
        body = req.get_data(cache=True)
        if not body:
            return missing
        if not is_json(req.content_type):
            refuse(415, Invalid("body-not-json", "The body is not declared as JSON. Send Content-Type: {type}.",
                                type="application/json"))  # fmt: skip
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            refuse(400, Invalid("json-malformed", "The body is no JSON: {reason}.", reason=str(error)))
        if not isinstance(data, dict):
            raise Invalid("json-no-object", "The body is no JSON object.")
        _refuse_nul(data, "")
        return data

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        _refuse_nul(req.args.to_dict(flat=True), "")
        return super().load_querystring(req, schema)

    def handle_error(self, error: ValidationError, req: Request, schema: Schema, **_options: Any) -> NoReturn:
        """Say what is wrong with each field, by its path."""
        located: Mapping[str, Any] = error.messages  # type: ignore[assignment]  # {location: messages}
        fields: dict[str, list[str]] = {}
        for messages in located.values():
            _flatten(messages, "", fields)
        names = ", ".join(sorted(fields))
        raise Invalid(
            "request-invalid", "These fields cannot be used as they are: {names}.", names=names, fields=fields
        ) from error


def _flatten(messages: Any, path: str, found: dict[str, list[str]]) -> None:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            below = path if name == "_schema" else f"{path}.{name}".lstrip(".")
            _flatten(inner, below, found)
    else:
        texts = messages if isinstance(messages, list) else [messages]
        found.setdefault(path, []).extend(gettext(str(text)) for text in texts)


def _refuse_nul(value: Any, path: str) -> None:
    """PostgreSQL keeps no U+0000, and nobody means one."""
    if isinstance(value, str) and "\0" in value:
        raise Invalid(
            "request-invalid", "These fields cannot be used as they are: {names}.", names=path,
            fields={path: [gettext("Please remove the characters that cannot be stored.")]},
        )  # fmt: skip
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        if isinstance(name, str):
            _refuse_nul(name, path or "body")
        _refuse_nul(each, f"{path}.{name}".lstrip("."))


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """Operations of one subject. Each says by `problems` which errors it can answer."""

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(_document)

    @staticmethod
    def problems(*statuses: int) -> Callable[[View], View]:
        """Document the errors of an operation besides those that every one has."""

        def decorate(view: View) -> View:
            @wraps(view)
            def same(*args: Any, **kwargs: Any) -> Any:
                return view(*args, **kwargs)

            same._apidoc = getattr(view, "_apidoc", {}) | {"problems": statuses, "id": view.__name__}  # type: ignore[attr-defined]
            return same  # type: ignore[return-value]

        return decorate

    @staticmethod
    def zipped(view: View) -> View:
        """Let an operation take a zip as its body."""

        @wraps(view)
        def read(*args: Any, **kwargs: Any) -> Any:
            request.max_content_length = ZIP_LIMIT
            if request.content_length and request.mimetype not in ("application/zip", "application/octet-stream"):
                refuse(415, Invalid("body-not-zip", "The body is not declared as a zip. Send Content-Type: {type}.",
                                    type="application/zip"))  # fmt: skip
            return view(*args, **kwargs)

        read._apidoc = getattr(view, "_apidoc", {}) | {"zipped": True}  # type: ignore[attr-defined]
        return read  # type: ignore[return-value]


def _document(doc: dict[str, Any], info: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add to an operation's description what its decorators cannot say by themselves."""
    statuses = {401, 503, *info.get("problems", ())}
    if info.get("zipped"):
        kinds = ("application/zip", "application/octet-stream")
        content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
        doc["requestBody"] = {"required": True, "content": content}
        statuses |= {413, 415}
    elif "requestBody" in doc:
        statuses |= {400, 413, 415, 422}
    if info.get("keyed"):
        doc["parameters"] = [*doc.get("parameters", ()), PARAMETER]
        statuses |= {409, 422}
    if doc.get("parameters"):
        statuses.add(422)
    successes = {str(status): told for status, told in doc["responses"].items() if str(status).startswith("2")}
    doc["responses"] = successes | {str(status): _problem(status) for status in sorted(statuses)}
    doc["operationId"] = info.get("id", "")
    return doc


def _problem(status: int) -> dict[str, Any]:
    answer = {
        "description": _MEANINGS[status],
        "content": {"application/problem+json": {"schema": ProblemSchema}},
    }
    return answer | ({"headers": _CHALLENGE} if status == 401 else {})
