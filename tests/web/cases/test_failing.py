"""A step that fails after a task was completed: nobody is told that it is done."""

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.instances.models import Incident
from engine.tasks import WorkItem
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import District, make_case
from tests.fakes import ManualClock
from tests.web.browsing import send, sign_in


def test_who_completed_it_reads_that_it_is_not_done_and_that_their_words_are_kept(
    client: FlaskClient, session: Session, district: District, clock: ManualClock
) -> None:
    world = World(session, district, make_case(session, place=district.unit("willow")), clock.now())
    work = p.task("work", form="words", role="community", unit="willow")
    parts = (p.start(), work, p.end("done"), p.chain("start", "work", "done"))
    world.start(p.package(*parts, files=[p.form("words", p.text_field("text"))]))
    item = session.scalars(select(WorkItem)).one()
    sign_in(client, "community")
    answer = send(client, f"/tasks/{item.id}", {"text": "已上门"}, follow_redirects=True)
    session.rollback()
    assert answer.status_code == 409
    assert "您填写的内容已保存" in answer.text
    assert "已办结" not in answer.text
    assert session.scalars(select(WorkItem.state)).one() != "completed"
    assert session.scalars(select(Incident)).one().code == "outcome-unknown"
