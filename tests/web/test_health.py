import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from config import Settings
from engine.audit import Actor
from engine.db import new_id, writing
from engine.db import sessions as session_factory
from engine.deadlines.models import Timer
from engine.heartbeats import SILENCE, SchedulerRow, beat
from engine.organisation.models import Staff
from engine.tasks import WorkItem
from tests.bench import morning
from tests.fakes import ManualClock
from web import create_app, current
from web.carrying import Carrier, channels


@pytest.fixture
def app(fresh_app: Flask) -> Flask:
    """An application of its own: figures count from its making, and what its process carries belongs to it."""
    return fresh_app


def test_probes_answer_without_signing_in(client: FlaskClient) -> None:
    assert client.get("/livez").json == {"status": "ok"}
    answer = client.get("/readyz")
    assert answer.json is not None
    assert answer.json["checks"]["database"] == "ok"


def test_figures_are_for_this_machine(client: FlaskClient) -> None:
    client.get("/sign-in")
    answer = client.get("/metrics")
    assert 'chuishao_requests_total{endpoint="auth.sign_in",method="GET",status="200"} 1.0' in answer.text
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404


def test_figures_are_for_who_has_the_token(settings: Settings) -> None:
    app = create_app(dataclasses.replace(settings, metrics_token="t" * 20))
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    client = app.test_client()
    assert (
        client.get("/metrics", headers={"Authorization": "Bearer " + "t" * 20}, environ_base=elsewhere).status_code
        == 200
    )
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics").status_code == 404


def test_readiness_says_whether_the_scheduler_ticks(app: Flask) -> None:
    client = app.test_client()
    Carrier(app)  # put together, and never started
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["checks"]["scheduler"] == "does not tick"
    assert "chuishao_due_lag_seconds 0.0" in client.get("/metrics").text


def test_a_process_without_a_scheduler_knows_whether_one_lives_elsewhere(app: Flask, session: Session) -> None:
    client = app.test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (
        503, {"status": "unavailable", "checks": {"database": "ok", "scheduler": "none ticks"}}
    )  # fmt: skip
    assert "chuishao_schedulers 0.0" in client.get("/metrics").text
    ticks = {"timers": {"seconds": 1.5, "failures": 2}}
    beat(session, new_id(), "node-2:7", ticks=ticks)
    assert client.get("/readyz").json == {"status": "ok", "checks": {"database": "ok", "scheduler": "elsewhere"}}
    figures = client.get("/metrics").text
    assert "chuishao_schedulers 1.0" in figures
    assert 'chuishao_tick_seconds{scheduler="node-2:7",tick="timers"} 1.5' in figures
    assert 'chuishao_tick_failures{scheduler="node-2:7",tick="timers"} 2.0' in figures
    with writing(session):
        session.execute(update(SchedulerRow).values(ticked_at=datetime.now(UTC) - SILENCE))
    assert client.get("/readyz").status_code == 503
    figures = client.get("/metrics").text
    assert "chuishao_schedulers 0.0" in figures
    assert "node-2:7" not in figures


def test_what_is_due_and_not_done_is_told_by_queue(database: Engine, settings: Settings) -> None:
    morning.fill(database, 3)
    client = create_app(settings, clock=ManualClock(morning.DUE - timedelta(seconds=1))).test_client()
    assert 'chuishao_queue_depth{queue="timers"} 0.0' in client.get("/metrics").text
    client = create_app(settings, clock=ManualClock(morning.DUE + timedelta(seconds=90))).test_client()
    figures = client.get("/metrics").text
    for line in (
        "chuishao_due_lag_seconds 90.0", 'chuishao_queue_depth{queue="timers"} 3.0',
        'chuishao_oldest_job_seconds{queue="timers"} 90.0', 'chuishao_queue_depth{queue="rungs"} 0.0',
        "chuishao_completions_total 0.0", "chuishao_notices_held 0.0",
    ):  # fmt: skip
        assert line in figures
    with session_factory(database)() as session, writing(session):
        session.execute(update(Timer).values(attempts=1))
        item_id, staff = session.scalars(select(WorkItem.id)).first(), session.scalars(select(Staff)).all()
    assert 'chuishao_retries{queue="timers"} 3.0' in client.get("/metrics").text
    actor = Actor.staff(next(each for each in staff if each.login == morning.READER))
    with client.application.app_context():
        assert item_id is not None
        current.runtime().complete(current.session(), item_id, {}, actor=actor, now=morning.DUE)
    assert "chuishao_completions_total 1.0" in client.get("/metrics").text


def test_mail_leaves_only_where_a_server_is_named(settings: Settings) -> None:
    assert set(channels(settings)) == {"app"}
    assert set(channels(dataclasses.replace(settings, smtp_url="smtp://127.0.0.1:2525"))) == {"app", "email"}
