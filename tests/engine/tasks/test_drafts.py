"""Drafts: kept per person, lost never, refused when the task is over."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from engine.db import new_id
from engine.errors import Conflict, NotFound
from engine.tasks.drafts import discard_draft, load_draft, save_draft
from engine.tasks.models import WorkItemState
from tests.engine.tasks.conftest import MakeItem
from tests.factories import District


def test_a_draft_is_kept_for_who_typed_it(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    item = make_item()
    me, colleague = district.person("community"), district.person("grid")
    save_draft(session, item.id, staff=me, data={"result": "已联系", "on": None}, now=now)
    save_draft(session, item.id, staff=me, data={"result": "已联系物业"}, now=now + timedelta(minutes=1))
    draft = load_draft(session, item.id, staff=me)
    assert draft is not None
    assert (draft.data, draft.saved_at) == ({"result": "已联系物业"}, now + timedelta(minutes=1))
    assert load_draft(session, item.id, staff=colleague) is None


def test_a_discarded_draft_is_gone(session: Session, district: District, make_item: MakeItem, now: datetime) -> None:
    item, me = make_item(), district.person("community")
    save_draft(session, item.id, staff=me, data={}, now=now)
    discard_draft(session, item.id, staff=me)
    discard_draft(session, item.id, staff=me)
    session.expire_all()
    assert load_draft(session, item.id, staff=me) is None


def test_a_draft_of_what_is_over_or_unknown_is_refused(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    item = make_item(state=WorkItemState.COMPLETED)
    with pytest.raises(Conflict, match="no longer"):
        save_draft(session, item.id, staff=district.person("community"), data={}, now=now)
    with pytest.raises(NotFound):
        save_draft(session, new_id(), staff=district.person("community"), data={}, now=now)
