"""Logs: one JSON object a line, each with its request's id, none with a person in it."""

import logging
import re
import sys
import threading
import time
from typing import Any, Final, TextIO

import structlog
from flask import Flask, Response, g, request

from engine.db import new_id
from web.redaction import redact, tell_exception

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
_log: Final = structlog.get_logger("chuishao.web")


def configure_logs(level: str, stream: TextIO | None = None) -> None:
    """Send everything that is logged, by structlog or by the standard library, as JSON lines to `stream`, or to
    standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_exception,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    render: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.JSONRenderer(),
    ]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=render))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    for chatty in ("apscheduler", "alembic", "werkzeug", "procrastinate", "psycopg"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def log_uncaught() -> None:
    """Log what nobody catches, in any thread, and warnings: Python would write them as they are, people and all."""

    def tell(found: Any) -> None:
        if found.exc_value is not None and not isinstance(found.exc_value, SystemExit):
            _log.critical("uncaught", exc_info=found.exc_value, thread=getattr(found.thread, "name", None))

    def end(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        _log.critical("uncaught", exc_info=error)

    def drop(found: Any) -> None:
        _log.error("uncaught", exc_info=found.exc_value)

    sys.excepthook, threading.excepthook, sys.unraisablehook = end, tell, drop
    logging.captureWarnings(True)


def init_logs(app: Flask, *, trusted: bool) -> None:
    """Give every request an id and one line of log: the route, never the path, which can carry a tracking code.

    Args:
        trusted: a proxy stands in front, whose `X-Request-ID` is taken over.
    """

    @app.before_request
    def _begin() -> None:
        given = request.headers.get("X-Request-ID", "") if trusted else ""
        g.request_id = given if _REQUEST_ID.fullmatch(given) else str(new_id())
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def _end(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.get("request_id", "")
        if request.endpoint not in ("static", "health.live", "health.ready"):
            route = request.url_rule.rule if request.url_rule else None
            took = round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1)
            _log.info("request", method=request.method, route=route, status=response.status_code, ms=took)
        return response
