"""Staff take a matter up again for a resident who rings up."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.filing import Filing, file_case
from engine.cases.models import Case
from engine.cases.offers import send_offer
from engine.cases.vault import Vault, new_submission
from engine.definitions import deploy
from engine.organisation.policy import resident_viewer
from tests.bpmn.walk import read_package
from tests.factories import JURISDICTION, District
from tests.web.browsing import send, sign_in
from web import current

VAULT = Vault(bytes(range(32)))


@pytest.fixture
def ended(app: Flask, session: Session, district: District, now: datetime) -> Case:
    """A petition that was withdrawn."""
    deploy(session, read_package("petition").package, author=Actor.engine(), note="", now=now,
           jurisdiction=JURISDICTION)  # fmt: skip
    filing = Filing(title="楼道灯坏了", text="三楼的灯不亮", place="willow", name="李四", phone="13900000000")
    with app.app_context():
        runtime = current.runtime()
        case = file_case(
            session, filing, jurisdiction=JURISDICTION, submission=new_submission(), vault=VAULT, runtime=runtime,
            actor=Actor.resident(), now=now,
        ).case  # fmt: skip
        send_offer(
            session, case, "withdrawn", {"withdraw_reason": "已经好了"}, viewer=resident_viewer(case.id),
            actor=Actor.resident(), runtime=runtime, now=now,
        )  # fmt: skip
    return case


def test_a_clerk_takes_a_matter_up_again_and_the_story_says_how_it_came(
    app: Flask, ended: Case, session: Session
) -> None:
    clerk = app.test_client()
    sign_in(clerk, "community")
    first, path = ended.id, f"/cases/{ended.id}/reopen"
    assert f'href="{path}"' in clerk.get(f"/cases/{first}").text
    assert "13900000000" not in clerk.get(path).text  # it is not needed for this
    refused = send(clerk, path, {"assisted": "phone", "reason": ""})
    assert refused.status_code == 422
    assert "请写明原因，至少四个字" in refused.text
    assert "请选择本人怎样表示的。" in send(clerk, path, {"reason": "昨天又不亮了"}).text
    done = send(clerk, path, {"assisted": "phone", "reason": "昨天又不亮了"})
    session.rollback()
    made = session.scalars(select(Case).where(Case.id != first)).one()
    assert done.location == f"/cases/{made.id}"
    assert "代为登记：电话" in clerk.get(f"/cases/{first}?story=all").text
    again = clerk.get(f"/cases/{first}").text
    assert f'href="{path}"' not in again
    assert made.number in again


def test_who_does_not_write_matters_down_takes_none_up(app: Flask, ended: Case) -> None:
    for login in ("handler", "supervisor", "west-centre"):
        other = app.test_client()
        sign_in(other, login)
        path = f"/cases/{ended.id}/reopen"
        assert path not in other.get(f"/cases/{ended.id}").text
        assert send(other, path, {"assisted": "phone", "reason": "昨天又不亮了"}).status_code == 403
