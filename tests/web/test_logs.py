"""What is logged: ids of what it belongs to, and nothing of a person, whoever logs it and however it went wrong."""

import json
import logging
import os
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import SystemClock
from engine.dispatcher import EmbeddedDispatcher
from engine.errors import Invalid
from engine.instances.runtime import Runtime
from engine.notices import NoticeTexts, Outgoing, Recipient, notify
from engine.tracing import about_case, piece_of_work, tick
from tests.factories import District, make_case
from tests.web.browsing import sign_in
from web.logs import configure_logs
from web.redaction import redact, scrubbed


@pytest.fixture
def lines() -> Iterator[Any]:
    """What was logged since it was asked last, as a program reads it."""
    structlog.contextvars.clear_contextvars()
    stream = StringIO()

    def read() -> list[Any]:
        found = [json.loads(line) for line in stream.getvalue().splitlines()]
        stream.seek(0)
        stream.truncate()
        return found

    configure_logs("INFO", stream)
    try:
        yield read
    finally:
        configure_logs("ERROR")
        structlog.contextvars.clear_contextvars()


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


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("550 <li.mei@example.cn> unknown", "550 <[redacted]> unknown"),
        ("call 138 0013 8000 now", "call [redacted] now"),
        ("to +8613800138000", "to [redacted]"),
        ("0512-65123456 rang", "[redacted] rang"),
        ("id 110105194912310029", "id [redacted]"),
        ("id 11010519491231002X.", "id [redacted]."),
        ("postgresql://chuishao:secret@db/x", "postgresql://[redacted]@db/x"),
        ("GET /t/AB12-CD34?x", "GET /t/[redacted]?x"),
        ("https://oapi.example/robot/send?access_token=abc123&x=1", "https://oapi.example/robot/send?access_token=[redacted]&x=1"),
        ("Authorization: Bearer chs_abc", "Authorization: Bearer [redacted]"),
        ("signed with whsec_MfKQ9r8GKYqr+/==", "signed with [redacted]"),
        # what is none of it stays readable
        ("case 01935b2a-7c11-7abc-8def-138001380001", "case 01935b2a-7c11-7abc-8def-138001380001"),
        ("2026-03-18T02:00:00.138001+00:00", "2026-03-18T02:00:00.138001+00:00"),
        ("SQ2026-000123 took 13.8 ms", "SQ2026-000123 took 13.8 ms"),
        ("count 13800138000123456789", "count 13800138000123456789"),
    ],
)  # fmt: skip
def test_what_has_a_personal_form_is_taken_out_wherever_it_stands(said: str, written: str) -> None:
    assert scrubbed(said) == written


def _refused() -> None:
    raise smtplib.SMTPRecipientsRefused({"li@example.cn": (550, b"no such user")})


def _value() -> None:
    int("李明")


def _invalid() -> None:
    raise Invalid("name-wrong", "{name} is no name. Correct it.", name="李明")


def _caused() -> None:
    try:
        _value()
    except ValueError as error:
        raise RuntimeError("李明 has no number") from error


def _gone() -> None:
    os.stat("/nowhere/李明")


@pytest.mark.parametrize(
    ("breaks", "kind", "says"),
    [
        (_refused, "smtplib.SMTPRecipientsRefused", "[redacted]"),
        (_value, "ValueError", "[redacted]"),
        (_invalid, "engine.errors.Invalid", "name-wrong: {name} is no name. Correct it."),
        (_caused, "RuntimeError", "[redacted]"),
        (_gone, "FileNotFoundError", "No such file or directory"),
    ],
)
@pytest.mark.parametrize("library", [False, True])
def test_an_exception_says_what_and_where_and_not_of_whom(
    lines: Any, breaks: Any, kind: str, says: str, library: bool
) -> None:
    log: Any = logging.getLogger("some.library") if library else structlog.get_logger("x")
    try:
        breaks()
    except Exception:
        log.exception("it broke")
    (line,) = lines()
    assert line["exception"]["type"] == kind
    assert line["exception"]["says"] == says
    assert line["exception"]["at"][-1].endswith(breaks.__name__) or breaks is _caused
    assert "李明" not in str(line)
    assert "li@example.cn" not in str(line)
    if breaks is _caused:
        assert line["exception"]["cause"]["type"] == "ValueError"


def test_a_refused_row_is_not_repeated(lines: Any, session: Session) -> None:
    try:
        session.execute(text("INSERT INTO staff (id, name) VALUES ('x', '李明')"))
    except DBAPIError:
        structlog.get_logger("x").exception("not written")
    session.rollback()
    (line,) = lines()
    assert "李明" not in str(line)


def test_request_is_logged_by_route_and_not_by_path(app: Flask, lines: Any) -> None:
    app.test_client().get("/sign-in?next=/follow/SECRET-CODE")
    logging.getLogger("some.library").warning("plain %s", "li@example.cn")
    structlog.get_logger("x").info("hello", address="三号楼")
    found = lines()
    request = next(line for line in found if line["event"] == "request")
    assert request["route"] == "/sign-in"
    assert len(request["request_id"]) == 36
    assert "SECRET-CODE" not in str(found)
    assert "三号楼" not in str(found)
    assert any(line["event"] == "plain [redacted]" for line in found)


def test_a_request_about_a_case_says_which_and_the_next_one_does_not(
    app: Flask, session: Session, district: District, lines: Any
) -> None:
    client, case = app.test_client(), make_case(session, place=district.unit("willow"))
    sign_in(client, "community")
    lines()
    client.get(f"/cases/{case.id}")
    client.get("/notices")
    about, other = (line for line in lines() if line["event"] == "request")
    assert about["case_id"] == str(case.id)
    assert "case_id" not in other
    assert about["request_id"] != other["request_id"]


def test_a_piece_of_work_keeps_its_ids_to_itself(lines: Any) -> None:
    log = structlog.get_logger("x")
    with piece_of_work(tick="timers"):
        with piece_of_work(timer="t1"):
            about_case(None)
            log.info("first")
        with piece_of_work(timer="t2"):
            log.info("second")
        log.info("after")
    log.info("outside")
    ids = [{name: line[name] for name in ("tick", "timer") if name in line} for line in lines()]
    assert ids == [{"tick": "timers", "timer": "t1"}, {"tick": "timers", "timer": "t2"}, {"tick": "timers"}, {}]


class Breaks:
    """A channel with a mistake of its own."""

    def send(self, notice: Outgoing) -> None:
        raise ValueError(f"cannot reach {notice.address}")


def test_a_tick_says_of_which_notice_and_case_it_speaks(
    sessions: sessionmaker[Session], session: Session, district: District, lines: Any
) -> None:
    case = make_case(session, place=district.unit("willow"))
    staff, now = district.person("handler"), SystemClock().now()
    texts = NoticeTexts(key="overdue", sources={"zh_CN": "Subject: x\n\ny\n"})
    (made,) = notify(
        session, key="k", jurisdiction=case.jurisdiction, case_id=case.id, template="overdue", texts=texts, facts={},
        link="", now=now, recipients=[Recipient(staff_id=staff.id, channels={"email": "lead@example.org"})],
    )  # fmt: skip
    session.commit()
    dispatcher = EmbeddedDispatcher(
        sessions=sessions, runtime=Runtime(), channels={"email": Breaks()}, clock=SystemClock()
    )
    with tick("notices"):
        dispatcher.send_notices()
    dispatcher.stop()
    (line,) = (line for line in lines() if line["event"] == "notice.channel_failed")
    assert (line["notice"], line["case_id"], line["tick"]) == (str(made.id), str(case.id), "notices")
    assert len(line["tick_id"]) == 36
    assert "lead@example.org" not in str(line)


@pytest.mark.parametrize(
    "breaks",
    [
        "raise ValueError('李明')",
        "import threading; t = threading.Thread(target=int, args=('李明',)); t.start(); t.join()",
        "import warnings; warnings.warn('li@example.cn')",
    ],
    ids=["uncaught", "in a thread", "warning"],
)
def test_what_nobody_catches_is_a_line_like_the_others(breaks: str) -> None:
    code = f"from web.logs import configure_logs, log_uncaught; configure_logs('INFO'); log_uncaught(); {breaks}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    (line,) = map(json.loads, done.stderr.splitlines())
    assert line["level"] in ("critical", "warning")
    assert "李明" not in done.stderr
    assert "li@example.cn" not in done.stderr
