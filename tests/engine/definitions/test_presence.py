"""Two who edit one draft see each other, for as long as they are there."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from engine.audit import Actor, ActorKind
from engine.db import new_id
from engine.definitions.drafts import open_draft
from engine.definitions.presence import GONE_AFTER, leave_draft, present, touch_presence

NOW = datetime(2026, 3, 20, tzinfo=UTC)
LIN = Actor(kind=ActorKind.STAFF, id=str(new_id()), name="林设计")
XU = Actor(kind=ActorKind.STAFF, id=str(new_id()), name="徐设计")


def test_whoever_gives_signs_of_life_is_there(session: Session) -> None:
    draft = open_draft(session, key="visit", version_id=None, author=LIN, now=NOW, jurisdiction="j").id
    other = open_draft(session, key="visit2", version_id=None, author=LIN, now=NOW, jurisdiction="j").id
    touch_presence(session, draft, author=LIN, path="process.bpmn", now=NOW)
    touch_presence(session, draft, author=XU, path="", now=NOW)
    touch_presence(session, other, author=XU, path="", now=NOW)
    assert [(each.name, each.path) for each in present(session, draft, now=NOW)] == [
        ("徐设计", ""), ("林设计", "process.bpmn"),
    ]  # fmt: skip
    touch_presence(session, draft, author=XU, path="texts.json", now=NOW + GONE_AFTER)
    later = NOW + GONE_AFTER + timedelta(seconds=1)
    assert [(each.name, each.path) for each in present(session, draft, now=later)] == [("徐设计", "texts.json")]
    leave_draft(session, draft, author=XU)
    assert not present(session, draft, now=later)
