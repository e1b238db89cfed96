"""What is taken out of a line of log before it is written: what identifies a resident, what they wrote, what opens a
door. By the name under which it lies, by its form wherever it stands, and out of what an exception says.
"""

import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any, Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from engine.errors import EngineError

#: Keys whose values never reach a log.
PERSONAL: Final = frozenset(
    {
        *("name", "phone", "email", "mobile", "address", "id_number", "personal", "person", "resident", "contact"),
        *("text", "title", "body", "subject", "html", "comment", "submitted", "draft", "original"),
        *("password", "pin", "tracking_code", "code", "token", "secret", "authorization", "cookie", "csrf_token"),
        *("query", "data", "facts", "values"),
    }
)
HIDDEN: Final = "[redacted]"
#: Frames of a traceback that are kept, the innermost; of causes, how many one after the other.
_FRAMES: Final = 30
_CAUSES: Final = 4
_LONGEST: Final = 500
#: Nothing of a word before it, nothing after it: an id or an instant is no telephone number.
_BEFORE, _AFTER = r"(?<![\w.:-])", r"(?![\w:-])"
_FORMS: Final = tuple(
    (re.compile(form, re.I), put)
    for form, put in (
        (r"(?<=://)[^/\s@\"']*@", f"{HIDDEN}@"),  # user and password in an address
        (r"[^\s<>\"'(:;,=]+@[^\s<>\"'):;,]+\.[^\s<>\"'):;,]+", HIDDEN),  # e-mail
        (rf"{_BEFORE}\d{{17}}[\dX]{_AFTER}", HIDDEN),  # identity card
        (rf"(?<![\w.:-])(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{{4}}[ -]?\d{{4}}{_AFTER}", HIDDEN),  # mobile telephone
        (rf"{_BEFORE}\(?0\d{{2,3}}\)?[ -]\d{{7,8}}{_AFTER}", HIDDEN),  # telephone at home
        (r"\b(?:whsec_|chs_)[\w+/=-]+", HIDDEN),  # secret of a webhook, token of a program
        (r"\bBearer\s+\S+", f"Bearer {HIDDEN}"),
        (r"((?:access_token|token|key|secret|password|sign|pin)=)[^&\s\"']+", rf"\1{HIDDEN}"),
        (r"/t/[^\s\"'?]+", f"/t/{HIDDEN}"),  # tracking code in a path
    )
)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the values of personal keys and what has a personal form, at any depth."""
    return {key: value if key.startswith("_") else _redacted(key, value) for key, value in event.items()}


def scrubbed(text: str) -> str:
    """Return a text without addresses, numbers of persons and secrets."""
    for form, put in _FORMS:
        text = form.sub(put, text)
    return text


def _redacted(key: str, value: Any) -> Any:
    if key.lower() in PERSONAL:
        return HIDDEN
    if isinstance(value, str):
        return scrubbed(value)
    if isinstance(value, Mapping):
        return {str(k): _redacted(str(k), v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted("", v) for v in value]
    if isinstance(value, BaseException):
        return f"{_kind(value)}: {_saying(value)}"
    return value if value is None or isinstance(value, int | float) else scrubbed(str(value))


def tell_exception(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put in place of an exception what it was and where it arose, with only such messages as hold no data."""
    found = event.pop("exc_info", None)
    if isinstance(found, tuple):
        error = found[1]
    elif isinstance(found, BaseException):
        error = found
    else:
        error = sys.exc_info()[1] if found else None
    if error is not None:
        event["exception"] = _told(error, _CAUSES)
    return event


def _told(error: BaseException, causes: int) -> dict[str, Any]:
    said: dict[str, Any] = {"type": _kind(error), "says": _saying(error), "at": _frames(error.__traceback__)}
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and causes > 0:
        said["cause"] = _told(cause, causes - 1)
    return said


def _kind(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _saying(error: BaseException) -> str:
    """Return what may be repeated of a message. Others name values: a person, what they wrote."""
    if isinstance(error, EngineError):
        return f"{error.code}: {error.template}"
    if isinstance(error, OperationalError | InterfaceError):
        return scrubbed(str(error.orig))[:_LONGEST]  # the server, not a row
    if isinstance(error, DBAPIError):
        return str(getattr(error.orig, "sqlstate", None) or type(error.orig).__name__)
    if isinstance(error, OSError) and error.strerror:
        return str(error.strerror)
    return HIDDEN


def _frames(trace: TracebackType | None) -> list[str]:
    """Return where it went through, the innermost last: `engine/db.py:41 writing`; paths without the machine's own."""
    frames = traceback.extract_tb(trace)[-_FRAMES:]
    return [f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno} {frame.name}" for frame in frames]
