"""Who files a dispute names the other side, as far as they know it."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.models import Case
from engine.cases.party import CaseParty
from engine.cases.vault import Vault
from engine.definitions import deploy
from tests.factories import JURISDICTION, District
from tests.web.browsing import sign_in
from tests.web.filing.test_filing import filled, package

ROLES = [{"key": "neighbour", "name": {"zh_CN": "邻居", "en": "Neighbour"}}]


@pytest.fixture(autouse=True)
def deployed(session: Session, district: District, now: datetime) -> None:
    for each in (
        package("mediation", parties={"min": 1, "max": 3}),
        package("neighbours", prefix="LJ", parties={"min": 0, "max": 1, "roles": ROLES}),
    ):
        deploy(session, each, author=Actor.engine(), note="", now=now, jurisdiction=JURISDICTION)


def persons(session: Session) -> list[tuple[str, str, str]]:
    """Key, role and name of every party that was named."""
    session.rollback()
    vault = Vault(bytes(range(32)))
    rows = session.scalars(select(CaseParty).order_by(CaseParty.key))
    return [(row.key, row.role, vault.open(row.personal, row.id)["name"]) for row in rows]


def test_the_other_side_is_named_and_sealed(client: FlaskClient, session: Session) -> None:
    page = client.get("/file?kind=mediation").text
    assert "对方是谁" in page
    assert page.count("party_") > 0
    sent = filled(page, party_1_name="王五", party_1_phone="13900139000", party_3_name="物业公司", party_3_role="third")
    assert client.post("/file?kind=mediation", data=sent).location == "/receipt"
    assert persons(session) == [("p2", "respondent", "王五"), ("p3", "third", "物业公司")]
    client.post("/file?kind=mediation", data=sent)  # a double click
    assert len(persons(session)) == 2


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({}, "party_1_name"),  # nobody to mediate with
        ({"party_1_name": "王五", "party_1_phone": "12"}, "party_1_phone"),
        ({"party_1_name": "王五", "party_2_address": "二号楼"}, "party_2_name"),  # an address of nobody
    ],
)
def test_a_mistake_keeps_every_word_and_files_nothing(
    client: FlaskClient, session: Session, changed: dict[str, object], field: str
) -> None:
    page = client.get("/file?kind=mediation").text
    answer = client.post("/file?kind=mediation", data=filled(page, **changed))
    assert answer.status_code == 422
    assert f'id="field-{field}-problem"' in answer.text
    assert all(str(text) in answer.text for text in changed.values())
    assert session.scalars(select(Case)).all() == []


def test_at_the_desk_the_other_side_may_be_found_out_later(
    client: FlaskClient, session: Session, district: District
) -> None:
    sign_in(client, district.person("community"))
    page = client.get("/desk/file?kind=mediation").text
    assert client.post("/desk/file?kind=mediation", data=filled(page, channel="visit")).status_code == 302
    assert persons(session) == []


def test_the_only_role_of_a_package_is_not_asked_for(client: FlaskClient, session: Session) -> None:
    page = client.get("/file?kind=neighbours").text
    assert "party_1_role" not in page
    assert "party_2_name" not in page
    assert client.post("/file?kind=neighbours", data=filled(page, party_1_name="王五")).status_code == 302
    assert persons(session) == [("p2", "neighbour", "王五")]


def test_a_petition_asks_for_nobody_else(client: FlaskClient, session: Session, now: datetime) -> None:
    deploy(session, package("petition"), author=Actor.engine(), note="", now=now, jurisdiction=JURISDICTION)
    assert "party_1_name" not in client.get("/file").text
