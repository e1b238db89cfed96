"""Idempotency-Key: done once, answered again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.audit import Tag, timeline
from engine.cases.models import Case
from engine.definitions import ProcessVersion
from engine.tasks import WorkItem
from tests.fakes import ManualClock
from tests.web.api.program import FILING, FLOW, Program, problem
from web.api.keys import KEPT, REPLAYED
from web.api.models import KeyedAnswer

Issue = Callable[[str], Program]


def count(session: Session, model: type) -> int:
    """How many rows there are."""
    session.rollback()
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_same_request_gets_the_same_answer_and_does_nothing_again(
    program: Issue, session: Session, deployed: None
) -> None:
    centre = program("centre")
    first = centre.post("/cases", json=FILING, key="one")
    again = centre.post("/cases", json=FILING, key="one")
    assert first.status_code == again.status_code == 201
    assert again.data == first.data
    assert again.mimetype == "application/json"
    assert again.headers["Location"] == first.headers["Location"]
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert count(session, Case) == 1


def test_a_task_is_claimed_and_completed_once(program: Issue, session: Session, deployed: None) -> None:
    program("centre").post("/cases", json=FILING)
    item = session.scalars(select(WorkItem)).one()
    community = program("community")
    for step, body in (("claim", None), ("complete", {"data": {"note": "已登记"}})):
        answers = [community.post(f"/work-items/{item.id}/{step}", json=body, key=step) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].json == answers[1].json
    tags = [event.tag for event in timeline(session, item.case_id)]
    assert (tags.count(Tag.WORK_ITEM_CLAIMED), tags.count(Tag.WORK_ITEM_COMPLETED)) == (1, 1)


def test_a_package_is_deployed_once(program: Issue, session: Session) -> None:
    designer = program("designer")
    answers = [designer.deploy(FLOW, key="one") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].headers["Location"] == answers[0].headers["Location"]
    assert count(session, ProcessVersion) == 1


def test_the_key_of_another_request_is_refused(program: Issue, session: Session, deployed: None) -> None:
    centre = program("centre")
    assert centre.post("/cases", json=FILING, key="one").status_code == 201
    problem(centre.post("/cases", json=FILING | {"title": "别的事"}, key="one"), 422, "key-used")
    case = session.scalars(select(Case)).one()
    problem(centre.post(f"/work-items/{case.id}/claim", key="one"), 422, "key-used")
    assert count(session, Case) == 1


def test_keys_of_two_programs_are_two_keys(program: Issue, session: Session, deployed: None) -> None:
    answers = [program("centre").post("/cases", json=FILING, key="one") for _ in range(2)]
    assert [answer.headers.get(REPLAYED) for answer in answers] == [None, None]
    assert count(session, Case) == 2


def test_errors_are_not_remembered(program: Issue, session: Session, deployed: None) -> None:
    centre = program("centre")
    problem(centre.post("/cases", json=FILING | {"place": "nowhere"}, key="one"), 422, "place-unknown")
    assert count(session, KeyedAnswer) == 0
    answer = centre.post("/cases", json=FILING, key="one")
    assert answer.status_code == 201
    assert REPLAYED not in answer.headers


@pytest.mark.parametrize("key", [" ", "k" * 256, "schlüssel", "two words"])
def test_a_key_that_cannot_be_used_is_refused(program: Issue, session: Session, deployed: None, key: str) -> None:
    problem(program("centre").post("/cases", json=FILING, key=key), 422, "key-unusable")
    assert count(session, Case) == 0


def test_two_at_once_do_it_once(program: Issue, session: Session, deployed: None) -> None:
    centre, together = program("centre"), Barrier(3)

    def file(_: int) -> tuple[int, bytes]:
        together.wait(timeout=30)
        answer = centre.post("/cases", json=FILING, key="one")
        return answer.status_code, answer.data

    with ThreadPoolExecutor(3) as pool:
        answers = set(pool.map(file, range(3)))
    assert [status for status, _ in answers] == [201], "all three read the one answer"
    assert count(session, Case) == 1


def test_an_answer_is_kept_for_a_day(program: Issue, session: Session, deployed: None, clock: ManualClock) -> None:
    centre = program("centre")
    centre.post("/cases", json=FILING, key="one")
    clock.moment += KEPT
    assert centre.post("/cases", json=FILING, key="one").headers[REPLAYED] == "true"
    clock.moment += timedelta(seconds=1)
    assert REPLAYED not in centre.post("/cases", json=FILING, key="two").headers
    assert count(session, KeyedAnswer) == 1, "the older one was cleared away"


def test_what_is_kept_cannot_be_read_in_the_database(program: Issue, session: Session, deployed: None) -> None:
    made = program("centre").post("/cases", json=FILING, key="one").json
    assert made is not None
    kept = session.scalars(select(KeyedAnswer)).one()
    assert kept.status == 201
    assert made["pin"].encode() not in kept.sealed
    assert made["tracking_code"].encode() not in kept.sealed
