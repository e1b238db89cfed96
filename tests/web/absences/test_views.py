"""Staff name their substitutes themselves."""

from datetime import datetime

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.organisation.models import Absence
from tests.factories import District
from tests.web.browsing import send, sign_in


def test_a_substitute_is_named_for_whole_days_and_shown_to_both(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    sign_in(client, "handler")
    page = client.get("/absences").text
    assert "Handler-Two" in page
    assert "Housing-Handler" not in page  # another department
    chosen = {"substitute": str(district.person("handler-two").id), "from": "2026-03-18", "until": "2026-03-20"}
    after = send(client, "/absences", chosen, follow_redirects=True).text
    assert "已设置：Handler-Two代您办理" in after
    assert "2026年3月20日" in after
    (absence,) = session.scalars(select(Absence))
    assert [moment.isoformat() for moment in (absence.from_at, absence.until_at)] == [
        "2026-03-17T16:00:00+00:00", "2026-03-20T16:00:00+00:00",
    ]  # fmt: skip
    sign_in(client, "handler-two")
    assert "我代谁办理" in client.get("/absences").text


def test_what_cannot_be_is_said_beside_what_was_chosen(client: FlaskClient, district: District) -> None:
    sign_in(client, "handler")
    chosen = {"substitute": str(district.person("handler-two").id), "from": "2026-03-18", "until": "2026-03-17"}
    answer = send(client, "/absences", {**chosen, "note": "培训"})
    assert answer.status_code == 422
    assert "最后一天不能早于第一天" in answer.text
    assert "培训" in answer.text
    assert "请选择第一天和最后一天" in send(client, "/absences", {**chosen, "until": "坏"}).text


def test_an_absence_is_ended_by_whose_it_is(client: FlaskClient, district: District, session: Session) -> None:
    sign_in(client, "handler")
    chosen = {"substitute": str(district.person("handler-two").id), "from": "2026-03-18", "until": "2026-03-20"}
    send(client, "/absences", chosen)
    absence = session.scalars(select(Absence)).one()
    sign_in(client, "handler-two")
    assert send(client, f"/absences/{absence.id}/end").status_code == 404
    sign_in(client, "handler")
    assert "代办已结束" in send(client, f"/absences/{absence.id}/end", follow_redirects=True).text


def test_who_has_no_part_in_matters_has_no_substitute(client: FlaskClient, district: District) -> None:
    sign_in(client, "operator")
    assert client.get("/absences").status_code == 403
    assert send(client, "/absences").status_code == 403
