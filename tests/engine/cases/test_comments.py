"""Comments among staff: who may write and read them, whom they tell, and that the resident never sees one."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import timeline
from engine.cases.comments import add_comment, comments_of, people_near
from engine.cases.models import Case, Comment
from engine.cases.subject import subject_of
from engine.cases.vault import Vault
from engine.cases.view import case_view
from engine.db import writing
from engine.errors import Forbidden, Invalid
from engine.notices import Notice
from engine.organisation.policy import resident_viewer, viewer_for
from tests.factories import District, make_case, make_district, make_staff
from tests.web.work import make_item


@pytest.fixture
def district(session: Session) -> District:
    """The invented district."""
    return make_district(session)


@pytest.fixture
def case(session: Session, district: District, now: datetime) -> Case:
    """A matter with a task of the water works."""
    case = make_case(session, place=district.unit("willow"))
    make_item(session, district, now=now, case=case)
    return case


def say(session: Session, district: District, case: Case, text: str, now: datetime, who: str = "handler") -> Comment:
    staff = district.person(who)
    return add_comment(session, viewer_for(session, staff), case.id, text, staff=staff, now=now)


def test_a_comment_is_read_by_staff_and_tells_whom_it_mentions(
    session: Session, district: District, case: Case, now: datetime
) -> None:
    row = say(session, district, case, "请@Water-Lead看一下，管道图@water-lead", now)
    lead = district.person("water-lead")
    assert row.mentions == [str(lead.id)]
    notices = session.scalars(select(Notice).where(Notice.staff_id == lead.id)).all()
    assert {each.channel for each in notices} == {"app", "email"}
    assert all("管道图" not in each.body for each in notices)  # what was said is read in the application
    (remark,) = comments_of(session, viewer_for(session, lead), subject_of(session, case))
    assert (remark.author, remark.mentioned) == ("Handler", ("Water-Lead",))
    assert "case:comment:added" in [event.tag for event in timeline(session, case.id)]


def test_the_resident_sees_neither_the_comment_nor_that_there_is_one(
    session: Session, district: District, case: Case, now: datetime
) -> None:
    say(session, district, case, "只在内部说", now)
    viewer = resident_viewer(case.id)
    assert comments_of(session, viewer, subject_of(session, case)) == []
    view = case_view(session, viewer, case.id, vault=Vault(bytes(range(32))))
    assert "case:comment:added" not in [event.tag for event in view.events]


REFUSED = [
    # what is written, the error's code
    ("  \n", "comment-empty"),
    ("长" * 2001, "comment-too-long"),
    ("@nobody-of-this-name 请看", "mention-unknown"),
    ("@Plum-Grid 请看", "mention-may-not-see"),  # another community
    ("@Operator 请看", "mention-may-not-see"),  # sees no matter
    ("@张伟请看", "mention-ambiguous"),  # two of this name may read it
]


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_what_cannot_be_sent_is_refused_and_nothing_is_kept(
    text: str, code: str, session: Session, district: District, case: Case, now: datetime
) -> None:
    for login in ("zhang.one", "zhang.two"):
        make_staff(session, login, name="张伟", roles=[("handler", district.unit("water-works"))])
    with pytest.raises((Invalid, Forbidden)) as refused:
        say(session, district, case, text, now)
    assert refused.value.code == code
    assert session.scalars(select(Comment)).all() == []
    assert session.scalars(select(Notice)).all() == []


def test_a_login_tells_two_people_of_one_name_apart(
    session: Session, district: District, case: Case, now: datetime
) -> None:
    one, _ = (
        make_staff(session, login, name="张伟", roles=[("handler", district.unit("water-works"))])
        for login in ("zhang.one", "zhang.two")
    )
    assert say(session, district, case, "@zhang.one 请看", now).mentions == [str(one.id)]


def test_who_may_not_see_the_case_does_not_comment(
    session: Session, district: District, case: Case, now: datetime
) -> None:
    with pytest.raises(Forbidden):
        say(session, district, case, "我来说", now, who="plum-grid")


def test_of_a_sealed_case_nobody_outside_of_its_route_can_be_mentioned(
    session: Session, district: District, case: Case, now: datetime
) -> None:
    with writing(session):
        case.sealed = True
        session.add(case)
    lead = district.person("water-lead")
    assert people_near(session, subject_of(session, case)) == []
    assert comments_of(session, viewer_for(session, lead), subject_of(session, case)) == []


def test_those_near_the_case_are_offered(session: Session, district: District, case: Case) -> None:
    assert [each.login for each in people_near(session, subject_of(session, case))] == ["handler"]
