"""Programs that act as people of the invented district."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.definitions import deploy
from tests.factories import District, make_district
from tests.web.api.program import FLOW, Program
from web.api.tokens import issue_token


@pytest.fixture
def district(session: Session) -> District:
    """The invented district; nobody has a password."""
    return make_district(session)


@pytest.fixture
def program(app: Flask, session: Session, district: District, now: datetime) -> Callable[[str], Program]:
    """Return a program that acts as somebody, by login."""

    def issue(login: str) -> Program:
        staff = district.person(login)
        token = issue_token(session, staff, name="test", actor=Actor.engine(), jurisdiction="qinghe", now=now)
        return Program(app=app, token=token)

    return issue


@pytest.fixture
def deployed(session: Session, now: datetime) -> None:
    """A petition of two tasks is deployed."""
    deploy(session, FLOW, author=Actor.engine(), note="", now=now, jurisdiction="qinghe")
