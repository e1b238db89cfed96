"""Is it alive, is it ready, and what are its figures."""

import hmac
import ipaddress
import time
from typing import Final

from flask import Blueprint, Flask, Response, current_app, g, jsonify, make_response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import NotFound
from engine.figures import figures
from engine.heartbeats import heartbeats
from engine.queueing.presence import queue_figures
from web import current, database
from web.auth.access import public
from web.carrying import carrier_of
from web.guard import csrf, limiter

blueprint: Final = Blueprint("health", __name__)


class Figures:
    """Counters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["endpoint", "method", "status"]
        self.requests = Counter("chuishao_requests", "Requests answered", labels, registry=self.registry)
        self.due_lag = Gauge("chuishao_due_lag_seconds", "Since when the oldest due work waits", registry=self.registry)
        self.outbox = Gauge("chuishao_outbox", "Notices to be sent", registry=self.registry)
        self.outbox_age = Gauge(
            "chuishao_outbox_age_seconds", "Since when the oldest notice to be sent waits", registry=self.registry
        )
        self.dead = Gauge("chuishao_dead_notices", "Notices given up", registry=self.registry)
        self.held = Gauge("chuishao_notices_held", "1 while nothing is sent, after a restore", registry=self.registry)
        self.depth = Gauge(
            "chuishao_queue_depth", "Timers, rungs and notices that are due now", ["queue"], registry=self.registry
        )
        self.oldest = Gauge(
            "chuishao_oldest_job_seconds", "Since when the oldest of them is due", ["queue"], registry=self.registry
        )
        self.retries = Gauge(
            "chuishao_retries", "What failed and will be tried again", ["queue"], registry=self.registry
        )
        self.completions = Counter("chuishao_completions", "Tasks completed by this process", registry=self.registry)
        self.incidents = Gauge("chuishao_incidents", "Failed steps that wait for a person", registry=self.registry)
        self.schedulers = Gauge("chuishao_schedulers", "Schedulers that live", registry=self.registry)
        self.workers = Gauge("chuishao_workers", "Workers that live", registry=self.registry)
        self.jobs = Gauge("chuishao_jobs", "Jobs in the queue that workers share", ["state"], registry=self.registry)
        ticks = ["scheduler", "tick"]
        self.tick_seconds = Gauge(
            "chuishao_tick_seconds", "How long a scheduler's last tick took", ticks, registry=self.registry
        )
        self.tick_failures = Gauge(
            "chuishao_tick_failures", "How often a tick failed since it last did not", ticks, registry=self.registry
        )
        self.seconds = Histogram("chuishao_request_seconds", "Time to answer", ["endpoint"], registry=self.registry)


def init_health(app: Flask) -> None:
    """Give `app` its probes and count its requests."""
    gauges = Figures()
    app.extensions["chuishao.figures"] = gauges
    with app.app_context():
        current.runtime().hooks.completed = gauges.completions.inc
    app.register_blueprint(blueprint)
    limiter.exempt(blueprint)
    csrf.exempt(blueprint)

    @app.after_request
    def _count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        gauges.requests.labels(endpoint, request.method, str(response.status_code)).inc()
        gauges.seconds.labels(endpoint).observe(time.perf_counter() - g.get("began", time.perf_counter()))
        return response


@blueprint.get("/livez")
@public
def live() -> Response:
    """Answer that the process runs."""
    return make_response(jsonify(status="ok"))


@blueprint.get("/readyz")
@public
def ready() -> Response:
    """Answer 200 when the database answers and a scheduler ticks, here or elsewhere; else 503 with what is missing."""
    checks = {"database": _database_answers(), "scheduler": _scheduler_ticks()}
    good = all(state in ("ok", "elsewhere") for state in checks.values())
    return make_response(jsonify(status="ok" if good else "unavailable", checks=checks), 200 if good else 503)


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Answer the figures in Prometheus' text format, to this machine or to who has the token."""
    if not _may_read_metrics():
        raise NotFound("metrics-closed", "There is no such page.")
    gauges: Figures = current_app.extensions["chuishao.figures"]
    _measure(gauges)
    return Response(generate_latest(gauges.registry), content_type=CONTENT_TYPE_LATEST)


def _measure(gauges: Figures) -> None:
    """Read what every process can tell: how far behind things are, and how the schedulers do."""
    session, carrier = current.session(), carrier_of(current_app)
    behind = carrier.figures() if carrier is not None else figures(session, current.now())
    gauges.due_lag.set(behind.due_lag.total_seconds())
    gauges.outbox.set(behind.outbox)
    gauges.outbox_age.set(behind.outbox_age.total_seconds())
    gauges.dead.set(behind.dead)
    gauges.incidents.set(behind.incidents)
    gauges.held.set(behind.held)
    for name, queue in behind.queues.items():
        gauges.depth.labels(name).set(queue.depth)
        gauges.oldest.labels(name).set(queue.age.total_seconds())
    for name, count in behind.retries.items():
        gauges.retries.labels(name).set(count)
    shared = queue_figures(session)
    gauges.workers.set(shared.workers if shared else 0)
    for state in ("waiting", "doing", "failed"):
        gauges.jobs.labels(state).set(getattr(shared, state) if shared else 0)
    alive = [each for each in heartbeats(session) if each.is_alive]
    gauges.schedulers.set(len(alive))
    for gauge in (gauges.tick_seconds, gauges.tick_failures):
        gauge.clear()  # those that are gone
    for each in alive:
        for name, tick in each.ticks.items():
            gauges.tick_seconds.labels(each.name, name).set(tick["seconds"])
            gauges.tick_failures.labels(each.name, name).set(tick["failures"])


def _may_read_metrics() -> bool:
    token = current.settings().metrics_token
    if token:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    if request.headers.get("X-Forwarded-For") or not request.remote_addr:
        return False  # a proxy on this machine speaks for somebody elsewhere
    return ipaddress.ip_address(request.remote_addr).is_loopback


def _database_answers() -> str:
    try:
        current.session().execute(text("SELECT 1"))
    except SQLAlchemyError:
        database.db.session.remove()
        return "does not answer"
    return "ok"


def _scheduler_ticks() -> str:
    carrier = carrier_of(current_app)
    if carrier is not None:
        return "ok" if carrier.ticks else "does not tick"
    try:
        alive = any(each.is_alive for each in heartbeats(current.session()))
    except SQLAlchemyError:
        database.db.session.remove()
        return "not known"
    return "elsewhere" if alive else "none ticks"
