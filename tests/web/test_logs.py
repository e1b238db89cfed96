import json
import logging

import pytest
import structlog
from flask import Flask

from web.logs import configure_logs, redact


def test_personal_values_are_redacted_at_any_depth() -> None:
    event = {
        "event": "filed",
        "phone": "13800000000",
        "more": {"Name": "李明", "rows": [{"pin": "123456", "unit": "water"}]},
    }
    assert redact(None, "info", event) == {
        "event": "filed",
        "phone": "[redacted]",
        "more": {"Name": "[redacted]", "rows": [{"pin": "[redacted]", "unit": "water"}]},
    }


def test_request_is_logged_by_route_and_not_by_path(app: Flask, capfd: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")
    try:
        app.test_client().get("/sign-in?next=/follow/SECRET-CODE")
        logging.getLogger("some.library").warning("plain")
        structlog.get_logger("x").info("hello", address="三号楼")
    finally:
        configure_logs("ERROR")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    request = next(line for line in lines if line["event"] == "request")
    assert request["route"] == "/sign-in"
    assert len(request["request_id"]) == 36
    assert "SECRET-CODE" not in str(lines)
    assert "三号楼" not in str(lines)
    assert any(line["event"] == "plain" for line in lines)
