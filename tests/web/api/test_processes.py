"""Deploying packages by the API."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.definitions import Package, ProcessVersion, active_version
from tests.web.api.program import FAILING, FILING, FLOW, Program, problem

Issue = Callable[[str], Program]
BROKEN = Package(files={**FLOW.files, "forms/register.form": b"{"})


def test_a_package_becomes_the_version_that_new_cases_start_on(program: Issue, session: Session) -> None:
    designer = program("designer")
    answer = designer.deploy(FLOW, query_string={"note": "第一版"})
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert made is not None
    version = active_version(session, "petition")
    assert (made["id"], made["key"], made["number"], made["state"]) == (str(version.id), "petition", 1, "active")
    assert (made["sha256"], made["author"], made["note"]) == (FLOW.sha256, "Designer", "第一版")
    assert answer.headers["Location"] == f"/api/v1/processes/{version.id}"
    assert designer.get(f"/processes/{version.id}").json == made
    assert program("centre").post("/cases", json=FILING).status_code == 201


def test_versions_are_listed_newest_first(program: Issue) -> None:
    designer = program("designer")
    designer.deploy(FLOW)
    designer.deploy(FAILING, query_string={"activate": "false"})
    listed = (designer.get("/processes").json or {})["versions"]
    assert [(each["number"], each["state"]) for each in listed] == [(2, "inactive"), (1, "active")]


def test_the_same_package_again_is_the_same_version(program: Issue) -> None:
    designer = program("designer")
    first, again = designer.deploy(FLOW), designer.deploy(FLOW)
    assert first.json == again.json


def test_a_broken_package_is_refused_with_its_findings_and_the_old_version_stays(
    program: Issue, session: Session
) -> None:
    designer = program("designer")
    designer.deploy(FLOW)
    body = problem(designer.deploy(BROKEN, key="one"), 422, "package-refused")
    errors = [each for each in body["findings"] if each["severity"] == "error"]
    assert [(each["code"], each["file"]) for each in errors] == [("form-malformed", "forms/register.form")]
    assert errors[0]["mend"]
    session.rollback()
    assert active_version(session, "petition").sha256 == FLOW.sha256
    assert session.scalar(select(func.count()).select_from(ProcessVersion)) == 1


@pytest.mark.parametrize("login", ["operator", "admin", "handler", "district-main"])
def test_only_designers_deploy(program: Issue, session: Session, login: str) -> None:
    problem(program(login).deploy(FLOW), 403, "not-permitted")
    assert session.scalar(select(func.count()).select_from(ProcessVersion)) == 0


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"", "application/zip", 422, "package-body-missing"),  # nothing
        (b"PK but no zip", "application/zip", 422, "package-unusable"),  # not a zip
        (FLOW.to_zip()[:-30], "application/zip", 422, "package-unusable"),  # cut off
        (FLOW.to_zip(), "application/x-www-form-urlencoded", 415, "body-not-zip"),  # what curl says by itself
        (b"0" * (20 * 2**20 + 1), "application/zip", 413, "http-413"),  # too much
    ],
)
def test_what_is_no_package_is_refused(program: Issue, body: bytes, kind: str, status: int, code: str) -> None:
    problem(program("designer").post("/processes", data=body, content_type=kind), status, code)


@pytest.mark.parametrize("query", [{"activate": "perhaps"}, {"note": "x" * 501}, {"note": "nul\0"}])
def test_a_query_that_cannot_be_used_deploys_nothing(program: Issue, session: Session, query: dict[str, str]) -> None:
    problem(program("designer").deploy(FLOW, query_string=query), 422, "request-invalid")
    assert session.scalar(select(func.count()).select_from(ProcessVersion)) == 0


def test_versions_are_shown_to_those_who_work_with_processes(program: Issue) -> None:
    assert {login: program(login).get("/processes").status_code for login in ("operator", "admin", "handler")} == {
        "operator": 200, "admin": 200, "handler": 403,
    }  # fmt: skip
    problem(program("operator").get(f"/processes/{uuid4()}"), 404, "version-unknown")
