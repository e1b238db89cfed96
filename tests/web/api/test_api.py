"""A program files, lists, claims, completes, reads; and what it is told when it may not."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.models import Case
from engine.definitions import Package, deploy
from tests.factories import JURISDICTION, District
from web.api.tokens import issue_token
from web.cli import main

PETITION = Package.read_directory(Path(__file__).parents[3] / "bpmn" / "petition")
FILING = {
    "title": "路灯不亮",
    "text": "三号楼前路灯坏了两周",
    "place": "willow",
    "name": "李四",
    "phone": "13800138000",
}


@pytest.fixture(autouse=True)
def deployed(session: Session, district: District, now: datetime) -> None:
    deploy(session, PETITION, author=Actor.engine(), note="", now=now, jurisdiction=JURISDICTION)


class Program:
    """A program with a token of somebody."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client, self.token = client, token

    def call(self, method: str, path: str, *, key: str = "", **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} | ({"Idempotency-Key": key} if key else {})
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)


@pytest.fixture
def program(app: Flask, session: Session, district: District, now: datetime) -> Program:
    """A program of the community's desk."""
    return Program(app.test_client(), token_for(session, district, "community", now))


def token_for(session: Session, district: District, login: str, now: datetime, **more: Any) -> str:
    return issue_token(
        session, district.person(login), name="test", actor=Actor.engine(), jurisdiction=JURISDICTION, now=now, **more
    )


def test_matter_is_filed_claimed_completed_and_read(program: Program) -> None:
    filed = program.call("POST", "/cases", json=FILING)
    assert (filed.status_code, filed.json["number"][:2]) == (201, "SQ")
    item = program.call("GET", "/work-items?limit=1").json["items"][0]
    assert item["case_id"] == filed.json["id"]
    claimed = program.call("POST", f"/work-items/{item['id']}/claim")
    assert (claimed.status_code, claimed.json["state"], claimed.json["due_at"]) == (200, "claimed", item["due_at"])
    wrong = program.call("POST", f"/work-items/{item['id']}/complete", json={"data": {}})
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["category"])
    done = program.call("POST", f"/work-items/{item['id']}/complete", json={"data": {"category": "roads"}})
    assert (done.status_code, done.json["state"], done.json["instance_status"]) == (200, "completed", "running")
    case = program.call("GET", filed.headers["Location"].removeprefix("/api/v1"))
    assert (case.status_code, case.json["state"], case.json["clocks"][0]["name"]) == (200, "running", "statutory")
    tags = [each["tag"] for each in program.call("GET", f"/cases/{filed.json['id']}/timeline").json["events"]]
    assert tags[0] == "case:filed"
    assert "work_item:completed" in tags


def test_same_key_gives_the_same_answer_and_does_nothing_again(program: Program, session: Session) -> None:
    answers = [program.call("POST", "/cases", key="k1", json=FILING) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json == answers[1].json
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert session.scalar(select(func.count()).select_from(Case)) == 1
    other = program.call("POST", "/cases", key="k1", json=FILING | {"title": "别的事情"})
    assert (other.status_code, other.json["code"]) == (422, "key-used")


def test_key_works_for_an_answer_with_instants(program: Program) -> None:
    program.call("POST", "/cases", json=FILING)
    item = program.call("GET", "/work-items").json["items"][0]
    answers = [program.call("POST", f"/work-items/{item['id']}/claim", key="k2") for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json == answers[1].json


def test_package_is_deployed_by_a_designer_only(
    app: Flask, program: Program, session: Session, district: District, now: datetime
) -> None:
    refused = program.call("POST", "/processes", data=PETITION.to_zip())
    assert (refused.status_code, refused.json["code"]) == (403, "not-permitted")
    designer = Program(app.test_client(), token_for(session, district, "designer", now))
    done = designer.call("POST", "/processes?note=again", data=PETITION.to_zip())
    assert (done.status_code, done.json["number"], done.json["state"]) == (201, 1, "active")


@pytest.mark.parametrize("token", ["", "chs_nonsense"])
def test_without_a_token_in_force_nothing_is_said(app: Flask, token: str) -> None:
    answer = Program(app.test_client(), token).call("GET", "/work-items")
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_token_ends_with_its_time(app: Flask, session: Session, district: District, now: datetime) -> None:
    over = token_for(session, district, "community", now - timedelta(days=2), lifetime=timedelta(days=1))
    assert Program(app.test_client(), over).call("GET", "/work-items").status_code == 401


def test_tokens_are_issued_listed_and_revoked_by_command(
    app: Flask, settings: Any, district: District, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    environ = {
        "CHUISHAO_DATABASE_URL": settings.database_url, "CHUISHAO_SECRET_KEY": "s" * 32,
        "CHUISHAO_FIELD_KEY": "A" * 43, "CHUISHAO_JURISDICTION": JURISDICTION,
    }  # fmt: skip
    assert main(["token", "issue", "community", "--name", "desk"], environ=environ) == 0
    token = capsys.readouterr().out.strip()
    program = Program(app.test_client(), token)
    assert program.call("GET", "/work-items").status_code == 200
    main(["token", "list"], environ=environ)
    listed = capsys.readouterr().out
    assert "desk" in listed
    assert token not in listed
    assert main(["token", "revoke", listed.split()[0]], environ=environ) == 0
    assert program.call("GET", "/work-items").status_code == 401
    assert main(["token", "revoke", "nonsense"], environ=environ) == 2
