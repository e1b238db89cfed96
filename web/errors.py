"""The one place that maps what went wrong to a status, and says it as a page, a fragment or problem+json (RFC 9457)."""

import sqlite3
from typing import Final

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_babel import gettext, lazy_gettext
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException

from engine.errors import Conflict, EngineError, Forbidden, Invalid, NotFound, Unavailable
from web import database
from web.redaction import scrubbed
from web.words import say

_log: Final = structlog.get_logger("chuishao.web")

STATUS: Final[dict[type[EngineError], int]] = {
    NotFound: 404,
    Forbidden: 403,
    Conflict: 409,
    Invalid: 422,
    Unavailable: 503,
}
TITLES: Final = {
    400: lazy_gettext("这个请求无法读取"),
    401: lazy_gettext("请先登录"),
    403: lazy_gettext("您不能打开或改动这一项"),
    404: lazy_gettext("没有这个页面"),
    405: lazy_gettext("这里不能这样操作"),
    409: lazy_gettext("情况已经变了"),
    413: lazy_gettext("内容太大"),
    415: lazy_gettext("内容的类型不对"),
    422: lazy_gettext("有内容需要更正"),
    429: lazy_gettext("操作太频繁"),
    500: lazy_gettext("系统出了问题"),
    503: lazy_gettext("暂时无法使用"),
}
#: what to do when the error itself does not say it
ADVICE: Final = {
    400: lazy_gettext("页面可能打开得太久了。请返回，重新载入页面，再提交一次。"),
    403: lazy_gettext("没有任何改动。如果工作需要，请联系管理员。"),
    404: lazy_gettext("地址可能写错了，或者这件事项已不再对您开放。"),
    405: lazy_gettext("请返回，使用页面上的按钮操作。"),
    413: lazy_gettext("没有保存任何内容。请减少文件，或换小一些的文件。"),
    429: lazy_gettext("没有任何改动。请等一分钟再试。"),
    500: lazy_gettext("这一步没有保存。请再试一次；如果仍然这样，请把下面的编号告诉运维员。"),
    503: lazy_gettext("先前已确认的内容都在。请过一分钟再试。"),
}

#: what no waiting mends
FULL: Final = lazy_gettext("存放数据的磁盘已满，这一步没有保存；先前已确认的内容都在。请告诉运维员，腾出空间后再试。")
#: PostgreSQL's name for it (Source: PostgreSQL documentation, appendix A, class 53)
_DISK_FULL: Final = "53100"
_READ_ONLY: Final = "25006"

#: the same for programs, which have no page to go back to
ADVICE_TO_PROGRAMS: Final = {
    404: lazy_gettext("这个地址没有对应的接口。接口说明见 /api/v1/openapi.json。"),
    405: lazy_gettext("这个地址不接受这个方法；接受哪些见 Allow。"),
    413: lazy_gettext("请求内容太大，没有任何改动。"),
}
#: facts of an error that a program reads beside the sentence: what is wrong with which element, who was first and when
_TOLD: Final = ("findings", "who", "when")


def status_of(error: EngineError) -> int:
    """Return the HTTP status of an engine error's family."""
    return next((status for family, status in STATUS.items() if isinstance(error, family)), 500)


def init_errors(app: Flask) -> None:
    """Answer every error of `app` in the reader's language and the form that was asked for."""
    app.register_error_handler(EngineError, _engine)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(TimeoutError, _database)
    app.register_error_handler(InternalError, lambda error: (_database if _reads_only(error) else _unexpected)(error))
    app.register_error_handler(Exception, _unexpected)


def _engine(error: EngineError) -> Response:
    database.db.session.rollback()
    return problem(status_of(error), error.code, say(error), error.facts)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    advice = (ADVICE | ADVICE_TO_PROGRAMS) if wants_json() else ADVICE
    answer = problem(status, f"http-{status}", str(advice.get(status, error.description or "")), {})
    for name, value in error.get_headers():
        if name.lower() in ("retry-after", "allow", "www-authenticate"):
            answer.headers[name] = value
    return answer


def _database(error: DBAPIError | TimeoutError) -> Response:
    reason = str(error.orig).partition("\n")[0] if isinstance(error, DBAPIError) else "every connection is taken"
    _log.error("database unavailable", error=type(error).__name__, reason=scrubbed(reason))
    _forget_session()
    if _is_full(error):
        answer = problem(503, "storage-full", str(FULL), {})
    else:
        answer = problem(503, "database-unavailable", str(ADVICE[503]), {})
    answer.headers["Retry-After"] = "30"
    return answer


def _is_full(error: DBAPIError | TimeoutError) -> bool:
    """Has the database no room left? SQLite numbers its errors, PostgreSQL names their state."""
    said = getattr(error, "orig", None)
    return getattr(said, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL or getattr(said, "sqlstate", "") == _DISK_FULL


def _reads_only(error: InternalError) -> bool:
    """Is the server one that takes no writes: a standby, or one that somebody has closed for a while?"""
    return getattr(error.orig, "sqlstate", "") == _READ_ONLY


def _unexpected(error: Exception) -> Response:
    _log.exception("unexpected error", endpoint=request.endpoint)
    _forget_session()
    return problem(500, "unexpected", str(ADVICE[500]), {})


def _forget_session() -> None:
    """Drop the session, and with it the reader: an error page must not ask the database who is reading it."""
    g.database_gone = True
    g.pop("_login_user", None)  # where Flask-Login keeps who was read already; asked again, it finds nobody
    try:
        database.db.session.remove()
    except DBAPIError:
        _log.warning("session could not be closed")


def wants_json() -> bool:
    """Whether the request is a program's."""
    if request.path.startswith("/api/"):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def problem(status: int, code: str, message: str, facts: dict[str, object]) -> Response:
    """Return the answer that says `message`: problem+json to programs, a fragment to htmx, a page to people."""
    title = str(TITLES.get(status, gettext("没有办成")))
    request_id = g.get("request_id", "")
    if wants_json():
        body: dict[str, object] = {"type": f"urn:chuishao:problem:{code}", "title": title, "status": status}
        body |= {"detail": message, "code": code, "request_id": request_id}
        if isinstance(facts.get("fields"), dict):
            body["errors"] = facts["fields"]
        body |= {name: facts[name] for name in _TOLD if facts.get(name)}
        answer = make_response(jsonify(body), status)
        answer.mimetype = "application/problem+json"
        return answer
    template = "errors/fragment.html" if request.headers.get("HX-Request") else "errors/page.html"
    text = render_template(template, status=status, title=title, message=message, request_id=request_id)
    return make_response(text, status)
