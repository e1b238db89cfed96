"""What real processes write while things go wrong: lines of JSON, each with its ids, none with anything of a person."""

import json
import urllib.error
import urllib.parse
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from engine.cases.models import Case
from engine.notices import Notice
from engine.organisation.passwords import hash_password
from engine.queueing.presence import count_workers
from tests.faults import test_failpoints
from tests.faults.commands import running
from tests.faults.test_failpoints import LATE, Site, free_port
from tests.faults.test_older_code import Browser, wait_for
from tests.web.browsing import PASSWORD

site = test_failpoints.site
pytestmark = [pytest.mark.faults, pytest.mark.slow]

#: what residents and staff type, and what is known of them
OF_PEOPLE: Final = {
    "name": "司马相如", "phone": "13912345678", "email": "sima@example.org", "address": "桃花巷九号",
    "text": "邻居每晚敲墙", "code": "QX7K-9M2P",
}  # fmt: skip
STAFF: Final = ("supervisor@qinghe.example", "community@qinghe.example", PASSWORD)
SAID: Final = " ".join(OF_PEOPLE.values())


def lines(log: Path) -> list[dict[str, Any]]:
    """What a process wrote, as a program reads it; that it begins is said to people."""
    text = log.read_text(encoding="utf-8")
    leaked = {word for word in (*OF_PEOPLE.values(), *STAFF) if word in text}
    assert leaked == set(), text
    return [json.loads(line) for line in text.splitlines() if not line.lower().startswith("chuishao")]


def about(found: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    return [line for line in found if line["event"] == event]


def refuse_comments(site: Site) -> None:
    """Let the database refuse each comment; PostgreSQL repeats the whole row as it does."""
    if site.is_postgres:
        site.run("ALTER TABLE comment ADD CONSTRAINT none_today CHECK (false) NOT VALID")
    else:
        site.run("CREATE TRIGGER none_today BEFORE INSERT ON comment BEGIN SELECT RAISE(ABORT, 'CHECK'); END")


def allow_comments(site: Site) -> None:
    site.run("ALTER TABLE comment DROP CONSTRAINT none_today" if site.is_postgres else "DROP TRIGGER none_today")


def refused(ask: Callable[[], object], status: int) -> None:
    with pytest.raises(AssertionError, match=f": {status}\n"):
        ask()


def ask_for_trouble(port: int, case: Case) -> None:
    """Put what is known of people wherever a request has room for it, and into a row that is refused."""
    stranger, words = Browser(port), urllib.parse.quote(SAID)
    refused(lambda: stranger.get(f"/t/{OF_PEOPLE['code']}"), 404)
    refused(lambda: stranger.get(f"/{words}?q={words}"), 404)
    page = stranger.get("/sign-in")
    refused(lambda: stranger.send("/sign-in", page, login=OF_PEOPLE["phone"], password=SAID), 422)
    refused(lambda: stranger.send("/follow", stranger.get("/follow"), number=SAID[:30], pin=OF_PEOPLE["code"]), 422)
    person = Browser(port)
    person.send("/sign-in", person.get("/sign-in"), login="community", password=PASSWORD)
    page = person.get(f"/cases/{case.id}")
    refused(lambda: person.get(f"/search?q={words}"), 422)
    refused(lambda: person.send(f"/cases/{case.id}/comments", page, text=SAID.replace(OF_PEOPLE["email"], "")), 500)


def test_nothing_of_a_person_is_written_by_pages_that_fail(site: Site, tmp_path: Path) -> None:
    env, log, port = debugging(site, tmp_path), tmp_path / "web.log", free_port()
    site.start(LATE, 1, datetime.now(UTC))
    with site.sessions() as session:
        case = session.scalars(sa.select(Case).order_by(Case.id.desc())).first()
        assert case is not None
        hashed = hash_password(PASSWORD)
        session.execute(sa.text("UPDATE staff SET password_hash = :hashed"), {"hashed": hashed})
        session.commit()
    refuse_comments(site)
    try:
        with running(["web", "--port", str(port)], env, log) as web:
            wait_for(lambda: _answers(port) or not web.process.is_alive(), "pages are served")
            ask_for_trouble(port, case)
            assert web.stop() == 0
    finally:
        allow_comments(site)
    found = lines(log)
    (broken,) = about(found, "unexpected error")
    assert broken["exception"]["type"].endswith("IntegrityError")
    assert (broken["case_id"], len(broken["request_id"])) == (str(case.id), 36)
    assert all(line.get("request_id") for line in about(found, "request"))
    assert about(found, "request")[-1]["case_id"] == str(case.id)


def test_nothing_of_a_person_is_written_by_schedulers_and_workers_that_fail(site: Site, tmp_path: Path) -> None:
    env, logs = debugging(site, tmp_path), [tmp_path / "scheduler.log", tmp_path / "worker.log"]
    site.mails.refused = f"550 5.1.1 <{STAFF[0]}> {SAID} is not known here"
    site.late(2)
    point = "timer-before-commit=error"
    try:
        with ExitStack() as stack:
            commands = []
            if site.is_postgres:
                commands.append(stack.enter_context(running(["worker"], env, logs[1], point)))
                wait_for(lambda: workers(site) == 1, "a worker works")
            commands.append(stack.enter_context(running(["scheduler"], env, logs[0], point)))
            wait_for(lambda: refusals(site) >= 2, "mails are refused")
            wait_for(lambda: failures(site) >= 2, "timers fail")
            assert [command.stop() for command in commands] == [0] * len(commands)
    finally:
        site.mails.refused = ""
    found = [line for log in logs if log.exists() for line in lines(log)]
    assert any("exception" in line for line in found), "what failed is told"
    told = [line for line in found if "notice" in line]
    assert told
    assert all(line["case_id"] and ("tick_id" in line or "job_id" in line) for line in told)
    failed = about(found, "timer.failed")
    assert failed
    assert all(line["case_id"] and ("job_id" if site.is_postgres else "tick_id") in line for line in failed)


def debugging(site: Site, folder: Path) -> Path:
    """The site's settings, with everything logged that can be."""
    env = folder / "debug.env"
    env.write_text(site.env.read_text().replace("LOG_LEVEL=WARNING", "LOG_LEVEL=DEBUG"))
    return env


def refusals(site: Site) -> int:
    with site.sessions() as session:
        return session.scalar(sa.select(sa.func.count()).where(Notice.error.is_not(None))) or 0


def failures(site: Site) -> int:
    return site.number("SELECT count(*) FROM timer WHERE attempts > 0 AND state = 'waiting'")


def workers(site: Site) -> int:
    with site.sessions() as session:
        return count_workers(session)


def _answers(port: int) -> bool:
    try:
        return "ok" in Browser(port).get("/livez")
    except (OSError, urllib.error.URLError):
        return False
