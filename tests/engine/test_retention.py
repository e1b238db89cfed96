"""What is deleted after its period, and what never is."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.audit import AuditEvent, Tag
from engine.cases.models import Case
from engine.db import new_id, writing
from engine.errors import Invalid
from engine.heartbeats import SchedulerRow
from engine.notices import Notice, NoticeState
from engine.proposals.models import ProposalFollower
from engine.retention import LONGEST, RULES, Rule, forget_expired, periods, set_period
from engine.tasks.models import Draft, WorkItem, WorkItemState
from tests.factories import District, make_case, make_district, make_instance

NOTICE: dict[str, Any] = {"jurisdiction": "qinghe", "template": "late", "subject": "s", "body": "b", "attempts": 1}


class Town:
    """A case with rows of every kind, each as old as a test says."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.district: District = make_district(session)
        self.case: Case = make_case(session, place=self.district.unit("willow"))
        self.me = self.district.person("community")

    def add(self, row: Any) -> None:
        with writing(self.session):
            self.session.add(row)

    def draft(self, at: datetime, state: WorkItemState) -> None:
        instance = make_instance(self.session, self.case)
        item = WorkItem(
            id=new_id(), case_id=self.case.id, instance_id=instance.id, jurisdiction="qinghe", task_id=new_id().hex,
            element_id="handle", process_id="petition", name="handle", role="community", inbox_key="community@willow",
            why={}, state=state, created_at=at,
        )  # fmt: skip
        self.add(item)
        self.add(Draft(work_item_id=item.id, staff_id=self.me.id, data={"text": "…"}, saved_at=at))

    def notice(self, at: datetime, **values: Any) -> None:
        row = NOTICE | {"channel": "app", "address": "", "staff_id": self.me.id, "state": NoticeState.SENT} | values
        self.add(Notice(key=new_id().hex, case_id=self.case.id, created_at=at, next_try_at=at, **row))

    def follower(self, at: datetime, confirmed: datetime | None) -> None:
        mac = new_id().hex
        self.add(ProposalFollower(case_id=self.case.id, code_mac=mac, sealed=b"x", seen_at=at, confirmed_at=confirmed))

    def count(self, what: Any) -> int:
        return self.session.scalar(select(func.count()).select_from(what)) or 0


@pytest.fixture
def town(session: Session, now: datetime) -> Town:
    return Town(session, now)


#: what goes when it is as old as the rule's period and a day, and stays when it is a day younger than the period
CASES: list[tuple[str, Callable[[Town, datetime], None]]] = [
    ("drafts-of-ended-tasks", lambda town, at: town.draft(at, WorkItemState.COMPLETED)),
    ("drafts", lambda town, at: town.draft(at, WorkItemState.CLAIMED)),
    ("read-notices", lambda town, at: town.notice(at, read_at=at, sent_at=at)),
    ("addresses", lambda town, at: town.notice(at, channel="email", staff_id=None, address="sealed:x", sent_at=at)),
    ("unconfirmed-followers", lambda town, at: town.follower(at, None)),
    ("schedulers", lambda town, at: town.add(SchedulerRow(name="n", started_at=at, ticked_at=at, ticks={}))),
]


@pytest.mark.parametrize(("key", "make"), CASES, ids=[key for key, _ in CASES])
def test_a_rule_forgets_what_is_older_than_its_period_and_nothing_younger(
    town: Town, key: str, make: Callable[[Town, datetime], None]
) -> None:
    days = periods(town.session, "qinghe")[key]
    make(town, town.now - timedelta(days=days - 1))
    assert forget_expired(town.session, "qinghe", town.now) == {}
    make(town, town.now - timedelta(days=days + 1))
    assert forget_expired(town.session, "qinghe", town.now) == {key: 1}
    assert forget_expired(town.session, "qinghe", town.now) == {}


def test_the_audit_log_says_how_much_of_what_went_and_of_nobody(town: Town) -> None:
    long_ago = town.now - timedelta(days=400)
    town.draft(long_ago, WorkItemState.COMPLETED)
    town.notice(long_ago, channel="email", staff_id=None, address="sealed:x", sent_at=long_ago)
    set_period(town.session, "qinghe", "addresses", 30, by="admin", now=town.now)
    forget_expired(town.session, "qinghe", town.now)
    told = town.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(event.tag, event.case_id, event.data) for event in told] == [
        (Tag.RETENTION_SET, None, {"rule": "addresses", "days": 30, "before": 90}),
        (Tag.RETENTION_FORGOTTEN, None,
         {"rule": "drafts-of-ended-tasks", "count": 1, "before": (town.now - timedelta(days=7)).isoformat()}),
        (Tag.RETENTION_FORGOTTEN, None,
         {"rule": "addresses", "count": 1, "before": (town.now - timedelta(days=30)).isoformat()}),
    ]  # fmt: skip
    assert told[0].actor_name == "admin"
    forget_expired(town.session, "qinghe", town.now)
    assert town.count(AuditEvent) == 3, "nothing went, nothing is said"


def test_every_rule_is_tried() -> None:
    assert {key for key, _ in CASES} == {rule.key for rule in RULES}


def test_what_belongs_to_the_record_or_is_still_needed_stays(town: Town) -> None:
    long_ago = town.now - timedelta(days=4000)
    town.notice(long_ago)  # in the application, and never read
    town.notice(long_ago, channel="email", address="lead@example.cn", sent_at=long_ago)  # of staff, on the case
    town.notice(long_ago, channel="email", staff_id=None, address="sealed:x", state=NoticeState.DEAD)  # to be resent
    town.follower(long_ago, long_ago)  # confirmed
    assert forget_expired(town.session, "qinghe", town.now) == {}
    assert (town.count(Notice), town.count(ProposalFollower), town.count(Case)) == (3, 1, 1)


def test_a_forgotten_address_leaves_the_notice_and_its_delivery(town: Town) -> None:
    long_ago = town.now - timedelta(days=400)
    town.notice(long_ago, channel="email", staff_id=None, address="sealed:x", sent_at=long_ago)
    forget_expired(town.session, "qinghe", town.now)
    row = town.session.scalars(select(Notice).execution_options(populate_existing=True)).one()
    assert (row.address, row.state, row.sent_at) == ("", NoticeState.SENT, long_ago)


def test_a_jurisdiction_sets_its_own_period_and_nobody_elses(town: Town) -> None:
    at = town.now - timedelta(days=3)
    town.draft(at, WorkItemState.COMPLETED)
    set_period(town.session, "elsewhere", "drafts-of-ended-tasks", 1, by="admin", now=town.now)
    assert forget_expired(town.session, "elsewhere", town.now) == {}
    assert forget_expired(town.session, "qinghe", town.now) == {}
    set_period(town.session, "qinghe", "drafts-of-ended-tasks", 2, by="admin", now=town.now)
    assert periods(town.session, "qinghe")["drafts-of-ended-tasks"] == 2
    assert forget_expired(town.session, "qinghe", town.now) == {"drafts-of-ended-tasks": 1}


@pytest.mark.parametrize(
    ("key", "days", "code"),
    [
        ("cases", 30, "retention-unknown"),  # there is no rule that deletes a case's record
        ("drafts", 0, "retention-days"),
        ("drafts", LONGEST + 1, "retention-days"),
    ],
)
def test_what_is_no_period_is_refused(town: Town, key: str, days: int, code: str) -> None:
    with pytest.raises(Invalid) as raised:
        set_period(town.session, "qinghe", key, days, by="admin", now=town.now)
    assert raised.value.code == code


def test_a_rule_that_fails_leaves_what_the_others_did(town: Town) -> None:
    def fail(_session: Session, _jurisdiction: str, _before: datetime) -> int:
        raise ConnectionError("the disk is away")

    town.draft(town.now - timedelta(days=30), WorkItemState.COMPLETED)
    broken = Rule(key="broken", days=1, about="", forget=fail)
    with pytest.raises(ConnectionError):
        forget_expired(town.session, "qinghe", town.now, [broken, *RULES])
    assert town.count(Draft) == 0
