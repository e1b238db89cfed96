"""The description is true: Schemathesis calls every operation that it names, with good requests and bad ones."""

import re
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any, Final

import pytest
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from engine.organisation.models import Membership
from tests.factories import District
from tests.web.api.program import FILING, Program

#: A request of the right form may be refused for what it says: a place that is none, another task's form, no zip.
REFUSALS: Final = ["2xx", "401", "403", "404", "409", "422"]
#: what the run has to come upon, or it has tried too little
SEEN: Final = {
    "POST /api/v1/cases": {201, 401, 415, 422},
    "GET /api/v1/cases/{case_id}": {200, 401, 404},
    "GET /api/v1/cases/{case_id}/timeline": {200, 401, 404},
    "GET /api/v1/work-items": {200, 401, 422},
    "GET /api/v1/work-items/{item_id}": {200, 401, 404},
    "POST /api/v1/work-items/{item_id}/claim": {401, 404, 422},
    "POST /api/v1/work-items/{item_id}/release": {401, 404, 422},
    "POST /api/v1/work-items/{item_id}/complete": {401, 404, 422},
    "GET /api/v1/processes": {200, 401},
    "GET /api/v1/processes/{version_id}": {200, 401, 404},
    "POST /api/v1/processes": {401, 422},
}


@pytest.fixture
def everybody(session: Session, district: District, program: Callable[[str], Program]) -> Program:
    """A program of somebody who files, works and deploys."""
    person = district.person("community")
    roles = (("designer", "qinghe"), ("handler", "water-works"))
    session.add_all(Membership(staff_id=person.id, role=role, unit_id=district.unit_id(unit)) for role, unit in roles)
    session.commit()
    return program("community")


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the application answers: Schemathesis checks strangers' requests by network only."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
def test_every_operation_answers_as_described(address: str, everybody: Program, deployed: None) -> None:
    config = SchemathesisConfig.from_dict(
        {
            "headers": {"Authorization": f"Bearer {everybody.token}"},
            "generation": {"max-examples": 10, "deterministic": True, "no-shrink": True, "database": "none"},
            "checks": {"positive_data_acceptance": {"expected-statuses": REFUSALS}},
            "continue-on-failure": True,
        }
    )
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json", config=config)
    schema.hook("map_body")(sense)
    failures, statuses = run(schema)
    assert failures == []
    assert {label: statuses.get(label, set()) & wanted for label, wanted in SEEN.items()} == SEEN


def sense(context: Any, body: Any) -> Any:
    """Give some requests what nobody guesses: a place that there is, what the form takes."""
    path = context.operation.path
    if path == "/api/v1/cases" and isinstance(body, dict) and len(str(body)) % 2 == 0:
        known = {"place": "willow", "phone": FILING["phone"], "email": "", "kind": "petition", "start": {}}
        # what is wrong on purpose stays so
        wrong = {key for key, value in known.items() if not isinstance(body.get(key, value), type(value))}
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,63}", str(body.get("kind", "petition"))):
            wrong.add("kind")
        return body | {key: value for key, value in known.items() if key not in wrong}
    if path.endswith("/complete") and isinstance(body, dict) and len(str(body)) % 2:
        return {"data": {"note": "已登记"}}
    return body


def run(schema: Any) -> tuple[list[str], dict[str, set[int]]]:
    """Call everything; return what went wrong, and the statuses that each operation answered."""
    failures: list[str] = []
    statuses: dict[str, set[int]] = {}
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            failures.append(event.info.format() if isinstance(event, events.NonFatalError) else str(event.exception))
        if not isinstance(event, events.ScenarioFinished):
            continue
        for case_id, interaction in event.recorder.interactions.items():
            if interaction.response is not None:
                label = event.recorder.cases[case_id].value.operation.label
                statuses.setdefault(label, set()).add(interaction.response.status_code)
        for checks in event.recorder.checks.values():
            told = [(each.name, each.failure_info) for each in checks if each.failure_info is not None]
            failures += [f"{event.recorder.label} {name}: {info.failure}\n{info.code_sample}" for name, info in told]
    return failures, statuses
