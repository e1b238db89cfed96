from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from engine.db import new_id, writing
from engine.deadlines.models import Timer
from engine.instances.health import measure
from engine.notices.models import Notice
from tests.factories import JURISDICTION, make_case, make_district, make_instance


def add_notice(session: Session, now: datetime, **values: Any) -> None:
    with writing(session):
        session.add(
            Notice(
                **{
                    "id": new_id(),
                    "key": new_id().hex,
                    "jurisdiction": JURISDICTION,
                    "template": "overdue",
                    "channel": "email",
                    "address": "",
                    "subject": "",
                    "body": "",
                    "facts": {},
                    "next_try_at": now,
                    "created_at": now,
                }
                | values
            )
        )


def test_nothing_is_behind_where_nothing_waits(session: Session, now: datetime) -> None:
    health = measure(session, now)
    assert (health.due_lag, health.outbox, health.outbox_age, health.dead) == (timedelta(0), 0, timedelta(0), 0)


@pytest.mark.parametrize(
    ("due", "lag"),
    [
        (timedelta(minutes=-7), timedelta(minutes=7)),  # seven minutes ago, and nobody came
        (timedelta(minutes=7), timedelta(0)),  # not yet due
    ],
)
def test_lag_counts_from_the_timer_that_waits_longest(
    session: Session, now: datetime, due: timedelta, lag: timedelta
) -> None:
    case = make_case(session, place=make_district(session).unit("willow"))
    instance = make_instance(session, case)
    with writing(session):
        session.add_all(
            Timer(
                id=new_id(),
                jurisdiction=case.jurisdiction,
                case_id=case.id,
                instance_id=instance.id,
                task_id=new_id().hex,
                element_id="wait",
                process_id="petition",
                due_at=now + due + later,
            )
            for later in (timedelta(0), timedelta(minutes=5))
        )
    assert measure(session, now).due_lag == lag


def test_outbox_is_as_old_as_its_oldest_notice_still_to_be_sent(session: Session, now: datetime) -> None:
    for state, hours in (("pending", 2), ("sending", 3), ("sent", 90), ("dead", 60)):
        add_notice(session, now, state=state, created_at=now - timedelta(hours=hours))
    health = measure(session, now)
    assert (health.outbox, health.outbox_age, health.dead) == (2, timedelta(hours=3), 1)
