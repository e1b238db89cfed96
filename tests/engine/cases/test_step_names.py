"""A step is called in its reader's language, as the process package has it."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases.step_names import clock_names, task_names
from engine.deadlines.models import Clock
from tests.bpmn.petition.test_on_database import Town
from tests.factories import make_district


@pytest.fixture
def town(session: Session, now: datetime) -> Town:
    return Town(session, make_district(session), now)


def test_a_task_is_called_in_the_language_of_its_reader(town: Town) -> None:
    item = town.item("record")
    assert item.name == "登记工单"
    assert task_names(town.session, [item.id], "zh_CN") == {}  # as drawn
    named = task_names(town.session, [item.id], "en")[item.id]
    assert named.isascii()
    assert named


def test_a_clock_is_called_as_its_step(town: Town) -> None:
    clocks = town.session.scalars(select(Clock).where(Clock.kind != "statutory")).all()
    assert clocks
    chinese, english = (clock_names(town.session, clocks, locale) for locale in ("zh_CN", "en"))
    assert all(not name.isascii() for name in chinese.values())
    assert all(name.isascii() for name in english.values())
    assert set(chinese) == set(english) == {clock.id for clock in clocks}
